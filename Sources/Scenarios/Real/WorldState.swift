import DeviceProtocol
import Simulation

/// How the homes stand now, and who is in reach of them.
struct WorldState {
  private var homes: [Scenario.Home]
  /// Of networks that are not up.
  private var troubled: [NetworkName: Action.NetworkState] = [:]
  private var outOfReach: Set<String> = []
  /// By the name of the network that a new router took the place of.
  private var replacements: [NetworkName: SSID] = [:]

  private struct NetworkName: Hashable {
    let home: String
    let ssid: SSID
  }

  init(_ scenario: Scenario) { self.homes = scenario.homes }

  /// The network of this name, or of the router that took its place.
  func network(_ ssid: SSID, ofHome name: String) -> Scenario.Network? {
    let home = self.homes.first { $0.name == name }
    if let network = home?.networks.first(where: { $0.ssid == ssid }) { return network }
    let replacement = self.replacements[NetworkName(home: name, ssid: ssid)]
    return home?.networks.first { $0.ssid == replacement }
  }

  mutating func set(_ ssid: SSID, ofHome home: String, to state: Action.NetworkState) {
    self.troubled[NetworkName(home: home, ssid: ssid)] = state == .up ? nil : state
  }

  /// - Returns: Whether the home has such a network.
  mutating func replace(
    _ ssid: SSID, ofHome name: String, with network: Scenario.Network
  ) -> Bool {
    guard let home = self.homes.firstIndex(where: { $0.name == name }),
      let index = self.homes[home].networks.firstIndex(where: { $0.ssid == ssid })
    else { return false }
    self.homes[home].networks[index] = network
    self.replacements[NetworkName(home: name, ssid: ssid)] = network.ssid
    return true
  }

  mutating func carry(_ nickname: String, isInReach: Bool) {
    if isInReach { self.outOfReach.remove(nickname) } else { self.outOfReach.insert(nickname) }
  }

  /// All networks are up, and everybody is in reach.
  mutating func heal() {
    self.troubled = [:]
    self.outOfReach = []
  }

  /// What a device of the home has in the air.
  func air(of nickname: String, inHome name: String) -> [WorldEvent.Network] {
    guard !self.outOfReach.contains(nickname),
      let home = self.homes.first(where: { $0.name == name })
    else { return [] }
    return home.networks.compactMap { network in
      var entry = WorldEvent.Network(network)
      switch self.troubled[NetworkName(home: name, ssid: network.ssid)] {
      case nil, .up: break
      case .off: return nil
      case .routerDown: entry.router = "down"
      case .noInternet: entry.internet = false
      }
      return entry
    }
  }
}
