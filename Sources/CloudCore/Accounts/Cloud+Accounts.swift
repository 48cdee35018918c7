package import DeviceProtocol

/// An owner whose password was right. Only `completeLogin` makes one.
package struct LoggedInOwner: Sendable {
  package let account: Account

  fileprivate init(account: Account) { self.account = account }
}

extension Cloud {
  /// Opens an account. Hash the password before, outside the transaction.
  ///
  /// - Parameter region: The cloud's default when nil.
  package func register(
    email: EmailAddress, passwordHash: PasswordHash, region: Region? = nil,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> RegisterOutcome {
    guard try transaction.account(email: email) == nil else { return .emailTaken }
    let account = Account(
      id: AccountID(random: &random), email: email, passwordHash: passwordHash,
      createdAt: now, region: region ?? self.configuration.defaultRegion)
    try transaction.save(account)
    return .created(account)
  }

  /// The first half of a login: what the driver has to check the password against.
  package func beginLogin(
    email: EmailAddress, from address: RemoteAddress,
    in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> LoginStart {
    let account = try reader.account(email: email)
    let challenge = LoginChallenge(
      hash: account?.passwordHash ?? .ofNobody, account: account?.id, email: email,
      address: address)
    if let seconds = try self.retryAfterSeconds(challenge, in: reader, at: now) {
      return .throttled(retryAfterSeconds: seconds)
    }
    return .verify(challenge)
  }

  /// The second half: counts the attempt and decides.
  ///
  /// A success forgets the account's failures, but not the address's: a guesser with an account of
  /// their own could wipe those at will.
  ///
  /// - Parameter verdict: From `challenge.hash.verify(…)`. One of another hash, also of the
  ///   account's former password, is refused.
  package func completeLogin(
    _ challenge: LoginChallenge, verdict: PasswordVerdict,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> LoginOutcome {
    // Again: many attempts may have begun before the first of them was counted.
    if let seconds = try self.retryAfterSeconds(challenge, in: transaction, at: now) {
      return .throttled(retryAfterSeconds: seconds)
    }
    if let account = try challenge.account.flatMap({ try transaction.account($0) }),
      verdict.matches, verdict.hash == account.passwordHash
    {
      try transaction.save(nil, for: .account(challenge.email))
      return .loggedIn(LoggedInOwner(account: account))
    }
    for key in challenge.attemptKeys {
      let attempts = try transaction.loginAttempts(for: key)
      try transaction.save(LoginThrottle.counting(failureAfter: attempts, at: now), for: key)
    }
    try self.dropExpired(in: transaction, at: now)
    return .wrongCredentials
  }

  private func retryAfterSeconds(
    _ challenge: LoginChallenge, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> UInt32? {
    try challenge.attemptKeys.compactMap { key in
      LoginThrottle.retryAfterSeconds(try reader.loginAttempts(for: key), of: key, at: now)
    }.max()
  }

  /// Drops what has been of no use for a day. Until then an expired pairing token is told from an
  /// unknown one, and the second use of a code from the use of none.
  func dropExpired(in transaction: any StoreTransaction, at now: UnixMilliseconds) throws {
    let day: UInt64 = 86_400_000
    guard now.value > day else { return }
    try transaction.removeExpired(before: UnixMilliseconds(now.value - day))
  }
}

extension LoginChallenge {
  fileprivate var attemptKeys: [LoginAttemptKey] { [.account(self.email), .address(self.address)] }
}
