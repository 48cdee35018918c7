import AsyncHTTPClient
import CloudCore
import Foundation
package import Simulation

/// The mock cloud as a process of the lab.
package actor CloudProcess {
  package nonisolated let process: ManagedProcess
  private let programs: Programs
  private let workspace: Workspace
  private let settings: Scenario.CloudSettings
  private(set) package var address: Address?

  /// Where the cloud listens, as it said itself.
  package struct Address: Sendable {
    package let issuer: String
    package let port: Int
    package let adminPort: Int
    package let authority: String
    package let adminTokenFile: String
  }

  package init(
    programs: Programs, workspace: Workspace, settings: Scenario.CloudSettings,
    ports: (public: Int, admin: Int) = (0, 0),
    journal: Journal
  ) {
    self.programs = programs
    self.workspace = workspace
    self.settings = settings
    self.process = ManagedProcess(
      name: "cloud", executable: programs.relink,
      arguments: [
        "cloud", "--port", "\(ports.public)", "--admin-port", "\(ports.admin)",
        "--data", workspace.cloudData, "--development-ca", workspace.developmentCA,
        "--access-token-seconds", "\(settings.accessTokenLifetime.secondsRoundedUp)",
        "--rotation-window-seconds", "\(settings.rotationWindow.secondsRoundedUp)",
        "--relink-interval-seconds", "\(settings.relinkInterval.secondsRoundedUp)",
        "--pairing-token-seconds", "\(settings.pairingTokenLifetime.secondsRoundedUp)",
        "--binding", settings.binding.rawValue, "--exit-with-parent",
      ]
        + (settings.policies == Scenario.ClientPolicies()
          ? [] : ["--clients", workspace.cloudClients]),
      logs: workspace.logs(of: "cloud"), journal: journal)
  }

  /// Returns once it listens.
  package func start() async throws -> Address {
    try ClientsFile(self.settings.policies)?.write(to: self.workspace.cloudClients)
    let mark = await self.process.journal.mark
    try await self.process.start()
    let entry = try await self.process.journal.wait(
      for: "the cloud to listen (its log is \(self.workspace.logs(of: "cloud").standardError))",
      since: mark,
      within: .seconds(20)
    ) { $0.event == "listening" }
    guard let issuer = entry.text("issuer"), let port = entry.integer("port"),
      let adminPort = entry.integer("admin_port"), let authority = entry.text("ca"),
      let adminTokenFile = entry.text("admin_token_file")
    else {
      throw LabError(.unexpectedAnswer, "the cloud did not say where it listens: \(entry.line)")
    }
    let address = Address(
      issuer: issuer, port: Int(port), adminPort: Int(adminPort), authority: authority,
      adminTokenFile: adminTokenFile)
    self.address = address
    return address
  }
}
