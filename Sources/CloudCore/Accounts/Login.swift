/// The peer's address as text, without the port; counts login failures.
package struct RemoteAddress: Hashable, Sendable {
  package let text: String
  package init(_ text: String) { self.text = text }
}

/// What the driver has to check, outside a transaction: `challenge.hash.verify(…)`.
package struct LoginChallenge: Sendable {
  /// Of the account, or of nobody when there is none: an unknown address costs as much time.
  package let hash: PasswordHash
  let account: AccountID?
  let email: EmailAddress
  let address: RemoteAddress
}

package enum LoginStart: Sendable {
  case verify(LoginChallenge)
  case throttled(retryAfterSeconds: UInt32)
}

package enum LoginOutcome: Sendable {
  case loggedIn(LoggedInOwner)
  case wrongCredentials
  case throttled(retryAfterSeconds: UInt32)
}

package enum RegisterOutcome: Equatable, Sendable {
  case created(Account)
  case emailTaken
}
