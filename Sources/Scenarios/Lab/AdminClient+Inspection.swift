import NIOHTTP1

extension AdminClient {
  package func inspect(token: String) async throws -> InspectedToken {
    struct Request: Encodable { let token: String }
    return try await self.send(
      .POST, "/admin/v1/tokens/inspect", json: Request(token: token), expecting: 200
    ).decoded(as: InspectedToken.self, from: "the inspection of a token")
  }
}

/// INSPECTION of `docs/protocol.md`.
package struct InspectedToken: Codable, Equatable, Sendable {
  package let kind: String?
  package let token: String?
  package let state: String
  package let reason: String?
  package let explanation: String
  package let issuedAt: UInt64?
  package let expiresAt: UInt64?
  package let clientId: String?
  package let accountId: String?
  package let accountEmail: String?
  package let deviceId: String?
  package let sessionId: String?
  package let sessionEnd: String?
  package let generation: UInt64?
  package let sessionGeneration: UInt64?
  package let standing: String?
  package let epochs: [Epoch]?
  package let logout: Logout?

  package struct Epoch: Codable, Equatable, Sendable {
    package let scope: String
    package let target: String?
    package let minted: UInt64
    package let present: UInt64
  }

  package struct Logout: Codable, Equatable, Sendable {
    package let at: UInt64
    package let scope: String
    package let target: String?
    package let epoch: UInt64
    package let before: UInt64?
    package let reason: String
  }
}
