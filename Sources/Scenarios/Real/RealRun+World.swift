import DeviceProtocol
import Simulation

extension RealRun {
  /// Something happens before each camera, and somebody steps on each scale.
  func use(_ selection: DeviceSelection, times: Int) async throws {
    for nickname in self.scenario.nicknames(of: selection) {
      for _ in 0..<times { try await self.use(try self.specification(of: nickname)) }
    }
  }

  private func use(_ device: Scenario.DeviceSpecification) async throws {
    let nickname = device.nickname
    let count = self.expected.recorded[nickname, default: 0]
    let event =
      device.kind == .scale
      ? WorldEvent.stepOn(
        grams: 68_400 + count % 200 * 100, impedanceOhms: 510,
        profile: .init(heightMillimetres: 1_720, sex: "female", ageYears: 41))
      : WorldEvent.motion
    guard try await self.send(event, to: nickname) else { return }
    // Before its first pairing a device keeps nothing.
    guard try await self.isPaired(nickname) else {
      self.note("\(nickname) is used before it is anybody's, and keeps nothing")
      return
    }
    let owner = try? await self.statuses().first { $0.nickname == nickname }?.status.accountEmail
    self.expected.record(nickname, for: owner ?? device.owner)
  }

  /// Whether it has been paired since it left the factory, or since its last factory reset.
  private func isPaired(_ nickname: String) async throws -> Bool {
    let entries = try await self.lab.device(nickname).journal.entries()
    let last = entries.last {
      $0.isRequest("pair", outcome: "ok") || $0.event == "state" && $0.text("to") == "factory"
    }
    return last?.event == "request"
  }

  func power(_ target: Action.PowerTarget, isOn: Bool) async throws {
    let nicknames =
      switch target {
      case .devices(let selection): self.scenario.nicknames(of: selection)
      case .home(let home):
        self.scenario.devices.filter { self.scenario.home(ofOwner: $0.owner)?.name == home }
          .map(\.nickname)
      }
    for nickname in nicknames {
      if !isOn { self.memoryIsLost(nickname) }
      _ = try await self.lab.device(nickname).world.send(isOn ? .power : .cutPower)
    }
  }

  func cutPower(_ nickname: String, during point: Action.StorePoint) async throws {
    switch point {
    case .afterByte(let count):
      self.memoryIsLost(nickname)
      guard try await self.send(.cutPowerDuringStore(afterByteCount: count), to: nickname) else {
        return
      }
      self.note("\(nickname)'s power will fail within its next write of credentials to flash")
    case .beforeOperation, .beforeAnyOperation:
      throw LabError(.unsupported, "the real way has no power cut before an operation of the flash")
    }
  }

  /// A camera keeps motions in memory only.
  private func memoryIsLost(_ nickname: String) {
    guard (try? self.specification(of: nickname))?.kind == .camera else { return }
    self.expected.perhapsLost[nickname] = self.expected.recorded[nickname]
  }

  func reach(_ selection: DeviceSelection, isInReach: Bool) async throws {
    let nicknames = self.scenario.nicknames(of: selection)
    for nickname in nicknames {
      let mark = try await self.lab.device(nickname).journal.mark
      let wasOnline = try await self.state(of: nickname) == .online
      self.world.carry(nickname, isInReach: isInReach)
      try await self.showAir(to: nickname)
      // Steps follow each other at once, but a device must have noticed what happened to it.
      if !isInReach, wasOnline {
        try await self.lab.device(nickname).waitUntil("offline", since: mark)
      }
    }
    self.note("\(nicknames.inWords) is \(isInReach ? "back in reach" : "out of reach")")
  }

  func set(_ ssid: SSID, ofHome home: String, to state: Action.NetworkState) async throws {
    self.world.set(ssid, ofHome: home, to: state)
    try await self.showAirToAll()
    self.note("\(String(decoding: ssid.bytes, as: UTF8.self)) in \(home): \(state.words)")
  }

  func replaceRouter(home: String, ssid: SSID, with network: Scenario.Network) async throws {
    guard self.world.replace(ssid, ofHome: home, with: network) else {
      throw LabError(.file, "\(home) has no network of this name")
    }
    self.expected.keepSecret(network.passphrase)
    for device in self.scenario.devices where device.network == ssid {
      self.expected.identities[device.nickname]?.ssid = nil
    }
    try await self.showAirToAll()
    self.note("a new router in \(home): \(String(decoding: network.ssid.bytes, as: UTF8.self))")
  }

  func showAirToAll() async throws {
    for nickname in self.scenario.devices.map(\.nickname) { try await self.showAir(to: nickname) }
  }

  private func showAir(to nickname: String) async throws {
    let home = self.scenario.home(ofOwner: try self.specification(of: nickname).owner)
    _ = try await self.lab.device(nickname).world.send(
      .air(self.world.air(of: nickname, inHome: home?.name ?? "")))
  }

  /// - Returns: False without power, when nothing happens.
  func send(_ event: WorldEvent, to nickname: String) async throws -> Bool {
    do {
      _ = try await self.lab.device(nickname).world.send(event)
      return true
    } catch let error as LabError where error.description.contains("the power is off") {
      self.note("\(nickname) has no power: nothing happens")
      return false
    }
  }

  /// As its journal tells it; nil without power.
  func state(of nickname: String) async throws -> JournalState? {
    let entries = try await self.lab.device(nickname).journal.entries()
    let last = entries.last {
      $0.event == "state" || $0.event == "booted"
        || $0.event == "power" && $0.text("state") == "cut"
    }
    let word =
      switch last?.event {
      case "state": last?.text("to")
      case "booted": last?.text("state")
      default: String?.none
      }
    return word.flatMap { JournalState(Array($0.utf8)) }
  }
}

extension Action.NetworkState {
  fileprivate var words: String {
    switch self {
    case .up: "up"
    case .off: "off"
    case .routerDown: "its router does not answer"
    case .noInternet: "without a way to the cloud"
    }
  }
}
