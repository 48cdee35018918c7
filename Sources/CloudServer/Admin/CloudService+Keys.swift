import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird
import Logging
import NIOPosix

/// The keys that sign access tokens (`docs/protocol.md`, "JWT access tokens").
extension CloudService {
  func addKeyRoutes(to routes: inout AdminRoutes) {
    routes.add(.get, "/admin/v1/keys", as: .listKeys, handler: self.listKeys)
    routes.add(.post, "/admin/v1/keys/rotate", as: .rotateKeys, handler: self.rotateKeys)
  }

  /// Makes the first key, before anybody can ask for the published ones.
  func prepareSigningKeys() async throws {
    try await self.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      try cloud.ensureSigningKey(in: transaction, at: now, random: &random)
    }
  }

  /// `GET /admin/v1/keys`
  @Sendable private func listKeys(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let keys = try await self.read { cloud, reader, now in
      try cloud.signingKeys(in: reader, at: now)
    }
    return try .json(KeysBody(keys: keys.map { KeyBody(view: $0) }))
  }

  /// `POST /admin/v1/keys/rotate`
  @Sendable private func rotateKeys(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(KeyRotationBody.self, upTo: self.bodyByteCount)
    let leadSeconds = try body.lead()
    let pair = try await self.newKeyPair(body.algorithm?.value)
    let outcome = try await self.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      return try cloud.rotateSigningKey(
        to: pair, leadSeconds: leadSeconds, in: transaction, at: now, random: &random)
    }
    switch outcome {
    case .rotated(let key):
      self.logger.notice(
        "signing key added",
        metadata: ["kid": "\(key.record.id)", "alg": "\(key.record.algorithm.rawValue)"])
      return try .json(KeyBody(view: key), status: .created)
    case .tooManyKeys:
      throw HTTPFailure.conflict(
        "\(Cloud.largestKeyCount) keys are published; wait until the oldest has retired")
    }
  }

  /// - Parameter algorithm: That of the newest key when nil.
  private func newKeyPair(_ algorithm: SigningAlgorithm?) async throws -> SigningKeyPair {
    let newest = try await self.read { cloud, reader, now in
      try cloud.newestSigningAlgorithm(in: reader, at: now)
    }
    switch algorithm ?? newest {
    case .es256:
      var random = SystemRandomNumberGenerator()
      return .es256(random: &random)
    // Not on an event loop's thread, whose connections would wait for it.
    case .rs256: return try await NIOThreadPool.singleton.runIfActive { try .rs256() }
    }
  }
}

/// Of `POST /admin/v1/keys/rotate`.
struct KeyRotationBody: StrictBody {
  let algorithm: Word<SigningAlgorithm>?
  let leadSeconds: WholeNumber<UInt32>?

  private static let usualLeadSeconds: UInt32 = 300
  static let longestLeadSeconds: UInt32 = 30 * 86_400

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case algorithm
    case leadSeconds = "lead_seconds"
  }

  func lead() throws(HTTPFailure) -> UInt32 {
    let seconds = self.leadSeconds?.value ?? Self.usualLeadSeconds
    guard seconds <= Self.longestLeadSeconds else {
      throw .invalidRequest("member 'lead_seconds' must be 0 to \(Self.longestLeadSeconds)")
    }
    return seconds
  }
}

/// KEY of `docs/protocol.md`.
struct KeyBody: Encodable {
  let view: SigningKeyView

  enum CodingKeys: String, CodingKey {
    case kid, algorithm, state
    case createdAt = "created_at"
    case signsFrom = "signs_from"
    case signsUntil = "signs_until"
    case publishedUntil = "published_until"
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.view.record.id, forKey: .kid)
    try members.encode(self.view.record.algorithm.rawValue, forKey: .algorithm)
    try members.encode(self.view.state.rawValue, forKey: .state)
    try members.encode(self.view.record.createdAt.value, forKey: .createdAt)
    try members.encode(self.view.record.signsFrom.value, forKey: .signsFrom)
    try members.encodeIfPresent(self.view.signsUntil?.value, forKey: .signsUntil)
    try members.encodeIfPresent(self.view.publishedUntil?.value, forKey: .publishedUntil)
  }
}

struct KeysBody: Encodable { let keys: [KeyBody] }
