import Foundation
import NIOHTTP1

/// The cloud's operator: speaks to the admin listener (`docs/protocol.md`).
package struct AdminClient: Sendable {
  let exchange: HTTPExchange
  let token: String

  /// For what may take as long as the cloud's records are many.
  static let longTimeoutSeconds: Int64 = 300

  package init(exchange: HTTPExchange, token: String) {
    self.exchange = exchange
    self.token = token
  }

  package func status(limit: Int = 1_000) async throws -> CloudStatus {
    try await self.send(.GET, "/admin/v1/status?limit=\(limit)", expecting: 200)
      .decoded(as: CloudStatus.self, from: "the cloud's status")
  }

  package func clients() async throws -> [ClientStatus] {
    struct List: Decodable { let clients: [ClientStatus] }
    return try await self.send(.GET, "/admin/v1/clients", expecting: 200)
      .decoded(as: List.self, from: "the list of clients").clients
  }

  package func addFault(_ fault: AdminFault) async throws -> AdminFault {
    try await self.send(.POST, "/admin/v1/faults", json: fault, expecting: 201)
      .decoded(as: AdminFault.self, from: "adding a fault")
  }

  package func faults() async throws -> [AdminFault] {
    struct List: Decodable { let faults: [AdminFault] }
    return try await self.send(.GET, "/admin/v1/faults", expecting: 200)
      .decoded(as: List.self, from: "the list of faults").faults
  }

  /// - Returns: False when there is no such fault.
  package func removeFault(_ id: UInt64) async throws -> Bool {
    try await self.send(.DELETE, "/admin/v1/faults/\(id)", expecting: 204, or: 404).status == 204
  }

  /// From the oldest to the newest, at most `limit` of the newest; of one fault, or of all.
  package func firings(limit: Int, fault: UInt64?) async throws -> [AdminFiring] {
    struct List: Decodable { let firings: [AdminFiring] }
    let query = "limit=\(limit)" + (fault.map { "&fault_id=\($0)" } ?? "")
    return try await self.send(.GET, "/admin/v1/faults/firings?\(query)", expecting: 200)
      .decoded(as: List.self, from: "what faults did").firings
  }

  package func removeFaults() async throws {
    _ = try await self.send(.DELETE, "/admin/v1/faults", expecting: 204)
  }

  /// - Parameter other: Another status that is an answer too.
  func send(
    _ method: HTTPMethod, _ path: String, json: (any Encodable)? = nil, expecting status: Int,
    or other: Int? = nil, timeoutSeconds: Int64 = 15
  ) async throws -> HTTPExchange.Answer {
    let answer = try await self.exchange.send(
      method, path, bearer: self.token, json: json, timeoutSeconds: timeoutSeconds)
    guard answer.status == status || answer.status == other else {
      throw self.unexpected(answer, method, path)
    }
    return answer
  }
}

package struct CloudStatus: Codable, Sendable {
  package let issuer: String
  package let uptimeMs: UInt64
  package let accounts: UInt64
  package let sessions: [String: UInt64]
  package let epochs: Epochs
  package let logouts: [Logout]
  package let devices: [DeviceStatus]
  package let truncated: Bool

  package struct Epochs: Codable, Sendable {
    package let everyone: UInt64
    package let kinds: [String: UInt64]
  }

  package struct Logout: Codable, Equatable, Sendable {
    package let at: UInt64
    package let scope: String
    package let target: String?
    package let reason: String
    package let epoch: UInt64
  }
}

/// A device as the cloud knows it; the last three only the operator is told.
package struct DeviceStatus: Codable, Equatable, Sendable {
  package let id: String
  package let kind: String
  package let model: String
  package let serial: String
  package let nickname: String
  package let firmwareVersion: String
  /// Hexadecimal.
  package let ssid: String?
  package let signalDbm: Int?
  package let uptimeMs: UInt64?
  package let lastSeen: UInt64?
  package let boundAt: UInt64?
  package let online: Bool
  /// `live`, `dead` or `none`.
  package let session: String
  package let relinkPolicy: String
  package let accountEmail: String?
  package let sessionId: String?
  package let generation: UInt64?
  /// Of its firmware; nil when the cloud's manifest does not know it.
  package let firmwareTraits: [String]?
}
