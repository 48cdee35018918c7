/// Why an access token is not accepted; `docs/protocol.md`, "Grants".
package enum TokenRefusal: Equatable, Sendable {
  case expired
  /// An epoch has moved on. With the logout that moved it; the first when several did.
  case loggedOut(LogoutRecord?)
  case sessionEnded
  case tokenUnknown
  case wrongCertificate
  /// Bound to a key and presented as a bearer token, or the reverse (RFC 9449 §7.1, §7.2).
  case wrongScheme
  /// Bound to another key than that of the DPoP proof.
  case wrongKey

  /// The operator's words about a logout; nil when there were none.
  package var logoutReason: String? {
    guard case .loggedOut(let record?) = self, !record.reason.isEmpty else { return nil }
    return record.reason
  }

  /// Whether the token is of no use to anybody; not when it lives, and another has shown it.
  package var isOfDeadToken: Bool {
    switch self {
    case .expired, .loggedOut, .sessionEnded, .tokenUnknown: true
    case .wrongCertificate, .wrongScheme, .wrongKey: false
    }
  }

  /// The fixed word on the wire.
  package var reason: String {
    switch self {
    case .expired: "expired"
    case .loggedOut: "logged_out"
    case .sessionEnded: "session_ended"
    case .tokenUnknown: "token_unknown"
    case .wrongCertificate: "wrong_certificate"
    case .wrongScheme: "wrong_scheme"
    case .wrongKey: "wrong_key"
    }
  }
}

package enum AuthenticationOutcome: Equatable, Sendable {
  case accepted(Authenticated)
  /// Accepted, and the first use of its generation: `confirm` it in a write.
  case acceptedFirstUse(Authenticated)
  /// A good token of a client that may not do this: 403.
  case wrongKind(Authenticated)
  case refused(TokenRefusal)
}
