import DeviceProtocol
import Foundation
import NIOHTTP1

extension AdminClient {
  /// - Returns: The scope, as in `kind:camera`.
  package func expireTokens(_ target: TokenTargetRequest) async throws -> ExpiredTokens {
    try await self.send(.POST, "/admin/v1/tokens/expire", json: target, expecting: 200)
      .decoded(as: ExpiredTokens.self, from: "letting tokens expire")
  }

  package func revokeSessions(_ target: TokenTargetRequest) async throws -> RevokedSessions {
    try await self.send(.POST, "/admin/v1/tokens/revoke", json: target, expecting: 200)
      .decoded(as: RevokedSessions.self, from: "the revocation of sessions")
  }

  /// - Parameter query: By the names of `docs/protocol.md`, `GET /admin/v1/sessions`.
  package func sessions(_ query: [(String, String)]) async throws -> SessionPage {
    let text = FormEncoding.text(query)
    return try await self.send(
      .GET, "/admin/v1/sessions\(text.isEmpty ? "" : "?\(text)")", expecting: 200
    ).decoded(as: SessionPage.self, from: "the list of sessions")
  }

  package func history(ofSession id: String) async throws -> SessionHistory {
    let segment =
      id.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-"])) ?? "-"
    return try await self.send(.GET, "/admin/v1/sessions/\(segment)/history", expecting: 200)
      .decoded(as: SessionHistory.self, from: "the history of a session")
  }
}

/// Of `POST /admin/v1/tokens/expire` and `…/revoke`: the cloud refuses one that is not clear.
package struct TokenTargetRequest: Encodable, Sendable {
  package var sessionId: String?
  package var deviceId: String?
  package var account: String?
  package var client: String?
  package var kind: String?
  package var everyone: Bool?

  package init() {}
}

package struct ExpiredTokens: Codable, Sendable {
  package let scope: String
}

package struct RevokedSessions: Codable, Sendable {
  package let revoked: [String]
}

package struct SessionPage: Codable, Sendable {
  package let sessions: [OperatorSession]
  package let cursor: String?
}

/// SESSION of `docs/protocol.md`, as operators see it.
package struct OperatorSession: Codable, Equatable, Sendable {
  package let id: String
  package let client: String
  package let kind: String
  package let accountId: String
  package let account: String?
  package let deviceId: String?
  package let createdAt: UInt64
  package let rotatedAt: UInt64
  package let generation: UInt64
  package let confirmedGeneration: UInt64
  package let state: String
  package let endedAs: String?
  package let logout: CloudStatus.Logout?
}

package struct SessionHistory: Codable, Sendable {
  package let session: OperatorSession
  package let history: [Entry]

  /// ENTRY of `docs/protocol.md`.
  package struct Entry: Codable, Equatable, Sendable {
    package let number: UInt64
    package let at: UInt64
    package let generation: UInt64
    package let event: String
    package let by: String
    package let address: String?
    package let certificate: String?
    package let endedAs: String?
  }
}
