package import DeviceProtocol

package struct Account: Equatable, Sendable {
  package let id: AccountID
  package let email: EmailAddress
  package var passwordHash: PasswordHash
  package let createdAt: UnixMilliseconds

  package init(
    id: AccountID, email: EmailAddress, passwordHash: PasswordHash, createdAt: UnixMilliseconds
  ) {
    self.id = id
    self.email = email
    self.passwordHash = passwordHash
    self.createdAt = createdAt
  }
}

/// Whose login failures are counted.
package enum LoginAttemptKey: Hashable, Sendable {
  /// An account, or an address that might be one's: both are throttled alike.
  case account(EmailAddress)
  case address(RemoteAddress)
  /// Codes of devices (RFC 8628) that an address has tried and that lead nowhere.
  case userCodes(RemoteAddress)
}

package struct LoginAttempts: Equatable, Sendable {
  /// Since the last success.
  package var failures: UInt32
  package var lastFailureAt: UnixMilliseconds

  package init(failures: UInt32, lastFailureAt: UnixMilliseconds) {
    self.failures = failures
    self.lastFailureAt = lastFailureAt
  }
}
