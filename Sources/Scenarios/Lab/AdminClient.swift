import Foundation
import NIOHTTP1

/// The cloud's operator: speaks to the admin listener (`docs/protocol.md`).
package struct AdminClient: Sendable {
  private let exchange: HTTPExchange
  private let token: String

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

  package func logOut(_ request: LogoutRequest) async throws -> LogoutAnswer {
    try await self.send(.POST, "/admin/v1/logout", json: request, expecting: 200)
      .decoded(as: LogoutAnswer.self, from: "the forced logout")
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

  package func removeFaults() async throws {
    _ = try await self.send(.DELETE, "/admin/v1/faults", expecting: 204)
  }

  func send(
    _ method: HTTPMethod, _ path: String, json: (any Encodable)? = nil, expecting status: Int
  ) async throws -> HTTPExchange.Answer {
    let answer = try await self.exchange.send(method, path, bearer: self.token, json: json)
    guard answer.status == status else {
      let why = answer.refusal.map { $0.errorDescription ?? $0.error } ?? "no reason given"
      throw LabError(
        .unexpectedAnswer, "the cloud's operator asked \(method) \(path): \(answer.status), \(why)")
    }
    return answer
  }
}

package struct LogoutRequest: Encodable, Sendable {
  package let scope: String
  package var kind: String?
  package var email: String?
  package var deviceId: String?
  package var sessionId: String?
  package var reason: String?

  package init(scope: String, reason: String?) {
    self.scope = scope
    self.reason = reason
  }
}

package struct LogoutAnswer: Codable, Equatable, Sendable {
  package let scope: String
  package let epoch: UInt64
  package let reason: String
}

/// FAULT of `docs/protocol.md`.
package struct AdminFault: Codable, Equatable, Sendable {
  package var id: Int?
  package var grant: String
  package var deviceId: String?
  package var accountEmail: String?
  package var phase: String
  package var skip: Int?
  package var count: Int?
  package var fired: Int?

  package init(grant: String, deviceId: String?, phase: String) {
    self.grant = grant
    self.deviceId = deviceId
    self.phase = phase
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

  package struct Logout: Codable, Sendable {
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
