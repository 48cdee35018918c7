import CloudCore
import DeviceProtocol
import Foundation
package import Simulation

/// Plays the whole story on a lab: pair, rotate, lose a response, cut the power, log everyone out,
/// refuse what is dead, log in and link again; and checks the rules that must always hold.
///
/// It stops at the first thing that does not come in time; a rule that is broken is noted as a failed
/// check, and the story goes on.
package actor Rehearsal {
  package nonisolated let lab: Lab
  let tell: @Sendable (RehearsalEvent) -> Void
  private(set) package var checks: [Check] = []
  /// Measurements and motions that the devices were made to record, by nickname.
  var recorded: [String: Int] = [:]
  /// Where each device's journal stood right before the logout.
  var logoutMarks: [String: Journal.Mark] = [:]
  /// Every token that an app ever held, for the search for secrets.
  var secrets: Set<String> = []

  package init(
    scenario: Scenario, programs: Programs, workspace: Workspace,
    tell: @escaping @Sendable (RehearsalEvent) -> Void
  ) {
    self.tell = tell
    self.lab = Lab(
      scenario: scenario, programs: programs, workspace: workspace,
      observer: { tell(.journal(process: $0, $1)) })
    for owner in scenario.owners { self.secrets.insert(owner.password) }
    for network in scenario.homes.flatMap(\.networks) where !network.passphrase.isEmpty {
      self.secrets.insert(String(decoding: network.passphrase, as: UTF8.self))
    }
  }

  /// The whole story.
  package func run() async throws {
    let catalogue = try FirmwareCatalogue(contentsOf: self.lab.programs.manifest)
    for device in self.scenario.devices { try catalogue.check(device) }
    try await self.raise()
    try await self.pairEverything()
    let identities = try await self.identities()
    try await self.letTokensRotate()
    try await self.stealAToken()
    try await self.cutPowerInARotation()
    try await self.loseAResponse()
    let evidence = try await self.gatherEvidence()
    try await self.logEverybodyOut(evidence)
    try await self.linkAgain()
    try await self.compare(with: identities)
    try await self.searchForSecrets()
  }

  var scenario: Scenario { self.lab.scenario }

  /// The devices whose firmware keeps the previous refresh token, and those that do not.
  func devices(keepingPreviousToken keeps: Bool) throws -> [Scenario.DeviceSpecification] {
    let catalogue = try FirmwareCatalogue(contentsOf: self.lab.programs.manifest)
    return self.scenario.devices.filter { catalogue.keepsPreviousToken($0) == keeps }
  }

  func stage(_ title: String) { self.tell(.stage(title)) }
  func note(_ text: String) { self.tell(.note(text)) }

  func check(_ claim: String, rule: Int? = nil, _ failure: String?) {
    let check = Check(rule: rule, claim: claim, failure: failure)
    self.checks.append(check)
    self.tell(.check(check))
  }

  func check(
    _ claim: String, rule: Int? = nil, holds: Bool, else failure: @autoclosure () -> String
  ) {
    self.check(claim, rule: rule, holds ? nil : failure())
  }

  func status(of nickname: String) async throws -> DeviceStatus {
    let status = try await self.lab.admin().status()
    guard let device = status.devices.first(where: { $0.nickname == nickname }) else {
      throw LabError(.unexpectedAnswer, "the cloud knows no device called \(nickname)")
    }
    return device
  }

  /// Asks the cloud until all devices are as they should be.
  ///
  /// - Returns: The devices as they were last; the caller judges them.
  func devices(
    within limit: Duration = .seconds(10), are condition: (DeviceStatus) -> Bool
  ) async throws -> [DeviceStatus] {
    let clock = ContinuousClock()
    let started = clock.now
    while true {
      let devices = try await self.lab.admin().status().devices
      if devices.allSatisfy(condition) || clock.now - started > limit { return devices }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  func showDevices() async throws {
    let order = self.scenario.devices.map(\.nickname)
    let devices = try await self.lab.admin().status().devices.sorted {
      order.firstIndex(of: $0.nickname) ?? order.count
        < order.firstIndex(of: $1.nickname) ?? order.count
    }
    self.tell(.devices(devices))
  }

  func keepSecrets(of app: OwnerApp) async {
    guard let tokens = await app.heldTokens else { return }
    self.secrets.insert(tokens.accessToken)
    self.secrets.insert(tokens.refreshToken)
  }
}
