import Foundation
import Scenarios
import Testing

/// Clients as a user gives them to the cloud, and sees them.
@Suite(.serialized)
struct ClientsCommandTests {
  @Test(.timeLimit(.minutes(5)))
  func `a cloud takes clients from a file and presets from the command line, and tells them`()
    async throws
  {
    try await withWorkspace { workspace in
      let file = workspace.path + "/clients.json"
      try """
      {"clients":[
        {"id":"relink-app","preset":"okta"},
        {"id":"speaker","kind":"alexa","redirect_uris":["https://layla.test/cb"],
         "rotation":{"idempotent_seconds":60}}
      ]}
      """.write(toFile: file, atomically: true, encoding: .utf8)
      let journal = Journal(name: "cloud")
      let cloud = ManagedProcess(
        name: "cloud", executable: try Programs.beside().relink,
        arguments: [
          "cloud", "--ephemeral", "--port", "0", "--admin-port", "0", "--development-ca",
          workspace.developmentCA, "--clients", file, "--policy", "relink-camera=google",
          "--rotation-window-seconds", "7", "--exit-with-parent",
        ],
        logs: workspace.logs(of: "cloud"), journal: journal)
      try await cloud.start()
      let listening = try await journal.wait(
        for: "the cloud to listen", since: Journal.beginning, within: .seconds(20)
      ) { $0.event == "listening" }
      let admin = [
        "--admin-port", "\(try #require(listening.integer("admin_port")))",
        "--admin-token-file", try #require(listening.text("admin_token_file")),
      ]
      let json = try await CommandTests.relink(["clients", "--json"] + admin)
      let table = try await CommandTests.relink(["clients"] + admin)
      _ = await cloud.stop()
      #expect(json.status == 0, "\(json)")
      let clients = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
      #expect(
        clients.map { $0["id"] as? String }
          == ["relink-app", "relink-camera", "relink-scale", "speaker"])
      #expect(clients.map { $0["preset"] as? String } == ["okta", "google", nil, nil])
      #expect(
        clients.map { $0["rotation"] as? [String: Int] }
          == [["grace_seconds": 30], nil, ["idempotent_seconds": 7], ["idempotent_seconds": 60]])
      for client in clients {
        let constraint = client["sender_constraint"] as? String ?? "none"
        #expect(["bearer", "certificate", "dpop"].contains(constraint))
        #expect(client.keys.contains("idle_seconds"))
        #expect(client.keys.contains("absolute_seconds"))
      }
      #expect(table.status == 0)
      #expect(table.output.contains("SENDER"))
      #expect(table.output.contains("authorization_code"))
      let lines = table.output.split(separator: "\n")
      #expect(lines.count == 5)
      #expect(lines.first?.hasPrefix("CLIENT") == true)
      #expect(lines.last?.contains("idempotent 60 s") == true)
    }
  }

  @Test func `clients that can't be are named, and the cloud does not start`() async throws {
    try await withWorkspace { workspace in
      let file = workspace.path + "/clients.json"
      try #"{"clients":[{"id":"relink-app","preset":"octa"}]}"#
        .write(toFile: file, atomically: true, encoding: .utf8)
      let bad = try await CommandTests.relink([
        "cloud", "--ephemeral", "--port", "0", "--admin-port", "0", "--development-ca",
        workspace.developmentCA, "--clients", file,
      ])
      #expect(bad.status == 1)
      #expect(
        bad.error.contains("cannot read the clients file \(file): member 'clients[0].preset'"))
      let unknown = try await CommandTests.relink([
        "cloud", "--ephemeral", "--port", "0", "--admin-port", "0", "--development-ca",
        workspace.developmentCA, "--policy", "kettle=okta",
      ])
      #expect(unknown.status == 1)
      #expect(unknown.error.contains("there is no client 'kettle'"))
    }
  }
}
