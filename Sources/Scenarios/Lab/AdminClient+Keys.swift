package import CloudCore
import NIOHTTP1

extension AdminClient {
  package func signingKeys() async throws -> [SigningKeyStatus] {
    struct List: Decodable { let keys: [SigningKeyStatus] }
    return try await self.send(.GET, "/admin/v1/keys", expecting: 200)
      .decoded(as: List.self, from: "the list of signing keys").keys
  }

  /// - Parameters:
  ///   - algorithm: As in a JWT's `alg`; that of the newest key when nil.
  ///   - leadSeconds: The cloud's own when nil.
  package func rotateSigningKey(
    to algorithm: SigningAlgorithm? = nil, leadSeconds: UInt32?
  ) async throws -> SigningKeyStatus {
    struct Rotation: Encodable {
      let algorithm: String?
      let leadSeconds: UInt32?
    }
    return try await self.send(
      .POST, "/admin/v1/keys/rotate",
      json: Rotation(algorithm: algorithm?.rawValue, leadSeconds: leadSeconds), expecting: 201
    ).decoded(as: SigningKeyStatus.self, from: "the rotation of the signing keys")
  }
}

/// KEY of `docs/protocol.md`.
package struct SigningKeyStatus: Codable, Equatable, Sendable {
  package let kid: String
  package let algorithm: String
  package let state: String
  package let createdAt: UInt64
  package let signsFrom: UInt64
  package let signsUntil: UInt64?
  package let publishedUntil: UInt64?
}
