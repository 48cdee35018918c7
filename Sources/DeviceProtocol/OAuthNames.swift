/// The value of `grant_type` at the token endpoint.
package enum GrantType: WireWord {
  case authorizationCode, refreshToken, deviceCode, pairing, relink

  package var text: StaticString {
    switch self {
    case .authorizationCode: "authorization_code"
    case .refreshToken: "refresh_token"
    case .deviceCode: "urn:ietf:params:oauth:grant-type:device_code"
    case .pairing: "urn:relink:params:oauth:grant-type:pairing"
    case .relink: "urn:relink:params:oauth:grant-type:relink"
    }
  }
}

/// The value of `client_id`.
package enum ClientID: WireWord {
  case app, camera, scale

  package var text: StaticString {
    switch self {
    case .app: "relink-app"
    case .camera: "relink-camera"
    case .scale: "relink-scale"
    }
  }

  package init(_ kind: DeviceKind) {
    switch kind {
    case .camera: self = .camera
    case .scale: self = .scale
    }
  }
}

extension DeviceKind: WireWord {
  package var text: StaticString {
    switch self {
    case .camera: "camera"
    case .scale: "scale"
    }
  }
}

/// The value of `error` in a refusal (RFC 6749 §5.2, RFC 6750 §3.1, RFC 8628 §3.5, and ours).
package enum ErrorCode: WireWord {
  case invalidRequest, invalidClient, invalidGrant, unauthorizedClient, unsupportedGrantType
  case invalidScope, authorizationPending, slowDown, accessDenied, expiredToken
  case invalidToken, insufficientScope
  case notFound, conflict, tooManyRequests, temporarilyUnavailable
  case invalidDPoPProof, useDPoPNonce

  package var text: StaticString {
    switch self {
    case .invalidRequest: "invalid_request"
    case .invalidClient: "invalid_client"
    case .invalidGrant: "invalid_grant"
    case .unauthorizedClient: "unauthorized_client"
    case .unsupportedGrantType: "unsupported_grant_type"
    case .invalidScope: "invalid_scope"
    case .authorizationPending: "authorization_pending"
    case .slowDown: "slow_down"
    case .accessDenied: "access_denied"
    case .expiredToken: "expired_token"
    case .invalidToken: "invalid_token"
    case .insufficientScope: "insufficient_scope"
    case .notFound: "not_found"
    case .conflict: "conflict"
    case .tooManyRequests: "too_many_requests"
    case .temporarilyUnavailable: "temporarily_unavailable"
    case .invalidDPoPProof: "invalid_dpop_proof"
    case .useDPoPNonce: "use_dpop_nonce"
    }
  }
}

/// The value of `reason` beside an error: why, for programs.
package enum ErrorReason: WireWord {
  case pairingTokenUnknown, pairingTokenExpired, pairingTokenUsed, alreadyBound
  case loggedOut, sessionEnded, sessionExpired, replayed, superseded, tokenUnknown, notBound,
    pairingRequired
  case deviceCodeUnknown, deviceCodeUsed
  case expired, wrongCertificate
  case wrongPassword, wrongCode
  case passwordTooShort, passwordTooLong, passwordCommon, passwordContext
  case wrongScheme, wrongKey
  case proofMissing, proofDoubled, proofMalformed, proofAlgorithm, proofKey, proofSignature
  case proofMethod, proofURI, proofTooOld, proofTooNew, proofReplayed, proofToken, nonceNeeded

  package var text: StaticString {
    switch self {
    case .pairingTokenUnknown: "pairing_token_unknown"
    case .pairingTokenExpired: "pairing_token_expired"
    case .pairingTokenUsed: "pairing_token_used"
    case .alreadyBound: "already_bound"
    case .loggedOut: "logged_out"
    case .sessionEnded: "session_ended"
    case .sessionExpired: "session_expired"
    case .replayed: "replayed"
    case .superseded: "superseded"
    case .tokenUnknown: "token_unknown"
    case .notBound: "not_bound"
    case .pairingRequired: "pairing_required"
    case .deviceCodeUnknown: "device_code_unknown"
    case .deviceCodeUsed: "device_code_used"
    case .expired: "expired"
    case .wrongCertificate: "wrong_certificate"
    case .wrongPassword: "wrong_password"
    case .wrongCode: "wrong_code"
    case .passwordTooShort: "password_too_short"
    case .passwordTooLong: "password_too_long"
    case .passwordCommon: "password_common"
    case .passwordContext: "password_context"
    case .wrongScheme: "wrong_scheme"
    case .wrongKey: "wrong_key"
    case .proofMissing: "proof_missing"
    case .proofDoubled: "proof_doubled"
    case .proofMalformed: "proof_malformed"
    case .proofAlgorithm: "proof_algorithm"
    case .proofKey: "proof_key"
    case .proofSignature: "proof_signature"
    case .proofMethod: "proof_method"
    case .proofURI: "proof_uri"
    case .proofTooOld: "proof_too_old"
    case .proofTooNew: "proof_too_new"
    case .proofReplayed: "proof_replayed"
    case .proofToken: "proof_token"
    case .nonceNeeded: "nonce_needed"
    }
  }
}

/// Parameters of the grants' forms.
package enum GrantParameter: WireWord {
  case grantType, clientID, refreshToken, pairingToken, model, firmwareVersion

  package var text: StaticString {
    switch self {
    case .grantType: "grant_type"
    case .clientID: "client_id"
    case .refreshToken: "refresh_token"
    case .pairingToken: "pairing_token"
    case .model: "model"
    case .firmwareVersion: "firmware_version"
    }
  }
}
