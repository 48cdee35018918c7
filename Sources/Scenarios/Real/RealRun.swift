import CloudCore
import Foundation
import Simulation

/// One scenario while it is played.
actor RealRun {
  nonisolated let lab: Lab
  nonisolated let scenario: Scenario
  private let tell: @Sendable (LabEvent) -> Void
  private(set) var verdicts: [Verdict] = []
  var world: WorldState
  var marks: [String: Moment] = [:]
  /// Pairing tokens by name, with the owner whose app made them.
  var tokens: [String: (owner: String, token: OwnerApp.PairingToken)] = [:]
  /// Where each device's journal stood when it was shown its last payload.
  var shown: [String: Journal.Mark] = [:]
  var thieves = Thieves()
  var faults: [PlacedFault] = []
  var expected = Expected()
  /// As they were shown last.
  private var shownDevices: [String] = []

  init(
    scenario: Scenario, programs: Programs, workspace: Workspace, seed: UInt64,
    tell: @escaping @Sendable (LabEvent) -> Void
  ) {
    self.scenario = scenario
    self.tell = tell
    self.world = WorldState(scenario)
    self.lab = Lab(
      scenario: scenario, programs: programs, workspace: workspace, seed: seed,
      observer: { tell(.journal(process: $0, $1)) })
    for owner in scenario.owners { self.expected.secrets.insert(owner.password) }
    for network in scenario.homes.flatMap(\.networks) {
      self.expected.keepSecret(network.passphrase)
    }
  }

  /// All of it. Throws what keeps it from being carried on; a claim that does not hold is a verdict.
  func play() async throws {
    try await self.raise()
    for step in self.scenario.steps {
      try Task.checkCancellation()
      do {
        try await self.take(step)
      } catch let error as LabError {
        guard let line = step.line else { throw error }
        throw LabError(error.code, "line \(line): \(error.description)")
      }
    }
    try await self.showDevicesIfChanged()
    try await self.judgeClaims()
    try await self.judgeWhatAlwaysHolds()
  }

  /// The cloud, the owners' accounts, and the devices as they come out of the box.
  private func raise() async throws {
    self.stage(
      "The lab is raised: a cloud, \(self.scenario.owners.count) owners, \(self.scenario.devices.count) devices"
    )
    try await self.lab.startCloud()
    for owner in self.scenario.owners {
      let app = try await self.lab.app(of: owner.email)
      try await app.register(in: owner.region)
      try await app.logIn()
      self.note("\(owner.email) has registered and logged in")
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for device in self.scenario.devices {
        group.addTask { try await self.lab.startDevice(device.nickname) }
      }
      try await group.waitForAll()
    }
  }

  func stage(_ title: String) { self.tell(.stage(title)) }
  func note(_ text: String) { self.tell(.note(text)) }

  func judge(_ verdict: Verdict) {
    self.verdicts.append(verdict)
    self.tell(.verdict(verdict))
  }

  func judge(
    _ claim: String, line: Int? = nil, rule: Int? = nil, holds: Bool,
    else failure: @autoclosure () -> String
  ) {
    self.judge(
      Verdict(line: line, rule: rule, claim: claim, failure: holds ? nil : failure()))
  }

  func specification(of nickname: String) throws(LabError) -> Scenario.DeviceSpecification {
    guard let device = self.scenario.devices.first(where: { $0.nickname == nickname }) else {
      throw LabError(.file, "the scenario has no device \(nickname)")
    }
    return device
  }

  /// What the cloud knows of each device that it knows, in the order of the scenario.
  func statuses() async throws -> [(nickname: String, status: DeviceStatus)] {
    let known = try await self.lab.admin().status().devices
    var statuses: [(nickname: String, status: DeviceStatus)] = []
    for nickname in self.scenario.devices.map(\.nickname) {
      let id = try await self.identity(of: nickname).id
      if let status = known.first(where: { $0.id == id }) { statuses.append((nickname, status)) }
    }
    return statuses
  }

  /// Of manufacture, as the device itself says at each boot.
  func identity(of nickname: String) async throws -> (id: String, serial: String) {
    let journal = try await self.lab.device(nickname).journal
    guard let entry = await journal.entries().first(where: { $0.event == "booted" }),
      let id = entry.text("device_id"), let serial = entry.text("serial")
    else { throw LabError(.unexpectedAnswer, "\(nickname) did not say who it is") }
    return (id, serial)
  }

  /// Shows the table, unless owners, sessions and who is on line are as when it was shown last.
  func showDevicesIfChanged() async throws {
    guard let devices = try? await self.statuses().map(\.status), !devices.isEmpty else { return }
    let seen = devices.map {
      "\($0.id) \($0.accountEmail ?? "") \($0.session) \($0.sessionId ?? "") \($0.online)"
    }
    guard seen != self.shownDevices else { return }
    self.shownDevices = seen
    self.tell(.devices(devices))
  }
}
