/// A request at the token endpoint; `docs/protocol.md`, "Grants".
package enum TokenRequest: Sendable {
  case authorizationCode(code: Secret, redirectURI: String, clientID: String, codeVerifier: Secret)
  case refreshToken(token: Secret, clientID: String)
  case deviceCode(Secret, clientID: String)
  case pairing(token: Secret, clientID: String, model: String, firmwareVersion: String)
  case relink(clientID: String, firmwareVersion: String)
}

/// The answer, and what it changed for others.
package struct TokenOutcome: Equatable, Sendable {
  package enum Answer: Equatable, Sendable {
    case granted(GrantedTokens)
    case refused(GrantRefusal)
  }
  package let answer: Answer
  package let events: [CloudEvent]
  /// What a refresh token was presented for; nil if that changed nothing.
  package var use: SessionEvent.Word?
  /// The refresh token that was presented, if it was genuine.
  package var presented: PresentedToken?
}

/// RFC 6749 §5.1.
package struct GrantedTokens: Equatable, Sendable {
  package let accessToken: Secret
  package let expiresInSeconds: UInt32
  package let refreshToken: Secret
  package let account: AccountID
  package let device: DeviceID?
  package let session: SessionID
  package let generation: UInt64
  /// Nil for bearer tokens.
  package let binding: TokenBinding?
  /// The access token as whoever presents it has it read.
  package let readAccessToken: ReadAccessToken
}

/// RFC 6749 §5.2, with the fixed word that tells a program what to do.
package struct GrantRefusal: Equatable, Sendable {
  package enum Code: String, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    /// 401.
    case invalidClient = "invalid_client"
    case invalidGrant = "invalid_grant"
    case unauthorizedClient = "unauthorized_client"
    case authorizationPending = "authorization_pending"
    /// RFC 9449 §5.
    case invalidDPoPProof = "invalid_dpop_proof"
    case slowDown = "slow_down"
    case accessDenied = "access_denied"
    case expiredToken = "expired_token"
  }

  package enum Reason: String, Sendable, CaseIterable {
    case pairingTokenUnknown = "pairing_token_unknown"
    case pairingTokenExpired = "pairing_token_expired"
    case pairingTokenUsed = "pairing_token_used"
    case alreadyBound = "already_bound"
    case loggedOut = "logged_out"
    case sessionEnded = "session_ended"
    case replayed = "replayed"
    /// Under `grace`: another successor was given for the same token since.
    case superseded = "superseded"
    case sessionExpired = "session_expired"
    case tokenUnknown = "token_unknown"
    case notBound = "not_bound"
    case pairingRequired = "pairing_required"
    /// Bound to the key of a DPoP proof, and none came.
    case proofMissing = "proof_missing"
    /// Bound to another key than that of the DPoP proof.
    case wrongKey = "wrong_key"
    case deviceCodeUnknown = "device_code_unknown"
    case deviceCodeUsed = "device_code_used"
  }

  package let code: Code
  package let description: String
  package let reason: Reason?
  /// With `loggedOut`: the operator's words; nil when there were none.
  package let logoutReason: String?
  /// With `authorizationPending` and `slowDown`: ask again after this many seconds.
  package let intervalSeconds: UInt32?

  init(
    _ code: Code, _ description: String, reason: Reason? = nil, logoutReason: String? = nil,
    intervalSeconds: UInt32? = nil
  ) {
    self.code = code
    self.description = description
    self.reason = reason
    self.logoutReason = logoutReason
    self.intervalSeconds = intervalSeconds
  }

  /// - Parameter refusal: Of the token; the logout's reason goes on to its client.
  static func loggedOut(_ refusal: TokenRefusal, _ description: String) -> GrantRefusal {
    GrantRefusal(
      .invalidGrant, description, reason: .loggedOut, logoutReason: refusal.logoutReason)
  }

  static func grant(_ reason: Reason, _ description: String) -> GrantRefusal {
    GrantRefusal(.invalidGrant, description, reason: reason)
  }
}

/// RFC 7009: a token that is unknown or dead is no refusal.
package enum RevokeOutcome: Equatable, Sendable {
  case done([CloudEvent])
  /// An unknown client, a device without its certificate, or the token of another client.
  case refused(GrantRefusal)
}
