import DeviceCore
import DeviceProtocol

/// A device's supply: with power there is a driver with all that it holds in memory, without there
/// is the flash only.
final class Power {
  private let configuration: DeviceConfiguration
  private let flash: FileFlash
  private let identity: Identity
  private let firmware: FirmwareDescription
  private let radio: Radio
  private let journal: Journal
  private var bootCount: UInt64 = 0
  /// Nil without power.
  private(set) var driver: DeviceDriver?

  init(
    configuration: DeviceConfiguration, device: DeviceFlash, firmware: FirmwareDescription,
    radio: Radio, journal: Journal
  ) {
    self.configuration = configuration
    self.flash = device.flash
    self.identity = device.identity
    self.firmware = firmware
    self.radio = radio
    self.journal = journal
  }

  /// Boots from flash; with power nothing changes.
  ///
  /// - Throws: `HostError` when the flash cannot be read or TLS not be set up; power stays off.
  func turnOn() throws(HostError) {
    guard self.driver == nil else { return }
    var storage = try DeviceStorage(mounting: self.flash)
    let context = try TLSContext(
      trusting: self.configuration.authorities.pem,
      authoritiesSource: self.configuration.authorities.source,
      identity: self.identity.certificate)
    let manufacture = self.identity.manufacture(for: self.configuration.cloud)
    try storage.use(cloud: manufacture.cloud)
    let device = Device(
      manufacture: manufacture, firmware: self.firmware, stored: storage.records,
      timing: self.configuration.timing, seed: self.configuration.seed &+ self.bootCount)
    let driver = DeviceDriver(
      device: device, storage: storage, radio: self.radio,
      link: CloudLink(
        origin: self.configuration.cloud, context: context, journal: self.journal),
      journal: self.journal, reportError: self.configuration.reportError)
    self.bootCount += 1
    self.driver = driver
    self.journal.power(.on)
    self.journal.booted(
      manufacture, firmwareVersion: self.firmware.version, state: driver.state,
      world: self.configuration.worldPath)
    driver.handle(.booted)
  }

  /// Power is gone at once; memory and connections with it.
  func cut() {
    guard let driver else { return }
    driver.abort()
    self.driver = nil
    self.journal.power(.cut)
  }

  /// Completes a cut that came in the middle of a store.
  func finishCutDuringStore() {
    if self.driver?.hasLostPower == true { self.cut() }
  }

  /// What the device shows of itself.
  var status: DeviceStatus {
    DeviceStatus(
      state: self.driver?.state.word, model: self.identity.model,
      deviceID: self.identity.deviceID, firmwareVersion: self.firmware.version,
      ssid: self.radio.ssid, pendingMeasurementCount: self.driver?.pendingMeasurementCount,
      worldPath: self.configuration.worldPath)
  }

  var kind: DeviceKind { self.identity.kind }
}
