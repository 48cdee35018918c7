import CloudCore
import DeviceProtocol
import Simulation

extension Rehearsal {
  /// The cloud, the owners' accounts, and the devices as they come out of the box.
  func raise() async throws {
    self.stage(
      "The lab is raised: a cloud, \(self.scenario.owners.count) owners, \(self.scenario.devices.count) devices"
    )
    try await self.lab.startCloud()
    for owner in self.scenario.owners {
      let app = try await self.lab.app(of: owner.email)
      try await app.register()
      try await app.logIn()
      await self.keepSecrets(of: app)
      self.note("\(owner.email) has registered and logged in")
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for device in self.scenario.devices {
        group.addTask { try await self.lab.startDevice(device.nickname) }
      }
      try await group.waitForAll()
    }
  }

  func pairEverything() async throws {
    self.stage("Each device is paired with its owner's account from a QR payload")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for specification in self.scenario.devices {
        group.addTask {
          let device = try await self.lab.device(specification.nickname)
          let mark = await device.journal.mark
          try await self.lab.pair(specification.nickname)
          try await device.waitUntil("online", since: mark)
        }
      }
      try await group.waitForAll()
    }
    try await self.useEachDevice()
    // The first heartbeat tells the network.
    let devices = try await self.devices { $0.online && $0.ssid != nil }
    try await self.showDevices()
    let catalogue = try FirmwareCatalogue(contentsOf: self.lab.programs.manifest)
    self.check(
      "the cloud knows the traits of each device's firmware",
      holds: devices.allSatisfy {
        $0.firmwareTraits == catalogue.traits(model: $0.model, version: $0.firmwareVersion)
          && $0.firmwareTraits != nil
      }, else: "\(devices.map { "\($0.nickname): \($0.firmwareTraits ?? [])" })")
    for specification in self.scenario.devices {
      let device = devices.first { $0.nickname == specification.nickname }
      self.check(
        "\(specification.nickname) belongs to \(specification.owner) and is on line",
        holds: device?.accountEmail == specification.owner && device?.online == true,
        else: "the cloud says: \(String(describing: device))")
    }
  }

  /// Something happens before each camera, and somebody steps on each scale.
  func useEachDevice() async throws {
    for specification in self.scenario.devices { try await self.use(specification) }
  }

  func use(_ specification: Scenario.DeviceSpecification) async throws {
    let device = try await self.lab.device(specification.nickname)
    if specification.kind == .scale {
      let count = self.recorded[specification.nickname, default: 0]
      _ = try await device.world.send(
        .stepOn(
          grams: 68_400 + count * 100, impedanceOhms: 510,
          profile: .init(heightMillimetres: 1_720, sex: "female", ageYears: 41)))
    } else {
      _ = try await device.world.send(.motion)
    }
    self.recorded[specification.nickname, default: 0] += 1
  }

  /// What must be the same after everything: the devices' ids and owners.
  func identities() async throws -> [String: DeviceIdentity] {
    var identities: [String: DeviceIdentity] = [:]
    for device in try await self.lab.admin().status().devices {
      identities[device.nickname] = DeviceIdentity(
        id: device.id, serial: device.serial, owner: device.accountEmail, ssid: device.ssid)
    }
    return identities
  }
}

struct DeviceIdentity: Equatable, Sendable {
  let id: String
  let serial: String
  let owner: String?
  let ssid: String?
}
