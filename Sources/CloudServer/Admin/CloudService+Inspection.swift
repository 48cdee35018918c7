import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird

extension CloudService {
  /// `POST /admin/v1/tokens/inspect`: explains a token; 200 also for one that is dead or none.
  ///
  /// - Parameter gate: Knows the admin token.
  func inspectToken(
    _ request: Request, gate: AdminGate
  ) async throws -> Response {
    let body = try await request.json(InspectTokenBody.self, upTo: self.bodyByteCount)
    let kind: TokenPrefix
    do {
      kind = try TokenText(parsing: Array(body.token.text.utf8)).prefix
    } catch {
      // A JWT has no prefix of ours, and those of others have another shape.
      guard error == .unknownPrefix, TokenScanner.isAccessJWT(Array(body.token.text.utf8)) else {
        return try .json(NoTokenBody(error))
      }
      kind = .access
    }
    if kind == .admin, gate.knows(body.token) {
      return try .json(TokenInspectionBody(.presentAdminToken(body.token), email: nil))
    }
    let (inspection, email) = try await self.read { cloud, reader, now in
      let inspection = try cloud.inspect(body.token, kind: kind, in: reader, at: now)
      return (inspection, try inspection.account.flatMap { try reader.account($0)?.email })
    }
    return try .json(TokenInspectionBody(inspection, email: email))
  }
}

/// Of `POST /admin/v1/tokens/inspect`.
struct InspectTokenBody: StrictBody {
  let token: Secret

  enum Member: String, CodingKey, CaseIterable { case token }

  init(from decoder: any Decoder) throws {
    self.token = Secret(
      try decoder.container(keyedBy: Member.self).decode(String.self, forKey: .token))
  }
}

/// Text that is no token.
struct NoTokenBody: Encodable {
  let state = "unknown"
  let reason: String
  let explanation: String

  init(_ error: TokenTextError) {
    switch error {
    case .unknownPrefix:
      self.reason = "unknown_prefix"
      self.explanation =
        "It has neither a prefix of tokens of this project nor the shape of their JWTs."
    case .tooShort:
      self.reason = "too_short"
      self.explanation = "It is too short for a token."
    case .wrongChecksum:
      self.reason = "wrong_checksum"
      self.explanation = "Its checksum is wrong: it was cut, misread or made up."
    case .notBase64URL:
      self.reason = "not_base64url"
      self.explanation = "It has characters that no token has."
    }
  }
}

/// INSPECTION of `docs/protocol.md`.
struct TokenInspectionBody: Encodable {
  private let inspection: TokenInspection
  private let email: EmailAddress?

  init(_ inspection: TokenInspection, email: EmailAddress?) {
    self.inspection = inspection
    self.email = email
  }

  enum CodingKeys: String, CodingKey {
    case kind, token, state, reason, explanation, generation, standing, epochs, logout
    case issuedAt = "issued_at"
    case expiresAt = "expires_at"
    case clientID = "client_id"
    case accountID = "account_id"
    case accountEmail = "account_email"
    case deviceID = "device_id"
    case sessionID = "session_id"
    case sessionEnd = "session_end"
    case sessionGeneration = "session_generation"
  }

  private struct Epoch: Encodable {
    let scope: RevocationScope.Word
    let target: String?
    let minted: UInt64
    let present: UInt64
  }

  private struct Logout: Encodable {
    let at: UInt64
    let scope: RevocationScope.Word
    let target: String?
    let epoch: UInt64
    let before: UInt64?
    let reason: String
  }

  func encode(to encoder: any Encoder) throws {
    let inspection = self.inspection
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(inspection.kind.word, forKey: .kind)
    try members.encode(inspection.shortened, forKey: .token)
    try members.encode(inspection.state.rawValue, forKey: .state)
    try members.encodeIfPresent(inspection.reason, forKey: .reason)
    try members.encode(inspection.explanation, forKey: .explanation)
    try members.encodeIfPresent(inspection.issuedAt?.value, forKey: .issuedAt)
    try members.encodeIfPresent(inspection.expiresAt?.value, forKey: .expiresAt)
    try members.encodeIfPresent(inspection.clientID, forKey: .clientID)
    try members.encodeIfPresent(inspection.account?.text, forKey: .accountID)
    try members.encodeIfPresent(self.email?.text, forKey: .accountEmail)
    try members.encodeIfPresent(inspection.device?.text, forKey: .deviceID)
    try members.encodeIfPresent(inspection.session?.text, forKey: .sessionID)
    try members.encodeIfPresent(inspection.sessionEnd?.rawValue, forKey: .sessionEnd)
    try members.encodeIfPresent(inspection.generation, forKey: .generation)
    try members.encodeIfPresent(inspection.sessionGeneration, forKey: .sessionGeneration)
    try members.encodeIfPresent(inspection.standing, forKey: .standing)
    if !inspection.epochs.isEmpty {
      try members.encode(
        inspection.epochs.map { epoch in
          Epoch(
            scope: epoch.scope.word, target: epoch.scope.targetOrNil, minted: epoch.minted,
            present: epoch.present)
        }, forKey: .epochs)
    }
    if let logout = inspection.logout {
      try members.encode(
        Logout(
          at: logout.at.value, scope: logout.scope.word, target: logout.scope.targetOrNil,
          epoch: logout.epoch, before: logout.before?.value, reason: logout.reason),
        forKey: .logout)
    }
  }
}

extension RevocationScope {
  /// Nil where the word says it all.
  fileprivate var targetOrNil: String? { self.target.isEmpty ? nil : self.target }
}
