package import DeviceProtocol

/// A logged-in app whose owner has just shown the password. Only `confirmCaller` makes one.
package struct ConfirmedCaller: Sendable {
  let caller: Authenticated
  package let account: Account
  fileprivate init(caller: Authenticated, account: Account) {
    self.caller = caller
    self.account = account
  }
}

package enum CallerConfirmation: Sendable {
  case confirmed(ConfirmedCaller)
  case wrongPassword
  case throttled(retryAfterSeconds: UInt32)
  case wrongKind
  case refused(TokenRefusal)
}

/// An account as its owner sees it.
package struct AccountView: Equatable, Sendable {
  package enum SecondFactorState: String, Sendable { case none, unconfirmed, active }

  package let account: Account
  package let secondFactor: SecondFactorState
  package let recoveryCodesLeft: Int
}

extension Cloud {
  /// Nil when the account is gone.
  package func account(
    of caller: Authenticated, in reader: any StoreReader
  ) throws -> AccountView? {
    guard let account = try reader.account(caller.account) else { return nil }
    let factor = try reader.secondFactor(of: account.id)
    return AccountView(
      account: account,
      secondFactor: factor.map { $0.isActive ? .active : .unconfirmed } ?? .none,
      recoveryCodesLeft: factor?.recoveryCodes.count ?? 0)
  }

  /// What a logged-in app's password is checked against. Its session has a budget of failures of its
  /// own: who guesses at the login does not keep the owner from changing the password.
  package func beginConfirmation(
    of caller: Authenticated, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> LoginStart {
    let account = try reader.account(caller.account)
    let keys = [LoginAttemptKey.session(caller.session)]
    if let seconds = try self.retryAfterSeconds(keys, in: reader, at: now) {
      return .throttled(retryAfterSeconds: seconds)
    }
    return .verify(
      LoginChallenge(
        hash: account?.passwordHash ?? .ofNobody, account: account?.id, attemptKeys: keys))
  }

  /// Counts the attempt and decides, in the transaction that does what the password is asked for.
  ///
  /// - Parameter verdict: From `challenge.hash.verify(…)`.
  package func confirm(
    _ caller: Authenticated, _ challenge: LoginChallenge, verdict: PasswordVerdict,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> CallerConfirmation {
    guard caller.kind == .app else { return .wrongKind }
    if let refusal = try self.refusalWhateverTheTime(of: caller, in: transaction) {
      return .refused(refusal)
    }
    let keys = challenge.attemptKeys
    if let seconds = try self.retryAfterSeconds(keys, in: transaction, at: now) {
      return .throttled(retryAfterSeconds: seconds)
    }
    guard challenge.account == caller.account,
      let account = try transaction.account(caller.account),
      verdict.matches, verdict.hash == account.passwordHash
    else {
      try self.countFailure(keys, in: transaction, at: now)
      return .wrongPassword
    }
    try self.forgetFailures(keys, in: transaction)
    return .confirmed(ConfirmedCaller(caller: caller, account: account))
  }

  /// Gives the account another password. Codes that were not exchanged yet and the marks of all
  /// browsers are worth nothing from now on.
  ///
  /// - Parameter endsOthers: Whether the account's other apps and platforms are logged out. Its
  ///   devices never are: they prove themselves by their certificates, not by the password.
  /// - Returns: What to push, of those whose tokens worked.
  package func changePassword(
    of owner: ConfirmedCaller, to hash: PasswordHash, endsOthers: Bool,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> [CloudEvent] {
    var account = owner.account
    account.passwordHash = hash
    try transaction.save(account)
    try transaction.removeUnusedCodes(of: account.id)
    guard endsOthers else { return [] }
    let others = try transaction.sessions(of: account.id).filter { session in
      session.id != owner.caller.session && session.device == nil
        && (session.end == nil || session.end == .spent)
    }
    return try others.flatMap {
      try self.endSession($0.id, as: .revoked, in: transaction, at: now)
    }
  }
}
