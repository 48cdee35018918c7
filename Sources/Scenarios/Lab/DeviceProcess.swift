package import DeviceProtocol
import Foundation
package import Simulation

/// One device as a process of the lab, with its world socket.
package struct DeviceProcess: Sendable {
  package let specification: Scenario.DeviceSpecification
  package let process: ManagedProcess
  package let world: WorldClient
  package let flashPath: String

  package var name: String { self.specification.nickname }
  package var journal: Journal { self.process.journal }

  /// - Parameter name: Of the process, its flash, log and socket; the nickname, unless two devices
  ///   run from copies of one flash.
  package init(
    _ specification: Scenario.DeviceSpecification, name: String? = nil,
    timing: Scenario.TimingSettings, seed: UInt64? = nil, programs: Programs, workspace: Workspace,
    cloud: CloudProcess.Address,
    observer: @escaping @Sendable (JournalEntry) -> Void = { _ in }
  ) {
    let name = name ?? specification.nickname
    self.specification = specification
    self.flashPath = workspace.flash(name)
    self.world = WorldClient(path: workspace.world(name))
    self.process = ManagedProcess(
      name: name, executable: programs.relinkDevice,
      arguments: [
        "\(specification.kind.text)", "--cloud", cloud.issuer, "--ca", cloud.authority,
        "--development-ca", workspace.developmentCA, "--flash", workspace.flash(name),
        "--world", workspace.world(name), "--model", specification.model,
        "--firmware", specification.firmware, "--manifest", programs.manifest,
        "--heartbeat-seconds", "\(timing.heartbeat.secondsRoundedUp)",
        "--backoff-base-milliseconds", "\(timing.backoffBase.milliseconds)",
        "--backoff-cap-seconds", "\(timing.backoffCap.secondsRoundedUp)", "--exit-with-parent",
      ] + (seed.map { ["--seed", "\($0)"] } ?? []),
      logs: workspace.logs(of: name), journal: Journal(name: name, observer: observer))
  }

  /// Starts it and puts it in its home: the networks of the home are in reach.
  package func start(in home: Scenario.Home) async throws {
    let mark = await self.journal.mark
    try await self.process.start()
    try await self.journal.wait(for: "it to boot", since: mark, within: .seconds(10)) {
      $0.event == "booted"
    }
    try await self.bringIntoReach(of: home)
  }

  /// The networks of the home, and no others, are in reach.
  package func bringIntoReach(of home: Scenario.Home) async throws {
    _ = try await self.world.send(.air(home.networks.map(WorldEvent.Network.init)))
  }

  /// Shows it a payload, as its kind takes one.
  package func show(_ payload: PairingPayload) async throws {
    let text = String(decoding: payload.text, as: UTF8.self)
    if self.specification.kind == .scale {
      _ = try await self.world.send(.button(heldMilliseconds: 100))
      _ = try await self.world.send(.handover(text: text))
    } else {
      _ = try await self.world.send(.lens(text: text))
    }
  }

  package func waitUntil(
    _ state: String, since mark: Journal.Mark, within limit: Duration = .seconds(15)
  ) async throws {
    try await self.journal.wait(for: "the state \(state)", since: mark, within: limit) {
      $0.event == "state" && $0.text("to") == state
    }
  }
}

extension WorldEvent.Network {
  init(_ network: Scenario.Network) {
    let security =
      switch network.security {
      case .open: "open"
      case .wpa2: "wpa2"
      case .sae: "sae"
      case .wep: "wep"
      }
    self.init(
      ssidHex: String(decoding: Hexadecimal.encode(network.ssid.bytes), as: UTF8.self),
      security: security,
      passphrase: network.passphrase.isEmpty
        ? nil : String(decoding: network.passphrase, as: UTF8.self),
      hidden: network.isHidden, signalDBm: network.signalDBm)
  }
}
