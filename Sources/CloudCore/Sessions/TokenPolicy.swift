/// What a client's refresh tokens are worth: rotation, lifetimes, and what a theft leads to.
package struct TokenPolicy: Equatable, Sendable {
  package var rotation: RotationPolicy
  package var reaction: TheftReaction
  /// A session that has not refreshed for so long has ended; nil: never for this.
  package var idleSeconds: UInt32?
  /// A session ends so long after its login; nil: never for this.
  package var absoluteSeconds: UInt32?

  package init(
    rotation: RotationPolicy, reaction: TheftReaction = .session, idleSeconds: UInt32? = nil,
    absoluteSeconds: UInt32? = nil
  ) {
    self.rotation = rotation
    self.reaction = reaction
    self.idleSeconds = idleSeconds
    self.absoluteSeconds = absoluteSeconds
  }
}

/// What happens to a refresh token that is used (RFC 9700 §4.14.2).
///
/// | | the token before the live one | a lost response |
/// |---|---|---|
/// | `strict` | is a replay | logs the client out |
/// | `grace` | gives another successor for a while, which displaces the one before | is survived within the window |
/// | `idempotent` | gives the same successor again until that was used, and within the window | is survived |
/// | `retireOnUse` | gives the same successor again until that was used | is survived |
/// | `reusable` | does not exist: the token stays | is survived |
package enum RotationPolicy: Equatable, Sendable {
  case strict
  case grace(windowMilliseconds: UInt64)
  case idempotent(windowMilliseconds: UInt64)
  case retireOnUse
  case reusable
}

/// What else dies with a token that was presented once too often.
package enum TheftReaction: String, Equatable, Sendable, CaseIterable {
  /// The session with all its tokens.
  case session
  /// Every session that the account has with the client.
  case consent
  /// The session's refresh tokens; access tokens live on until they expire.
  case refreshTokens = "refresh_tokens"
}

/// Published semantics of products, by their names.
package enum PolicyPreset: String, Sendable, CaseIterable {
  case okta, auth0, hydra, keycloak, glewlwyd, google, ifttt

  package var policy: TokenPolicy {
    switch self {
    // Grace of 0 to 60 s, 30 by default; reuse after it kills the newest refresh token and all access
    // tokens since the login (Okta, "Refresh token rotation").
    case .okta: TokenPolicy(rotation: .grace(windowMilliseconds: 30_000))
    // An overlap in seconds in which the immediately previous token may be used again; the one before
    // it is a breach (Auth0, "Configure refresh token rotation"). 0 by default.
    case .auth0: TokenPolicy(rotation: .grace(windowMilliseconds: 0))
    // Each use in the grace period mints another pair; reuse after it revokes the consent (Ory Hydra,
    // "Graceful refresh token rotation"). 5 minutes are the most.
    case .hydra:
      TokenPolicy(rotation: .grace(windowMilliseconds: 300_000), reaction: .consent)
    // Without "revoke refresh token" a token may be used again until the session ends: idle for half an
    // hour, or ten hours old (Keycloak, "Session and token timeouts").
    case .keycloak:
      TokenPolicy(rotation: .reusable, idleSeconds: 1_800, absoluteSeconds: 36_000)
    // One use, no grace; access tokens are JWTs that live on (Glewlwyd, "refresh-token-one-use").
    case .glewlwyd:
      TokenPolicy(
        rotation: .strict, reaction: .refreshTokens, idleSeconds: 1_209_600)
    // The old token may be made invalid only after the new one was used (Google, "Account linking").
    case .google: TokenPolicy(rotation: .retireOnUse)
    // Tokens must not expire by time, and the previous one not at once (IFTTT, "Service API").
    case .ifttt: TokenPolicy(rotation: .idempotent(windowMilliseconds: 86_400_000))
    }
  }
}
