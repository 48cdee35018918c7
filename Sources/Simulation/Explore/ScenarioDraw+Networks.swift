import DeviceCore
import DeviceProtocol

// Homes with their networks, and what becomes of them.

extension ScenarioDraw {
  mutating func drawHome(_ name: String) {
    var home = Scenario.Home(name: name, networks: [])
    for _ in 0..<(self.random.chance(permille: 300) ? 2 : 1) {
      if let network = self.drawNetwork() { home.networks.append(network) }
    }
    self.networks[name] = home.networks
    self.scenario.homes.append(home)
  }

  private mutating func drawNetwork() -> Scenario.Network? {
    self.networkCount += 1
    let number = self.networkCount
    // Names that a payload has to escape are as good as others.
    let hard = self.random.chance(permille: 300)
    let name = hard ? #"net;\#(number):\, "home""# : "net-\(number)"
    guard let ssid = SSID(Array(name.utf8)) else { return nil }
    let security: WiFiSecurity =
      switch self.random.number(below: 10) {
      case 0: .open
      case 1, 2, 3: .sae
      default: .wpa2
      }
    let passphrase = hard ? #"pass;phrase:\"\#(number)""# : "passphrase \(number)"
    var network = Scenario.Network(
      ssid: ssid, security: security, passphrase: security == .open ? [] : Array(passphrase.utf8))
    network.isHidden = self.random.chance(permille: 150)
    return network
  }

  mutating func drawNetworkTrouble() {
    guard let home = self.random.element(of: self.scenario.homes),
      let network = self.random.element(of: self.networks[home.name] ?? [])
    else { return }
    switch self.random.number(below: 10) {
    case 0, 1:
      let devices = self.drawDevices()
      self.add(.reach(devices, isInReach: false))
      self.add(.wait(self.drawDuration()))
      self.add(.reach(devices, isInReach: true))
    case 2: self.drawNewRouter(home.name, network)
    case 3: self.drawChange(to: network, in: home.name)
    default:
      let state = self.random.element(of: Action.NetworkState.allCases) ?? .off
      self.add(.network(home: home.name, ssid: network.ssid, state))
      guard self.random.chance(permille: 800) else { return }
      self.add(.wait(self.drawDuration()))
      self.add(.network(home: home.name, ssid: network.ssid, .up))
    }
  }

  /// Of the same name with another passphrase, or another altogether; mostly the devices are told.
  private mutating func drawNewRouter(_ home: String, _ old: Scenario.Network) {
    guard var new = self.drawNetwork() else { return }
    if self.random.chance(permille: 300) { new.ssid = old.ssid }
    self.add(.replaceRouter(home: home, ssid: old.ssid, with: new))
    self.networks[home]?.removeAll { $0.ssid == old.ssid }
    self.networks[home]?.append(new)
    guard self.random.chance(permille: 700) else { return }
    self.add(.wait(self.drawDuration()))
    self.drawChange(to: new, in: home)
  }

  /// The devices of the home are shown the network.
  private mutating func drawChange(to network: Scenario.Network, in home: String) {
    let nicknames = self.scenario.devices.filter {
      self.scenario.home(ofOwner: $0.owner)?.name == home
    }.map(\.nickname)
    guard !nicknames.isEmpty else { return }
    self.add(.changeNetwork(.named(nicknames), to: network.ssid))
  }
}
