import CloudCore
import DeviceCore
import DeviceProtocol

// Who is there when a run begins.

extension World {
  static let cloudOrigin = "https://cloud.relink.test"

  mutating func addOwners() throws(WorldError) {
    for owner in self.scenario.owners {
      guard let home = self.homes.firstIndex(where: { $0.name == owner.home }) else {
        throw WorldError("\(owner.email) lives in \(owner.home), which is no home of the scenario")
      }
      self.apps.append(
        AppNode(
          email: owner.email, home: home,
          random: SeededRandom(seed: self.seed, stream: .app, name: owner.email)))
    }
  }

  mutating func addDevices(_ firmware: FirmwareTable) throws(WorldError) {
    let cloud = Array(Self.cloudOrigin.utf8)
    let timing = self.scenario.timing.deviceTiming
    for device in self.scenario.devices {
      guard let owner = self.apps.firstIndex(where: { $0.email == device.owner }) else {
        throw WorldError("\(device.nickname) belongs to \(device.owner), who is no owner")
      }
      guard let traits = firmware.traits(model: device.model, version: device.firmware) else {
        throw WorldError(
          "\(device.nickname) runs firmware \(device.firmware) of \(device.model), which the manifest does not list"
        )
      }
      try self.addDevice(
        nickname: device.nickname, kind: device.kind,
        model: Array(device.model.utf8), cloud: cloud,
        firmware: FirmwareDescription(version: Array(device.firmware.utf8), traits: traits),
        timing: timing, owner: owner, ssid: device.network, relinkPolicy: device.relinkPolicy,
        clockOffset: device.clockOffset.signedMilliseconds)
    }
    guard let fleet = self.scenario.fleet else { return }
    try self.addFleet(fleet, firmware, cloud: cloud, timing: timing)
  }

  private mutating func addFleet(
    _ fleet: Scenario.Fleet, _ table: FirmwareTable, cloud: [UInt8], timing: DeviceTiming
  ) throws(WorldError) {
    guard let ssid = SSID(Array("fleet".utf8)) else { return }
    let home = self.homes.count
    self.homes.append(
      HomeState(
        Scenario.Home(
          name: "fleet",
          networks: [
            Scenario.Network(
              ssid: ssid, security: .wpa2, passphrase: Array("a passphrase of the fleet".utf8))
          ])))
    self.devices.reserveCapacity(self.devices.count + fleet.count + fleet.scales)
    self.apps.reserveCapacity(self.apps.count + fleet.count + fleet.alexaLinks)
    let firstOwner = self.apps.count
    for number in 1...max(1, fleet.count) {
      self.apps.append(
        AppNode(fleetNumber: number, kind: .app, home: home, random: self.appRandom))
    }
    func constants(
      _ kind: DeviceKind, _ model: String, _ version: String
    ) throws(WorldError) -> DeviceConstants {
      guard let traits = table.traits(model: model, version: version) else {
        throw WorldError(
          "the fleet runs firmware \(version) of \(model), which the manifest does not list")
      }
      return DeviceConstants(
        manufacture: Manufacture(
          kind: kind, deviceID: [], serial: [], model: Array(model.utf8), cloud: cloud),
        firmware: FirmwareDescription(version: Array(version.utf8), traits: traits),
        timing: timing)
    }
    self.addAlike(
      fleet.count, "fleet-", try constants(fleet.kind, fleet.model, fleet.firmware), of: fleet,
      home: home, ssid: ssid,
      firstOwner: firstOwner)
    guard fleet.scales > 0 else { return self.addLinks(fleet, home: home) }
    self.addAlike(
      fleet.scales, "fleet-scale-", try constants(.scale, "scale-1", "1.0.0"), of: fleet,
      home: home,
      ssid: ssid, firstOwner: firstOwner)
    self.addLinks(fleet, home: home)
  }

  private mutating func addAlike(
    _ count: Int, _ nickname: String, _ constants: DeviceConstants, of fleet: Scenario.Fleet,
    home: Int, ssid: SSID, firstOwner: Int
  ) {
    let common = DeviceNode.Common(
      nickname: nickname, constants: constants, home: home, ssid: ssid,
      relinkPolicy: fleet.relinkPolicy,
      identities: .many(seed: self.seed, first: self.devices.count))
    for number in 1...max(1, count) {
      var node = DeviceNode(
        specification: DeviceNode.Specification(
          common, number: number, owner: firstOwner + number - 1),
        core: Device(constants, stored: [], seed: 0), store: .list(PackedRecords()),
        clockOffset: 0,
        random: SeededRandom(seed: self.seed, stream: .deviceNetwork, index: self.devices.count))
      node.seen.isForRules = self.rules.isOn
      self.devices.append(node)
    }
  }

  private mutating func addLinks(_ fleet: Scenario.Fleet, home: Int) {
    for number in 0..<fleet.alexaLinks {
      self.apps.append(
        AppNode(fleetNumber: number + 1, kind: .alexa, home: home, random: self.appRandom))
    }
  }

  /// Of the app that is added next.
  private var appRandom: SeededRandom {
    SeededRandom(seed: self.seed, stream: .app, index: self.apps.count)
  }

  private mutating func addDevice(
    nickname: String, kind: DeviceKind, model: [UInt8], cloud: [UInt8],
    firmware: FirmwareDescription, timing: DeviceTiming, owner: Int, ssid: SSID,
    relinkPolicy: RelinkPolicy, clockOffset: Int64
  ) throws(WorldError) {
    let index = self.devices.count
    let certificate = DeviceNode.Identities.certificate(
      SeededRandom(seed: self.seed, stream: .identity, name: nickname), index: index)
    let manufacture = Manufacture(
      kind: kind, deviceID: Array(certificate.deviceID.text.utf8),
      serial: Array(certificate.serial.utf8), model: model, cloud: cloud)
    let constants = DeviceConstants(manufacture: manufacture, firmware: firmware, timing: timing)
    let common = DeviceNode.Common(
      nickname: nickname, constants: constants, home: self.apps[owner].home, ssid: ssid,
      relinkPolicy: relinkPolicy, identities: .one(certificate))
    self.devices.append(
      DeviceNode(
        specification: DeviceNode.Specification(common, owner: owner),
        core: Device(constants, stored: [], seed: 0),
        store: try Self.makeStore(
          random: SeededRandom(seed: self.seed, stream: .flash, name: nickname)),
        clockOffset: clockOffset,
        random: SeededRandom(seed: self.seed, stream: .deviceNetwork, name: nickname)))
  }

  private static func makeStore(
    random: SeededRandom
  ) throws(WorldError) -> DeviceStore {
    do throws(FlashError) {
      return .chip(try KeyValuePartition(mounting: SimulatedFlash(random: random)))
    } catch {
      throw WorldError("a blank chip cannot be formatted: \(error)")
    }
  }

  /// Power is on, and the owners register and log in; the weather is calm until they have.
  package mutating func begin() {
    self.owners.mark(at: 0)
    if let fleet = self.scenario.fleet, fleet.isPaired {
      let sessionCount = 2 * fleet.count + fleet.scales + fleet.alexaLinks
      // Where owners are to come back, each has new sessions then.
      self.cloud.store.reserve(
        accounts: fleet.count, sessions: (fleet.ownersReturn == nil ? 1 : 2) * sessionCount,
        devices: fleet.count + fleet.scales)
      self.pairFleet()
    }
    for index in self.devices.indices { self.boot(index) }
    for index in self.apps.indices where !self.apps[index].isLink && self.apps[index].tokens == nil
    {
      self.apps[index].tasks = [.register, .logIn(code: nil)]
      self.advance(app: index)
    }
    self.director.wantsTurn = true
    self.queue.add(.director(ticket: 0), at: Self.longestBeginningMilliseconds)
  }

  /// Whoever cannot log in for so long at the beginning never will.
  static var longestBeginningMilliseconds: UInt64 { 3_600_000 }
}

extension Scenario.TimingSettings {
  var deviceTiming: DeviceTiming {
    var timing = DeviceTiming()
    timing.heartbeatMilliseconds = UInt32(clamping: self.heartbeat.wholeMilliseconds)
    timing.backoffBaseMilliseconds = UInt32(clamping: self.backoffBase.wholeMilliseconds)
    timing.backoffCapMilliseconds = UInt32(clamping: self.backoffCap.wholeMilliseconds)
    return timing
  }
}
