import Foundation
import NIOHTTP1

extension AdminClient {
  /// - Parameter name: Of letters, digits, `.`, `_` and `-`; the cloud refuses others.
  package func saveSnapshot(_ name: String) async throws -> SnapshotEntry {
    let path = Self.path(of: name)
    let answer = try await self.exchange.send(
      .PUT, path, bearer: self.token, timeoutSeconds: Self.longTimeoutSeconds)
    guard [200, 201].contains(answer.status) else { throw self.unexpected(answer, .PUT, path) }
    return try answer.decoded(as: SnapshotEntry.self, from: "saving a snapshot")
  }

  /// - Parameters:
  ///   - epochs: `kept` or `as_saved`.
  ///   - clock: Likewise.
  package func restoreSnapshot(
    _ name: String, epochs: String, clock: String
  ) async throws -> SnapshotEntry {
    try await self.send(
      .POST, Self.path(of: name) + "/restore", json: ["epochs": epochs, "clock": clock],
      expecting: 200, timeoutSeconds: Self.longTimeoutSeconds
    ).decoded(as: SnapshotEntry.self, from: "restoring a snapshot")
  }

  package func snapshots() async throws -> SnapshotEntries {
    try await self.send(.GET, "/admin/v1/snapshots", expecting: 200)
      .decoded(as: SnapshotEntries.self, from: "the list of snapshots")
  }

  package func deleteSnapshot(_ name: String) async throws {
    _ = try await self.send(.DELETE, Self.path(of: name), expecting: 204)
  }

  private static func path(of name: String) -> String {
    "/admin/v1/snapshots/"
      + (name.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", ".", "_"]))
        ?? "-")
  }
}

/// What is saved, by name.
package struct SnapshotEntries: Decodable {
  package struct Damaged: Decodable {
    package let name: String
    package let detail: String
  }

  package let snapshots: [SnapshotEntry]
  /// Nil when there are none.
  package let damaged: [Damaged]?
}

/// SNAPSHOT of `docs/protocol.md`.
package struct SnapshotEntry: Codable, Equatable, Sendable {
  package let name: String
  /// By the cloud's clock.
  package let at: UInt64
  /// By the machine's.
  package let savedAt: UInt64
  package let bytes: UInt64
}
