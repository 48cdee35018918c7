import Foundation
import Scenarios
import Subprocess
import Testing

/// Commands of an owner against a cloud without TLS, on a machine that has no CA.
struct PlainCloudCommandTests {
  @Test(.timeLimit(.minutes(5)))
  func `an owner speaks to a cloud with plain HTTP without any authority`() async throws {
    try await withWorkspace { workspace in
      let journal = Journal(name: "cloud")
      let cloud = ManagedProcess(
        name: "cloud", executable: try Programs.beside().relink,
        arguments: [
          "cloud", "--plain-http", "--ephemeral", "--port", "0", "--admin-port", "0",
          "--exit-with-parent",
        ],
        logs: workspace.logs(of: "cloud"), journal: journal)
      try await cloud.start()
      let listening = try await journal.wait(
        for: "the cloud to listen", since: Journal.beginning, within: .seconds(20)
      ) { $0.event == "listening" }
      let origin = try #require(listening.text("issuer"))
      #expect(origin.hasPrefix("http://"))
      // The default place of the development CA is there, and it is empty.
      func relink(
        _ arguments: [String]
      ) async throws -> (status: Int32, output: String, error: String) {
        try await CommandTests.relink(
          arguments + ["--email", "ada@example.org", "--cloud", origin],
          environment: [
            "RELINK_PASSWORD": "analytical-engine-1843", "XDG_DATA_HOME": workspace.path + "/none",
          ])
      }
      let registration = try await relink(["account", "register"])
      let account = try await relink(["account", "show", "--json"])
      let payload = try await relink(["payload", "--ssid", "Home", "--passphrase", "secret12"])
      let missing = workspace.path + "/missing.pem"
      let named = try await relink(["account", "show", "--ca", missing])
      _ = await cloud.stop()
      #expect(registration.status == 0, "\(registration)")
      #expect(account.status == 0, "\(account)")
      #expect(account.output.contains("ada@example.org"))
      #expect(payload.status == 0, "\(payload)")
      #expect(payload.output.hasPrefix("WIFI:"))
      #expect(named.status == 1)
      #expect(named.error.contains(missing), "\(named)")
    }
  }
}
