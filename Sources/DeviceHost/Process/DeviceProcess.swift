import DeviceCore
import DeviceProtocol
import Glibc

/// One device as a process: a single thread that waits for the cloud, the world, the clock and
/// signals, and lets the machine answer.
package final class DeviceProcess {
  private let power: Power
  private let world: World
  private let socket: WorldSocket?
  private let payload: [UInt8]?
  private let signals: TerminationSignals

  /// Takes the flash, makes the device if there is none, and listens for the world. Once a process.
  ///
  /// - Throws: `HostError` saying what cannot be used.
  package init(_ configuration: DeviceConfiguration, journal: Journal) throws(HostError) {
    self.signals = try TerminationSignals()
    journal.giveUp(onceReadable: self.signals.descriptor)
    // What is wrong is said before a device is made of it.
    self.socket = if let path = configuration.worldPath { try WorldSocket(path: path) } else { nil }
    if access(configuration.flashPath, F_OK) != 0 {
      let model =
        if let model = configuration.model { model } else {
          try configuration.manifest.firstModel(of: configuration.kind)
        }
      try configuration.manifest.check(model: model, isA: configuration.kind)
      _ = try configuration.manifest.firmware(of: model, version: configuration.firmwareVersion)
    }
    let device = try DeviceFlash(
      at: configuration.flashPath, kind: configuration.kind, model: configuration.model,
      manifest: configuration.manifest,
      factory: Factory(certificateSource: configuration.certificateSource))
    let firmware = try configuration.manifest.firmware(
      of: device.identity.model, version: configuration.firmwareVersion)
    let radio = Radio(always: configuration.networks)
    self.power = Power(
      configuration: configuration, device: device, firmware: firmware, radio: radio,
      journal: journal)
    self.world = World(power: self.power, radio: radio)
    self.payload = configuration.payload
  }

  /// Boots the device and lets it live until a signal ends it.
  ///
  /// - Returns: The number of the signal.
  package func run() throws(HostError) -> CInt {
    try self.power.turnOn()
    self.showPayload()
    while true {
      self.power.finishCutDuringStore()
      var pollSet = PollSet()
      pollSet.add(self.signals.descriptor, POLLIN)
      self.socket?.add(to: &pollSet)
      self.power.driver?.add(to: &pollSet)
      try pollSet.wait(timeoutMilliseconds: self.timeoutMilliseconds)
      if let number = self.signals.next() {
        self.power.driver?.close()
        return number
      }
      self.power.driver?.advance(now: Clock.now)
      self.socket?.advance(pollSet) { self.world.answer($0) }
    }
  }

  private var timeoutMilliseconds: CInt {
    guard let driver = self.power.driver else { return -1 }
    if driver.wantsTurn { return 0 }
    return driver.deadline?.millisecondsFrom(Clock.now) ?? -1
  }

  /// Hands the device the payload that it was started with.
  private func showPayload() {
    guard let payload, let driver = self.power.driver else { return }
    switch self.power.kind {
    case .camera:
      driver.handle(.lens(text: payload))
    case .scale:
      driver.handle(.button(heldMilliseconds: 100))
      driver.handle(.handover(text: payload))
    }
  }
}
