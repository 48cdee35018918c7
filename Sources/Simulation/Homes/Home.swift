import DeviceCore
import DeviceProtocol

/// The networks of one home, as the devices in it find them.
struct HomeState {
  struct Network {
    var network: Scenario.Network
    var state = Action.NetworkState.up
  }

  let name: String
  var networks: [Network]

  init(_ home: Scenario.Home) {
    self.name = home.name
    self.networks = home.networks.map { Network(network: $0) }
  }

  enum JoinVerdict {
    case joined(network: Int, signalDBm: Int8)
    case failed(WiFiFailure)
  }

  /// How an attempt to join ends; the rules are those of `DeviceHost.Radio`.
  func join(_ credentials: WiFiCredentials) -> JoinVerdict {
    let found = self.networks.indices.filter {
      self.networks[$0].state != .off && self.networks[$0].network.isFound(by: credentials)
    }
    guard !found.isEmpty else { return .failed(.networkNotFound) }
    let accepting = found.filter { self.networks[$0].network.accepts(credentials) }
    guard !accepting.isEmpty else { return .failed(.wrongPassphrase) }
    guard let working = accepting.first(where: { self.networks[$0].state != .routerDown }) else {
      return .failed(.routerDown)
    }
    return .joined(
      network: working, signalDBm: Int8(clamping: self.networks[working].network.signalDBm))
  }

  func hasInternet(_ network: Int) -> Bool { self.networks[network].state == .up }
}

extension Scenario.Network {
  fileprivate func isFound(by credentials: WiFiCredentials) -> Bool {
    guard self.ssid == credentials.ssid, !self.isHidden || credentials.isHidden else {
      return false
    }
    return self.security == credentials.security
      || credentials.security == .wpa2 && self.security == .sae
  }

  fileprivate func accepts(_ credentials: WiFiCredentials) -> Bool {
    self.passphrase == credentials.passphrase
  }

  var credentials: WiFiCredentials {
    WiFiCredentials(
      ssid: self.ssid, security: self.security, passphrase: self.passphrase,
      isHidden: self.isHidden)
  }
}
