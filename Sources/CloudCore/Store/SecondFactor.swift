package import DeviceProtocol

/// An account's second factor. Most accounts have none.
package struct SecondFactor: Equatable, Sendable {
  package let account: AccountID
  /// Of the one-time passwords, sealed with `SignInKeys`.
  package let sealedSecret: [UInt8]
  package let createdAt: UnixMilliseconds
  /// Whether the owner has shown a code: not before is it asked for.
  package var isActive: Bool
  /// The time step of the last code that was accepted; 0 before the first.
  package var lastUsedStep: UInt64
  /// Of those that were not used yet.
  package var recoveryCodes: [TokenHash]

  package init(
    account: AccountID, sealedSecret: [UInt8], createdAt: UnixMilliseconds, isActive: Bool = false,
    lastUsedStep: UInt64 = 0, recoveryCodes: [TokenHash] = []
  ) {
    self.account = account
    self.sealedSecret = sealedSecret
    self.createdAt = createdAt
    self.isActive = isActive
    self.lastUsedStep = lastUsedStep
    self.recoveryCodes = recoveryCodes
  }
}
