import AsyncHTTPClient
import DeviceProtocol
import Foundation
import NIOHTTP1
package import Simulation

/// A scenario's cloud, devices and owners, running: each device and the cloud is its own process.
package actor Lab {
  package nonisolated let scenario: Scenario
  package nonisolated let programs: Programs
  package nonisolated let workspace: Workspace
  /// Told of each line of each process's journal, with the process's name.
  private nonisolated let observer: @Sendable (String, JournalEntry) -> Void
  /// Of the devices' random numbers; nil for others at each start.
  private nonisolated let seed: UInt64?
  private nonisolated let cloudJournal: Journal
  private var cloud: CloudProcess
  /// By the authority that they trust; the admin listener's by the empty text.
  private var clients: [String: HTTPClient] = [:]
  private var devicesByName: [String: DeviceProcess] = [:]
  private var ownersByEmail: [String: OwnerApp] = [:]

  package init(
    scenario: Scenario, programs: Programs, workspace: Workspace, seed: UInt64? = nil,
    observer: @escaping @Sendable (String, JournalEntry) -> Void = { _, _ in }
  ) {
    self.scenario = scenario
    self.programs = programs
    self.workspace = workspace
    self.observer = observer
    self.seed = seed
    self.cloudJournal = Journal(name: "cloud", observer: { observer("cloud", $0) })
    self.cloud = CloudProcess(
      programs: programs, workspace: workspace, settings: scenario.cloud,
      journal: self.cloudJournal)
  }

  package func startCloud() async throws {
    _ = try await self.cloud.start()
  }

  /// Kills the cloud and starts it again on the same ports and data.
  package func killAndRestartCloud() async throws {
    await self.cloud.process.kill()
    try await self.startCloudAgain()
  }

  /// Ends the cloud in order; it does not come back by itself.
  package func stopCloud() async { await self.cloud.process.stop() }

  /// Starts a cloud that has ended, on the same ports and data; one that runs goes on.
  package func startCloudAgain() async throws {
    guard await self.cloud.process.processID == nil else { return }
    let address = try await self.address()
    self.cloud = CloudProcess(
      programs: self.programs, workspace: self.workspace, settings: self.scenario.cloud,
      ports: (address.port, address.adminPort), journal: self.cloudJournal)
    _ = try await self.cloud.start()
  }

  /// Keeps a copy of the cloud's data, in the place of an earlier one. The cloud ends and starts
  /// again for it, so that the files are whole.
  package func backUpCloud() async throws {
    await self.stopCloud()
    try Self.copy(self.workspace.cloudData, to: self.workspace.cloudBackup)
    try await self.startCloudAgain()
  }

  /// Puts the copy in the place of the cloud's data, and starts the cloud.
  package func restoreCloud() async throws {
    await self.stopCloud()
    try Self.copy(self.workspace.cloudBackup, to: self.workspace.cloudData)
    try await self.startCloudAgain()
  }

  private static func copy(_ source: String, to target: String) throws(LabError) {
    do {
      if FileManager.default.fileExists(atPath: target) {
        try FileManager.default.removeItem(atPath: target)
      }
      try FileManager.default.copyItem(atPath: source, toPath: target)
    } catch {
      throw LabError(.file, "copying \(source) to \(target): \(PlainError.text(of: error))")
    }
  }

  package func address() async throws -> CloudProcess.Address {
    guard let address = await self.cloud.address else {
      throw LabError(.notStarted, "the lab's cloud has not been started")
    }
    return address
  }

  /// Of the cloud; nil while it does not run.
  package func cloudProcessID() async -> Int32? { await self.cloud.process.processID }

  /// Asks the public listener for its health.
  package func checkHealth() async throws {
    let address = try await self.address()
    let answer = try await HTTPExchange(
      client: self.client(trusting: address.authority), origin: address.issuer
    ).send(.GET, "/health")
    guard answer.status == 200 else {
      throw LabError(.unexpectedAnswer, "the cloud's health was answered \(answer.status)")
    }
  }

  package func admin() async throws -> AdminClient {
    let address = try await self.address()
    return try AdminClient(
      exchange: HTTPExchange(
        client: self.client(trusting: nil), origin: "http://127.0.0.1:\(address.adminPort)"),
      tokenFile: address.adminTokenFile)
  }

  /// The app of an owner of the scenario; the same one each time.
  package func app(of email: String) async throws -> OwnerApp {
    if let app = self.ownersByEmail[email] { return app }
    let app = try await self.newApp(of: email)
    self.ownersByEmail[email] = app
    return app
  }

  /// One more app of the owner, as on a second phone.
  package func newApp(of email: String) async throws -> OwnerApp {
    guard let owner = self.scenario.owners.first(where: { $0.email == email }) else {
      throw LabError(.file, "the scenario has no owner \(email)")
    }
    let address = try await self.address()
    return OwnerApp(
      email: email, password: owner.password,
      exchange: HTTPExchange(
        client: try self.client(trusting: address.authority), origin: address.issuer))
  }

  /// Starts a device of the scenario, in its owner's home.
  @discardableResult
  package func startDevice(_ nickname: String) async throws -> DeviceProcess {
    guard let specification = self.scenario.devices.first(where: { $0.nickname == nickname }),
      let home = self.scenario.home(ofOwner: specification.owner)
    else { throw LabError(.file, "the scenario has no device \(nickname)") }
    let device: DeviceProcess
    if let known = self.devicesByName[nickname] {
      device = known
    } else {
      device = try await self.makeDevice(specification, name: nickname)
    }
    try await device.start(in: home)
    return device
  }

  /// Copies the flash of a device, as a thief who has it in the hands for a moment would.
  ///
  /// - Returns: The path of the copy.
  package func copyFlash(of nickname: String, as name: String) throws -> String {
    let copy = self.workspace.flashes + "/\(name).stolen"
    try Self.copy(try self.device(nickname).flashPath, to: copy)
    return copy
  }

  /// Starts a second device from a copy of another's flash. It must have ended before the next one
  /// of the same device is started.
  package func startClone(of nickname: String, flashCopy: String) async throws -> DeviceProcess {
    let original = try self.device(nickname)
    let name = Self.cloneName(of: nickname)
    try Self.copy(flashCopy, to: self.workspace.flash(name))
    let clone = try await self.makeDevice(original.specification, name: name)
    guard let home = self.scenario.home(ofOwner: original.specification.owner) else {
      throw LabError(.file, "the scenario has no home for \(nickname)")
    }
    try await clone.start(in: home)
    return clone
  }

  /// No nickname has a '~'.
  package static func cloneName(of nickname: String) -> String { "\(nickname)~copy" }

  package func device(_ nickname: String) throws -> DeviceProcess {
    guard let device = self.devicesByName[nickname] else {
      throw LabError(.notStarted, "\(nickname) has not been started")
    }
    return device
  }

  /// The device's owner's app asks for a pairing token and shows it as a payload.
  package func pair(_ nickname: String) async throws {
    let device = try self.device(nickname)
    let specification = device.specification
    guard let network = self.scenario.network(of: specification) else {
      throw LabError(.file, "the scenario has no network for \(nickname)")
    }
    let token = try await self.app(of: specification.owner)
      .pairingToken(nickname: nickname, relinkPolicy: specification.relinkPolicy)
    try await device.show(PairingPayload(network, token: token))
  }

  /// Of all processes that there have been.
  package func journalLineCount() async -> Int {
    var count = await self.cloudJournal.entries().count
    for device in self.devicesByName.values { count += await device.journal.entries().count }
    return count
  }

  /// Stops every process and client; the workspace stays.
  package func stop() async {
    for name in self.devicesByName.keys.sorted() {
      await self.devicesByName[name]?.process.stop()
    }
    for client in self.clients.values { try? await client.shutdown() }
    self.clients = [:]
    await self.cloud.process.stop()
  }

  private func makeDevice(
    _ specification: Scenario.DeviceSpecification, name: String
  ) async throws -> DeviceProcess {
    let observer = self.observer
    let index = self.scenario.devices.firstIndex(of: specification) ?? 0
    let device = DeviceProcess(
      specification, name: name, timing: self.scenario.timing,
      seed: self.seed.map { $0 &+ UInt64(index) },
      programs: self.programs, workspace: self.workspace, cloud: try await self.address(),
      observer: { observer(name, $0) })
    self.devicesByName[name] = device
    return device
  }

  private func client(trusting authority: String?) throws -> HTTPClient {
    if let client = self.clients[authority ?? ""] { return client }
    let client = try HTTPExchange.client(trusting: authority)
    self.clients[authority ?? ""] = client
    return client
  }
}

extension AdminClient {
  /// - Parameter tokenFile: Holds the admin token, on one line.
  package init(exchange: HTTPExchange, tokenFile: String) throws(LabError) {
    guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
      throw LabError(
        .file,
        "the admin token file \(tokenFile) can't be read; is the cloud running, as this user?"
      )
    }
    self.init(
      exchange: exchange, token: text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}

extension PairingPayload {
  /// - Parameters:
  ///   - passphrase: Nil for the network's.
  ///   - token: Nil for a payload that only changes the network.
  init(
    _ network: Scenario.Network, passphrase: [UInt8]? = nil, token: OwnerApp.PairingToken?
  ) {
    self.init(
      wifi: WiFiCredentials(
        ssid: network.ssid, security: network.security,
        passphrase: passphrase ?? network.passphrase, isHidden: network.isHidden),
      pairing: token.map {
        Pairing(cloud: Array($0.cloud.utf8), token: Array($0.pairingToken.utf8))
      })
  }
}
