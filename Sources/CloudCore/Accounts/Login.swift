/// What the driver has to check, outside a transaction: `challenge.hash.verify(…)`.
package struct LoginChallenge: Sendable {
  /// Of the account, or of nobody when there is none: an unknown address costs as much time.
  package let hash: PasswordHash
  let account: AccountID?
  /// Whose failures hold it up, and count it if it fails.
  let attemptKeys: [LoginAttemptKey]
}

/// Somebody who knows the account's password, whose second factor is still to be seen. Only
/// `completeLogin` makes one.
package struct PasswordProof: Sendable {
  let account: Account
}

package enum LoginStart: Sendable {
  case verify(LoginChallenge)
  case throttled(retryAfterSeconds: UInt32)
}

package enum LoginOutcome: Sendable {
  case loggedIn(LoggedInOwner)
  /// The password was right: `loginTicket` is what goes on from there.
  case secondFactorNeeded(PasswordProof)
  case wrongCredentials
  case throttled(retryAfterSeconds: UInt32)
}

package enum RegisterOutcome: Equatable, Sendable {
  case created(Account)
  case emailTaken
}
