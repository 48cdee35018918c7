package import DeviceProtocol

package struct Account: Equatable, Sendable {
  package let id: AccountID
  package let email: EmailAddress
  package var passwordHash: PasswordHash
  package let createdAt: UnixMilliseconds
  /// A logout may cover all of one.
  package var region: Region

  package init(
    id: AccountID, email: EmailAddress, passwordHash: PasswordHash, createdAt: UnixMilliseconds,
    region: Region = .standard
  ) {
    self.id = id
    self.email = email
    self.passwordHash = passwordHash
    self.createdAt = createdAt
    self.region = region
  }
}

/// Whose failed attempts are counted.
package enum LoginAttemptKey: Hashable, Sendable {
  /// Logins from browsers that nobody knows, to an account or to an address that might be one's:
  /// both are throttled alike.
  case account(EmailAddress)
  /// Of those, the ones from one address. It has no wait of its own, and makes the account's longer.
  case accountFrom(EmailAddress, RemoteAddress)
  /// Everything from one address, as `RemoteAddress.network` says.
  case address(RemoteAddress)
  /// A browser that the account's owner has logged in with before.
  case browser(BrowserID)
  /// Passwords and codes that a logged-in app is asked for.
  case session(SessionID)
  /// Codes of the second factor from browsers that nobody knows, after the right password.
  case secondFactor(AccountID)
  /// Accounts opened from one address. Not failures: `lastFailureAt` is when the allowance is whole
  /// again.
  case registration(RemoteAddress)
  /// Codes of devices (RFC 8628) that an address has tried and that lead nowhere.
  case userCodes(RemoteAddress)
}

/// Names a browser, at random.
package struct BrowserID: Hashable, Sendable {
  package let bits: FixedBytes<16>
  package init(_ bits: FixedBytes<16>) { self.bits = bits }
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
