import CloudCore
import DeviceProtocol

struct HealthBody: Encodable { let status = "ok" }

struct AccountBody: Encodable {
  let accountID: String
  let email: String
  let region: String

  init(_ account: Account) {
    self.accountID = account.id.text
    self.email = account.email.text
    self.region = account.region.text
  }

  enum CodingKeys: String, CodingKey {
    case accountID = "account_id"
    case email, region
  }
}

/// RFC 6749 §5.1.
struct TokenBody: Encodable {
  let tokens: GrantedTokens

  enum CodingKeys: String, CodingKey {
    case accessToken = "access_token"
    case tokenType = "token_type"
    case expiresIn = "expires_in"
    case refreshToken = "refresh_token"
    case deviceID = "device_id"
    case accountID = "account_id"
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.tokens.accessToken.text, forKey: .accessToken)
    try members.encode(self.tokens.binding.isDPoP ? "DPoP" : "Bearer", forKey: .tokenType)
    try members.encode(self.tokens.expiresInSeconds, forKey: .expiresIn)
    try members.encode(self.tokens.refreshToken.text, forKey: .refreshToken)
    try members.encodeIfPresent(self.tokens.device?.text, forKey: .deviceID)
    try members.encode(self.tokens.account.text, forKey: .accountID)
  }
}

struct SessionBody: Encodable {
  let kind: ClientKind
  let accountID: String
  let sessionID: String
  let deviceID: String?

  init(_ caller: Authenticated) {
    self.kind = caller.kind
    self.accountID = caller.account.text
    self.sessionID = caller.session.text
    self.deviceID = caller.device?.text
  }

  enum CodingKeys: String, CodingKey {
    case kind
    case accountID = "account_id"
    case sessionID = "session_id"
    case deviceID = "device_id"
  }
}

struct CreatedPairingTokenBody: Encodable {
  let pairingToken: String
  let expiresIn: UInt32
  /// The origin that the pairing payload has to name.
  let cloud: String

  enum CodingKeys: String, CodingKey {
    case pairingToken = "pairing_token"
    case expiresIn = "expires_in"
    case cloud
  }
}

/// DEVICE of `docs/protocol.md`: what is not known is null.
struct DeviceBody: Encodable {
  let view: DeviceView
  let isOnline: Bool

  enum CodingKeys: String, CodingKey {
    case id, kind, model, serial, nickname, ssid, online, session
    case firmwareVersion = "firmware_version"
    case signalDBm = "signal_dbm"
    case uptimeMilliseconds = "uptime_ms"
    case lastSeen = "last_seen"
    case boundAt = "bound_at"
    case relinkPolicy = "relink_policy"
  }

  func encode(to encoder: any Encoder) throws {
    let record = self.view.record
    let ssid = record.ssid.map { String(decoding: Hexadecimal.encode($0.bytes), as: UTF8.self) }
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(record.id.text, forKey: .id)
    try members.encode("\(record.kind.text)", forKey: .kind)
    try members.encode(record.model, forKey: .model)
    try members.encode(record.serial, forKey: .serial)
    try members.encode(record.nickname, forKey: .nickname)
    try members.encode(record.firmwareVersion, forKey: .firmwareVersion)
    // `encode`, not `encodeIfPresent`: it writes null.
    try members.encode(ssid, forKey: .ssid)
    try members.encode(record.signalDBm, forKey: .signalDBm)
    try members.encode(record.uptimeMilliseconds, forKey: .uptimeMilliseconds)
    try members.encode(record.lastSeen?.value, forKey: .lastSeen)
    try members.encode(record.boundAt?.value, forKey: .boundAt)
    try members.encode(self.isOnline, forKey: .online)
    try members.encode(self.view.session.rawValue, forKey: .session)
    try members.encode(record.relinkPolicy, forKey: .relinkPolicy)
  }
}

struct DevicesBody: Encodable { let devices: [DeviceBody] }
struct MotionListBody: Encodable { let motions: [MotionBody] }
struct MeasurementListBody: Encodable { let measurements: [MeasurementBody] }
struct AcknowledgedBody: Encodable { let acknowledged: [UInt32] }

/// RFC 8414 §2, RFC 8705 §3.3, RFC 9207 §3, RFC 9449 §5.1.
struct MetadataBody: Encodable {
  let issuer: String
  let authorizationEndpoint: String
  let tokenEndpoint: String
  let revocationEndpoint: String
  let jwksURI: String
  let introspectionEndpoint: String
  let deviceAuthorizationEndpoint: String
  let introspectionEndpointAuthMethodsSupported = ["client_secret_basic", "client_secret_post"]
  let responseTypesSupported = ["code"]
  let responseModesSupported = ["query"]
  let grantTypesSupported = GrantType.allCases.map { "\($0.text)" }
  let codeChallengeMethodsSupported = ["S256"]
  let tokenEndpointAuthMethodsSupported = Self.authMethods
  let revocationEndpointAuthMethodsSupported = Self.authMethods
  let tlsClientCertificateBoundAccessTokens = true
  let dpopSigningAlgorithmValuesSupported = DPoPPolicy.algorithms
  let authorizationResponseIssParameterSupported = true

  private static let authMethods = [
    "none", "tls_client_auth", "client_secret_basic", "client_secret_post",
  ]

  init(issuer: String) {
    self.issuer = issuer
    self.authorizationEndpoint = issuer + OpenRoute.authorizationForm.route.path
    self.tokenEndpoint = issuer + OpenRoute.token.route.path
    self.revocationEndpoint = issuer + OpenRoute.revoke.route.path
    self.jwksURI = issuer + OpenRoute.jwks.route.path
    self.introspectionEndpoint = issuer + OpenRoute.introspect.route.path
    self.deviceAuthorizationEndpoint = issuer + OpenRoute.deviceAuthorization.route.path
  }

  enum CodingKeys: String, CodingKey {
    case issuer
    case authorizationEndpoint = "authorization_endpoint"
    case tokenEndpoint = "token_endpoint"
    case revocationEndpoint = "revocation_endpoint"
    case jwksURI = "jwks_uri"
    case introspectionEndpoint = "introspection_endpoint"
    case deviceAuthorizationEndpoint = "device_authorization_endpoint"
    case introspectionEndpointAuthMethodsSupported =
      "introspection_endpoint_auth_methods_supported"
    case responseTypesSupported = "response_types_supported"
    case responseModesSupported = "response_modes_supported"
    case grantTypesSupported = "grant_types_supported"
    case codeChallengeMethodsSupported = "code_challenge_methods_supported"
    case tokenEndpointAuthMethodsSupported = "token_endpoint_auth_methods_supported"
    case revocationEndpointAuthMethodsSupported = "revocation_endpoint_auth_methods_supported"
    case tlsClientCertificateBoundAccessTokens = "tls_client_certificate_bound_access_tokens"
    case dpopSigningAlgorithmValuesSupported = "dpop_signing_alg_values_supported"
    case authorizationResponseIssParameterSupported =
      "authorization_response_iss_parameter_supported"
  }
}
