package import DeviceProtocol

/// What a scenario file describes: the homes with their Wi-Fi, the owners, the devices, and the
/// settings of the cloud. See `docs/scenarios.md`.
package struct Scenario: Equatable, Sendable {
  package let name: String
  package let cloud: CloudSettings
  package let homes: [Home]
  package let owners: [Owner]
  package let devices: [DeviceSpecification]

  package struct CloudSettings: Equatable, Sendable {
    package var accessTokenLifetime: Duration = .seconds(3_600)
    package var rotationWindow: Duration = .seconds(600)
    package var relinkInterval: Duration = .seconds(5)
    /// `strong`, `medium` or `weak`.
    package var binding: String = "strong"
  }

  package struct Home: Equatable, Sendable {
    package let name: String
    package let networks: [Network]
  }

  package struct Network: Equatable, Sendable {
    package let ssid: SSID
    package let security: WiFiSecurity
    package let passphrase: [UInt8]
    package let isHidden: Bool
    package let signalDBm: Int
  }

  package struct Owner: Equatable, Sendable {
    package let email: String
    package let password: String
    package let home: String
  }

  package struct DeviceSpecification: Equatable, Sendable {
    package let nickname: String
    /// `camera` or `scale`.
    package let kind: String
    package let model: String
    package let firmware: String
    package let owner: String
    package let network: SSID
    /// `silent`, `owner` or `pair`.
    package let relinkPolicy: String
  }

  package func home(ofOwner email: String) -> Home? {
    self.owners.first { $0.email == email }.flatMap { owner in
      self.homes.first { $0.name == owner.home }
    }
  }

  /// The network that the device is given, in its owner's home.
  package func network(of device: DeviceSpecification) -> Network? {
    self.home(ofOwner: device.owner)?.networks.first { $0.ssid == device.network }
  }
}
