package import DeviceProtocol

/// An owner who has shown all that the account asks for. Only `completeLogin` and
/// `completeSecondFactor` make one.
package struct LoggedInOwner: Sendable {
  package let account: Account
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
  ///
  /// - Parameter marks: Of the browser. With one of this account only its own failures hold it up, whoever else tries to get in at the same time.
  package func beginLogin(
    email: EmailAddress, from address: RemoteAddress, marks: [Secret] = [],
    in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> LoginStart {
    let account = try reader.account(email: email)
    let browser = account.flatMap { self.browser(by: marks, of: $0, at: now) }
    let challenge = LoginChallenge(
      hash: account?.passwordHash ?? .ofNobody, account: account?.id,
      attemptKeys: browser.map { [.browser($0)] }
        ?? [
          .account(email), .accountFrom(email, address.network), .address(address.network),
        ])
    if let seconds = try self.retryAfterSeconds(challenge.attemptKeys, in: reader, at: now) {
      return .throttled(retryAfterSeconds: seconds)
    }
    return .verify(challenge)
  }

  /// The second half: counts the attempt and decides.
  ///
  /// A success forgets the account's or the browser's failures, but not the address's: a guesser with
  /// an account of their own could wipe those at will.
  ///
  /// - Parameter verdict: From `challenge.hash.verify(…)`. One of another hash, also of the
  ///   account's former password, is refused.
  package func completeLogin(
    _ challenge: LoginChallenge, verdict: PasswordVerdict,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> LoginOutcome {
    // Again: many attempts may have begun before the first of them was counted.
    let keys = challenge.attemptKeys
    if let seconds = try self.retryAfterSeconds(keys, in: transaction, at: now) {
      return .throttled(retryAfterSeconds: seconds)
    }
    if let account = try challenge.account.flatMap({ try transaction.account($0) }),
      verdict.matches, verdict.hash == account.passwordHash
    {
      if try transaction.secondFactor(of: account.id)?.isActive == true {
        return .secondFactorNeeded(PasswordProof(account: account))
      }
      try self.forgetFailures(keys, in: transaction)
      return .loggedIn(LoggedInOwner(account: account))
    }
    try self.countFailure(keys, in: transaction, at: now)
    try self.dropExpired(in: transaction, at: now)
    return .wrongCredentials
  }

  func forgetFailures(
    _ keys: [LoginAttemptKey], in transaction: any StoreTransaction
  ) throws {
    for key in keys {
      if case .address = key { continue }
      try transaction.save(nil, for: key)
    }
  }

  /// Drops what has been of no use for a day. Until then an expired pairing token is told from an
  /// unknown one, and the second use of a code from the use of none.
  func dropExpired(in transaction: any StoreTransaction, at now: UnixMilliseconds) throws {
    let day: UInt64 = 86_400_000
    guard now.value > day else { return }
    try transaction.removeExpired(before: UnixMilliseconds(now.value - day))
  }
}
