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
      self.addApp(email: owner.email, home: home)
    }
  }

  private mutating func addApp(email: String, home: Int) {
    let index = self.apps.count
    self.apps.append(
      AppNode(
        email: email, home: home, address: RemoteAddress("app-\(index)"),
        random: SeededRandom(seed: self.seed, stream: .app, name: email)))
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
        clockOffset: device.clockOffset.signedMilliseconds, hasChip: true)
    }
    guard let fleet = self.scenario.fleet else { return }
    guard let traits = firmware.traits(model: fleet.model, version: fleet.firmware) else {
      throw WorldError(
        "the fleet runs firmware \(fleet.firmware) of \(fleet.model), which the manifest does not list"
      )
    }
    try self.addFleet(fleet, traits: traits, cloud: cloud, timing: timing)
  }

  private mutating func addFleet(
    _ fleet: Scenario.Fleet, traits: FirmwareTraits, cloud: [UInt8], timing: DeviceTiming
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
    let model = Array(fleet.model.utf8)
    let firmware = FirmwareDescription(version: Array(fleet.firmware.utf8), traits: traits)
    self.devices.reserveCapacity(self.devices.count + fleet.count)
    self.apps.reserveCapacity(self.apps.count + fleet.count)
    for number in 1...max(1, fleet.count) {
      self.addApp(email: "fleet-\(number)@example.org", home: home)
      try self.addDevice(
        nickname: "fleet-\(number)", kind: fleet.kind, model: model, cloud: cloud,
        firmware: firmware, timing: timing, owner: self.apps.count - 1, ssid: ssid,
        home: home, relinkPolicy: fleet.relinkPolicy, clockOffset: 0, hasChip: false)
    }
  }

  private mutating func addDevice(
    nickname: String, kind: DeviceKind, model: [UInt8], cloud: [UInt8],
    firmware: FirmwareDescription, timing: DeviceTiming, owner: Int, ssid: SSID, home: Int? = nil,
    relinkPolicy: RelinkPolicy, clockOffset: Int64, hasChip: Bool
  ) throws(WorldError) {
    let index = self.devices.count
    var identity = SeededRandom(seed: self.seed, stream: .identity, name: nickname)
    let serial = "SIM-\(index + 1)"
    let id = Self.uuid(from: &identity)
    guard
      let certificate = DeviceCertificate(
        commonName: id, serialNumber: serial, thumbprint: randomBytes(32, from: &identity))
    else { throw WorldError("\(nickname) cannot have the id \(id)") }
    let manufacture = Manufacture(
      kind: kind, deviceID: Array(id.utf8), serial: Array(serial.utf8), model: model, cloud: cloud)
    let store = try Self.makeStore(
      hasChip: hasChip, random: SeededRandom(seed: self.seed, stream: .flash, name: nickname))
    self.devices.append(
      DeviceNode(
        specification: DeviceNode.Specification(
          nickname: nickname, kind: kind, manufacture: manufacture, firmware: firmware,
          timing: timing, owner: owner, home: home ?? self.apps[owner].home, ssid: ssid,
          relinkPolicy: relinkPolicy),
        certificate: certificate,
        core: Device(
          manufacture: manufacture, firmware: firmware, stored: [], timing: timing, seed: 0),
        store: store, clockOffset: clockOffset,
        random: SeededRandom(seed: self.seed, stream: .deviceNetwork, name: nickname)))
  }

  private static func makeStore(
    hasChip: Bool, random: SeededRandom
  ) throws(WorldError) -> DeviceStore {
    guard hasChip else { return .list([]) }
    do throws(FlashError) {
      return .chip(try KeyValuePartition(mounting: SimulatedFlash(random: random)))
    } catch {
      throw WorldError("a blank chip cannot be formatted: \(error)")
    }
  }

  /// A random one (RFC 9562 §5.4), lower case with hyphens.
  private static func uuid(from random: inout SeededRandom) -> String {
    var bytes = randomBytes(16, from: &random)
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = Hexadecimal.encode(bytes)
    for index in [8, 13, 18, 23] { text.insert(UInt8(ascii: "-"), at: index) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Power is on, and the owners register and log in; the weather is calm until they have.
  mutating func begin() {
    for index in self.devices.indices { self.boot(index) }
    for index in self.apps.indices {
      self.apps[index].tasks = [.register, .logIn(code: nil)]
      self.advance(app: index)
    }
    self.director.wantsTurn = true
    self.queue.add(.weather, at: 60_000)
  }
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
