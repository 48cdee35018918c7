package import DeviceProtocol

/// What a resource server is told of a token that is alive (RFC 7662 §2.2).
package struct ActiveToken: Equatable, Sendable {
  package enum Use: String, Sendable {
    case access = "access_token"
    case refresh = "refresh_token"
  }

  package let use: Use
  package let clientID: String
  package let account: AccountID
  package let session: SessionID
  /// Nil for an app's.
  package let device: DeviceID?
  package let issuedAt: UnixMilliseconds
  /// Nil for a refresh token that does not die by time.
  package let expiresAt: UnixMilliseconds?
  /// What it is bound to. Whoever asks has to look at it: a bound token is alive whoever presents it.
  package let binding: TokenBinding?
  /// Nil for a refresh token.
  package let id: String?
}

package enum IntrospectionOutcome: Equatable, Sendable {
  case active(ActiveToken)
  /// Dead, unknown, garbled, or no token at all: whoever asks learns nothing more.
  case inactive
  /// Whoever asks is not known.
  case refused(GrantRefusal)
}
