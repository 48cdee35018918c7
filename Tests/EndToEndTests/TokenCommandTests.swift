import Foundation
import Scenarios
import Testing

/// What operators do to tokens and see of sessions, from the command line.
@Suite(.serialized)
struct TokenCommandTests {
  @Test(.timeLimit(.minutes(5)))
  func `tokens are expired, sessions listed, told of and revoked`() async throws {
    try await withLab { lab in
      try await lab.startCloud()
      let app = try await lab.app(of: "ada@example.org")
      try await app.register()
      try await app.logIn()
      let address = try await lab.address()
      let admin = [
        "--admin-port", "\(address.adminPort)", "--admin-token-file", address.adminTokenFile,
      ]
      func json(_ arguments: String...) async throws -> [String: Any] {
        let result = try await CommandTests.relink(arguments + ["--json"] + admin)
        #expect(result.status == 0, "\(result)")
        return try #require(
          try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      }
      func sessions() async throws -> [[String: Any]] {
        let page = try await json("token", "sessions", "--account", "ada@example.org")
        return try #require(page["sessions"] as? [[String: Any]])
      }
      let session = try #require(try await sessions().first)
      #expect(session["state"] as? String == "live")
      #expect(session["account"] as? String == "ada@example.org")
      let id = try #require(session["id"] as? String)

      let expired = try await json("token", "expire", "--kind", "app")
      #expect(expired["scope"] as? String == "kind:app")
      let one = try await CommandTests.relink(["token", "expire", "--session", id] + admin)
      #expect(one.output.contains("session:\(id)"))
      let none = try await CommandTests.relink(
        ["token", "expire", "--client", "typo"] + admin)
      #expect(none.status == 1)
      #expect(none.error.contains("no such client"))

      let revoked = try await json(
        "token", "revoke", "--account", "ada@example.org", "--client", "relink-app")
      #expect(revoked["revoked"] as? [String] == [id])
      #expect(try await sessions().first?["ended_as"] as? String == "revoked")
      let again = try await CommandTests.relink(["token", "revoke", "--session", id] + admin)
      #expect(again.output == "none of these sessions lived\n")

      let history = try await json("token", "history", id)
      let entries = try #require(history["history"] as? [[String: Any]])
      #expect(entries.map { $0["event"] as? String } == ["login", "access_expired", "end"])
      let table = try await CommandTests.relink(["token", "history", id] + admin)
      #expect(table.output.contains("relink-app of ada@example.org: session_ended"))
      #expect(table.output.contains("end: revoked"))
      let list = try await CommandTests.relink(["token", "sessions", "--kind", "app"] + admin)
      #expect(list.output.hasPrefix("SESSION"))
      #expect(list.output.contains("session_ended (revoked)"))
      let unknown = try await CommandTests.relink(["token", "history", "../clock"] + admin)
      #expect(unknown.status == 1)
      #expect(unknown.error.contains("no such session"))
    }
  }
}
