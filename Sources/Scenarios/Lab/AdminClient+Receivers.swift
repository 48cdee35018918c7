import NIOHTTP1

extension AdminClient {
  package func addReceiver(_ request: ReceiverRequest) async throws -> ReceiverState {
    try await self.send(.POST, "/admin/v1/receivers", json: request, expecting: 201)
      .decoded(as: ReceiverState.self, from: "subscribing a receiver")
  }

  package func receivers() async throws -> [ReceiverState] {
    struct List: Decodable { let receivers: [ReceiverState] }
    return try await self.send(.GET, "/admin/v1/receivers", expecting: 200)
      .decoded(as: List.self, from: "the list of receivers").receivers
  }

  package func removeReceiver(_ id: String) async throws {
    _ = try await self.send(.DELETE, "/admin/v1/receivers/\(id)", expecting: 204)
  }
}

package struct ReceiverRequest: Encodable, Sendable {
  package let endpoint: String
  package let audience: String
  package let authorization: String?

  package init(endpoint: String, audience: String, authorization: String?) {
    self.endpoint = endpoint
    self.audience = audience
    self.authorization = authorization
  }
}

/// RECEIVER of `docs/protocol.md`.
package struct ReceiverState: Codable, Equatable, Sendable {
  package let id: String
  package let endpoint: String
  package let audience: String
  package let authorized: Bool
  package let createdAt: UInt64
  package let delivered: UInt64
  package let retried: UInt64
  package let failed: UInt64
  package let waiting: UInt64
  package let lastFailure: Failure?

  package struct Failure: Codable, Equatable, Sendable {
    package let at: UInt64
    package let jti: String
    package let cause: String
  }
}
