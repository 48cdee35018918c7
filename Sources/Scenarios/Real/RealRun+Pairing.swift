import CloudCore
import DeviceProtocol
import Simulation

extension RealRun {
  func pair(_ selection: DeviceSelection, _ pairing: Action.Pairing) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for nickname in self.scenario.nicknames(of: selection) {
        group.addTask { try await self.pair(nickname, pairing) }
      }
      try await group.waitForAll()
    }
  }

  private func pair(_ nickname: String, _ pairing: Action.Pairing) async throws {
    let specification = try self.specification(of: nickname)
    let token = try await self.lab.app(of: pairing.owner ?? specification.owner)
      .pairingToken(nickname: nickname, relinkPolicy: specification.relinkPolicy)
    try await self.show(
      try self.network(of: specification), pairing.passphrase, token: token, to: nickname)
    try await self.pairingMayReplaceSession(of: nickname, by: pairing.owner ?? specification.owner)
  }

  func makeToken(name: String, owner: String, relinkPolicy: RelinkPolicy?) async throws {
    self.tokens[name] = (
      owner,
      try await self.lab.app(of: owner).pairingToken(nickname: name, relinkPolicy: relinkPolicy)
    )
  }

  func show(token name: String, to nickname: String, _ pairing: Action.Pairing) async throws {
    guard let (owner, token) = self.tokens[name] else {
      throw LabError(.file, "there is no pairing token called '\(name)'")
    }
    try await self.show(
      try self.network(of: try self.specification(of: nickname)), pairing.passphrase, token: token,
      to: nickname)
    try await self.pairingMayReplaceSession(of: nickname, by: owner)
  }

  func changeNetwork(_ selection: DeviceSelection, to ssid: SSID) async throws {
    for nickname in self.scenario.nicknames(of: selection) {
      let specification = try self.specification(of: nickname)
      let network = try self.network(ssid, ofOwner: specification.owner)
      self.expected.identities[nickname]?.ssid = nil
      try await self.show(network, nil, token: nil, to: nickname)
    }
  }

  /// The owner holds the button.
  func reset(_ selection: DeviceSelection) async throws {
    for nickname in self.scenario.nicknames(of: selection) {
      if try await self.send(.button(heldMilliseconds: 6_000), to: nickname) {
        self.expected.bindingEnds(nickname)
      }
    }
  }

  func remove(_ selection: DeviceSelection) async throws {
    for nickname in self.scenario.nicknames(of: selection) {
      let status = try await self.statuses().first { $0.nickname == nickname }?.status
      guard let owner = status?.accountEmail, let id = status?.id else {
        throw LabError(.unexpectedAnswer, "\(nickname) belongs to nobody who could remove it")
      }
      try await self.lab.app(of: owner).remove(device: id)
      self.expected.bindingEnds(nickname)
    }
  }

  private func show(
    _ network: Scenario.Network, _ passphrase: [UInt8]?, token: OwnerApp.PairingToken?,
    to nickname: String
  ) async throws {
    self.expected.keepSecret(passphrase ?? [])
    let device = try await self.lab.device(nickname)
    self.shown[nickname] = await device.journal.mark
    try await device.show(PairingPayload(network, passphrase: passphrase, token: token))
  }

  /// A new pairing ends the session before it; one for another owner is another binding.
  private func pairingMayReplaceSession(of nickname: String, by owner: String) async throws {
    let status = try? await self.statuses().first { $0.nickname == nickname }?.status
    guard let status, status.accountEmail != nil else { return }
    self.expected.logoutsAllowed[nickname, default: 0] += 1
    guard status.accountEmail != owner else { return }
    self.expected.identities[nickname]?.owner = nil
  }

  private func network(of device: Scenario.DeviceSpecification) throws -> Scenario.Network {
    try self.network(device.network, ofOwner: device.owner)
  }

  private func network(_ ssid: SSID, ofOwner email: String) throws -> Scenario.Network {
    guard let home = self.scenario.home(ofOwner: email),
      let network = self.world.network(ssid, ofHome: home.name)
    else { throw LabError(.file, "the home of \(email) has no network of this name") }
    return network
  }
}
