import NIOHTTP1

extension AdminClient {
  package func logOut(_ request: LogoutRequest) async throws -> LogoutAnswer {
    try await self.send(.POST, "/admin/v1/logout", json: request, expecting: 200)
      .decoded(as: LogoutAnswer.self, from: "the forced logout")
  }

  /// - Parameter request: With `dryRun`.
  package func reach(_ request: LogoutRequest) async throws -> LogoutReach {
    try await self.send(
      .POST, "/admin/v1/logout", json: request, expecting: 200,
      timeoutSeconds: Self.longTimeoutSeconds
    ).decoded(as: LogoutReach.self, from: "the dry run of a forced logout")
  }

  package enum ListOutcome: Sendable {
    case loggedOut(ListLogoutAnswer)
    /// Nobody was logged out: the entries of these indices name nothing that is known.
    case unknown([Int])
  }

  /// Logs out a list, which may be long.
  package func logOutList(_ request: LogoutRequest) async throws -> ListOutcome {
    struct Refused: Decodable { let unknown: [Int]? }
    let answer = try await self.send(
      .POST, "/admin/v1/logout", json: request, expecting: 200, or: 400,
      timeoutSeconds: Self.longTimeoutSeconds)
    if answer.status == 200 {
      return .loggedOut(
        try answer.decoded(as: ListLogoutAnswer.self, from: "the forced logout of a list"))
    }
    guard let unknown = try? answer.decoded(as: Refused.self, from: "a refusal").unknown else {
      throw self.unexpected(answer, .POST, "/admin/v1/logout")
    }
    return .unknown(unknown)
  }

  /// - Parameter before: Only those before this one; nil: from the newest on.
  package func audit(limit: Int, before: UInt64?) async throws -> AuditPage {
    let query = "limit=\(limit)" + (before.map { "&before=\($0)" } ?? "")
    return try await self.send(.GET, "/admin/v1/audit?\(query)", expecting: 200)
      .decoded(as: AuditPage.self, from: "the audit log")
  }

  package func moveAccount(_ request: MoveAccountRequest) async throws -> MovedAccount {
    try await self.send(.POST, "/admin/v1/accounts/region", json: request, expecting: 200)
      .decoded(as: MovedAccount.self, from: "moving an account")
  }
}

/// LOGOUT of `docs/protocol.md`.
package struct LogoutRequest: Encodable, Sendable {
  package let scope: String
  package var kind: String?
  package var region: String?
  /// Milliseconds since 1970; nil is now.
  package var before: UInt64?
  package var email: String?
  package var deviceId: String?
  package var sessionId: String?
  package var entries: [String]?
  package var skipUnknown: Bool?
  package var dryRun: Bool?
  package var reason: String?

  package init(scope: String, reason: String? = nil) {
    self.scope = scope
    self.reason = reason
  }
}

package struct LogoutAnswer: Codable, Equatable, Sendable {
  package let scope: String
  package let epoch: UInt64
  package let reason: String
  package let before: UInt64?
  package let sessions: UInt64?
}

package struct ListLogoutAnswer: Codable, Equatable, Sendable {
  package let scope: String
  package let loggedOut: Int
  package let sessions: UInt64
  package let unknown: [Int]
  package let reason: String
}

/// REACH of `docs/protocol.md`.
package struct LogoutReach: Codable, Equatable, Sendable {
  package let scope: String
  package let dryRun: Bool
  package let accounts: UInt64
  package let devices: UInt64
  package let sessions: [String: UInt64]
  package let streams: Int
  package let before: UInt64?
  package let unknown: [Int]?
}

package struct AuditPage: Codable, Equatable, Sendable {
  package let entries: [Entry]
  package let next: UInt64?

  /// AUDIT of `docs/protocol.md`.
  package struct Entry: Codable, Equatable, Sendable {
    package let sequence: UInt64
    package let at: UInt64
    package let scope: String
    package let target: String?
    package let epoch: UInt64
    package let before: UInt64?
    package let reason: String
    package let `operator`: String
    package let sessions: UInt64?
  }
}

package struct MoveAccountRequest: Encodable, Sendable {
  package let email: String
  package let region: String
  package let reason: String?

  package init(email: String, region: String, reason: String?) {
    self.email = email
    self.region = region
    self.reason = reason
  }
}

package struct MovedAccount: Codable, Equatable, Sendable {
  package let accountId: String
  package let region: String
  package let formerRegion: String
  package let epoch: UInt64?
}
