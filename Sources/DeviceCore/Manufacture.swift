package import DeviceProtocol

/// What the factory gave a device; the private key stays with the host.
package struct Manufacture: Equatable, Sendable {
  package let kind: DeviceKind
  /// UUID, lower case with hyphens: the device's id.
  package let deviceID: [UInt8]
  package let serial: [UInt8]
  package let model: [UInt8]
  /// Origin of the cloud, such as `https://127.0.0.1:8443`; payloads for another one are refused.
  package let cloud: [UInt8]

  package init(kind: DeviceKind, deviceID: [UInt8], serial: [UInt8], model: [UInt8], cloud: [UInt8])
  {
    self.kind = kind
    self.deviceID = deviceID
    self.serial = serial
    self.model = model
    self.cloud = cloud
  }
}

/// The running firmware: its version and what it does differently.
package struct FirmwareDescription: Equatable, Sendable {
  package let version: [UInt8]
  package let traits: FirmwareTraits

  package init(version: [UInt8], traits: FirmwareTraits) {
    self.version = version
    self.traits = traits
  }
}

/// The constants of a device's waiting; milliseconds.
package struct DeviceTiming: Equatable, Sendable {
  /// Base and cap of the backoff; `BackoffPolicy` says how a firmware waits between them.
  package var backoffBaseMilliseconds: UInt32 = 1_000
  package var backoffCapMilliseconds: UInt32 = 300_000
  package var heartbeatMilliseconds: UInt32 = 30_000
  /// A connection that lasted this long resets the backoff.
  package var stableMilliseconds: UInt32 = 60_000
  package init() {}
}

/// What does not change while a device runs; devices that are alike may share it.
package final class DeviceConstants: Sendable {
  package let manufacture: Manufacture
  package let firmware: FirmwareDescription
  package let timing: DeviceTiming

  package init(manufacture: Manufacture, firmware: FirmwareDescription, timing: DeviceTiming) {
    self.manufacture = manufacture
    self.firmware = firmware
    self.timing = timing
  }
}
