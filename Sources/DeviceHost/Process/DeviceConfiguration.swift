package import DeviceCore
package import DeviceProtocol

/// All that one device process is told at its start.
package struct DeviceConfiguration {
  package var kind: DeviceKind
  package var cloud: CloudOrigin
  package var flashPath: String
  /// The certificates of the authorities that the cloud's is checked against, in PEM, and where
  /// they are from.
  package var authorities: (pem: [UInt8], source: String)
  package var certificateSource: Factory.CertificateSource
  /// Of the world socket; nil for a device that nobody drives.
  package var worldPath: String?
  /// Nil takes the flash's, or the manifest's first of the kind.
  package var model: [UInt8]?
  /// Nil takes the newest.
  package var firmwareVersion: [UInt8]?
  package var manifest: FirmwareManifest
  /// Access points in reach whatever the world says.
  package var networks: [AccessPoint]
  /// Shown to the device at its start.
  package var payload: [UInt8]?
  package var timing: DeviceTiming
  /// Of the device's random numbers; each boot has its own.
  package var seed: UInt64
  /// Takes errors that do not end the process, such as a full disk.
  package var reportError: (HostError) -> Void

  package init(
    kind: DeviceKind, cloud: CloudOrigin, flashPath: String,
    authorities: (pem: [UInt8], source: String), certificateSource: Factory.CertificateSource,
    worldPath: String? = nil, model: [UInt8]? = nil, firmwareVersion: [UInt8]? = nil,
    manifest: FirmwareManifest, networks: [AccessPoint] = [], payload: [UInt8]? = nil,
    timing: DeviceTiming = DeviceTiming(), seed: UInt64,
    reportError: @escaping (HostError) -> Void
  ) {
    self.kind = kind
    self.cloud = cloud
    self.flashPath = flashPath
    self.authorities = authorities
    self.certificateSource = certificateSource
    self.worldPath = worldPath
    self.model = model
    self.firmwareVersion = firmwareVersion
    self.manifest = manifest
    self.networks = networks
    self.payload = payload
    self.timing = timing
    self.seed = seed
    self.reportError = reportError
  }
}
