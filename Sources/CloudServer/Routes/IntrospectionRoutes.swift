import CloudCore
import DeviceProtocol
import Hummingbird

extension CloudService {
  /// `POST /oauth/introspect` (RFC 7662)
  @Sendable func introspect(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let form = try await request.form(upTo: self.bodyByteCount)
    let credentials = try request.clientCredentials(form)
    // Looked at after the credentials: a stranger is told nothing about the request.
    let token = Secret(form["token"] ?? "")
    let outcome = try await self.read { cloud, reader, now in
      try cloud.introspect(
        token, callerID: credentials?.id ?? "", secret: credentials?.secret, in: reader, at: now)
    }
    switch outcome {
    case .refused(let refusal):
      throw HTTPFailure.grantRefused(refusal, to: request)
    case .inactive:
      _ = try form.require("token")
      return try .json(InactiveTokenBody())
    case .active(let token):
      return try .json(ActiveTokenBody(token: token, issuer: self.issuer.url))
    }
  }
}

/// Nothing but this (RFC 7662 §2.2).
struct InactiveTokenBody: Encodable { let active = false }

struct ActiveTokenBody: Encodable {
  let token: ActiveToken
  let issuer: String

  enum CodingKeys: String, CodingKey {
    case active, sub, iss, aud, exp, iat, jti, cnf
    case clientID = "client_id"
    case tokenType = "token_type"
    case tokenUse = "token_use"
    case sessionID = "session_id"
    case deviceID = "device_id"
  }

  private enum Confirmation: String, CodingKey {
    case certificateThumbprint = "x5t#S256"
    case dpopKey = "jkt"
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(true, forKey: .active)
    try members.encode(self.token.clientID, forKey: .clientID)
    try members.encode(self.token.account.text, forKey: .sub)
    try members.encode(self.issuer, forKey: .iss)
    // Whole seconds, rounded down: no token is said to live for longer than it does.
    try members.encode(self.token.issuedAt.value / 1_000, forKey: .iat)
    try members.encodeIfPresent(self.token.expiresAt.map { $0.value / 1_000 }, forKey: .exp)
    try members.encodeIfPresent(self.token.id, forKey: .jti)
    try members.encode(self.token.use.rawValue, forKey: .tokenUse)
    if self.token.use == .access {
      try members.encode(self.issuer, forKey: .aud)
      try members.encode(self.token.binding.isDPoP ? "DPoP" : "Bearer", forKey: .tokenType)
    }
    try members.encode(self.token.session.text, forKey: .sessionID)
    try members.encodeIfPresent(self.token.device?.text, forKey: .deviceID)
    guard let binding = self.token.binding else { return }
    var confirmation = members.nestedContainer(keyedBy: Confirmation.self, forKey: .cnf)
    switch binding {
    case .certificate(let thumbprint):
      try confirmation.encode(Self.text(of: thumbprint), forKey: .certificateThumbprint)
    case .dpop(let key):
      try confirmation.encode(Self.text(of: key), forKey: .dpopKey)
    }
  }

  private static func text(of thumbprint: Bytes32) -> String {
    String(decoding: Base64URL.encode(thumbprint.bytes), as: UTF8.self)
  }
}
