import CloudCore
import DeviceProtocol
import Simulation

@testable import Scenarios

/// Draws scenarios that can be run, with everything in them that the language can say.
struct RandomScenario {
  private var state: UInt64

  init(seed: UInt64) { self.state = seed }

  static func drawn(from seed: UInt64) -> Scenario {
    var random = RandomScenario(seed: seed)
    return random.scenario()
  }

  private mutating func scenario() -> Scenario {
    var scenario = Scenario(name: self.text(1...20))
    if self.maybe { scenario.shows = self.text(1...60) }
    if self.maybe { scenario.variant = self.text(1...20) }
    if self.maybe { scenario.brokenRule = self.number(1...11) }
    scenario.isDrawn = self.maybe
    scenario.cloud = self.cloud()
    if self.maybe {
      scenario.timing.heartbeat = self.seconds()
      scenario.timing.backoffBase = .milliseconds(self.number(1...999))
      scenario.timing.backoffCap = self.seconds()
    }
    scenario.weather = self.weather()
    for index in 0..<self.number(1...3) {
      var home = Scenario.Home(name: "\(self.text(1...10))\(index)", networks: [])
      for index in 0..<UInt8(self.number(1...3)) { home.networks.append(self.network(index)) }
      scenario.homes.append(home)
      scenario.owners.append(
        Scenario.Owner(
          email: "o\(index)@example.org", password: self.text(8...20), home: home.name))
      if self.maybe, let region = Region("r-\(index)") {
        scenario.owners[scenario.owners.count - 1].region = region
      }
    }
    for index in 0..<self.number(2...5) { scenario.devices.append(self.device(index, scenario)) }
    if self.maybe { scenario.fleet = self.fleet() }
    self.addSteps(to: &scenario)
    return scenario
  }

  private mutating func cloud() -> Scenario.CloudSettings {
    var cloud = Scenario.CloudSettings()
    if self.maybe { cloud.accessTokenLifetime = self.seconds() }
    if self.maybe { cloud.rotationWindow = self.seconds() }
    if self.maybe { cloud.relinkInterval = self.seconds() }
    if self.maybe { cloud.pairingTokenLifetime = self.seconds() }
    cloud.binding = self.any(BindingPolicy.self)
    if self.maybe { cloud.commitTime = .milliseconds(self.number(0...99)) }
    if self.maybe { cloud.capacityPerSecond = self.number(1...500) }
    if self.maybe { cloud.queueLimit = self.number(0...500) }
    if self.maybe { cloud.retryAfter = self.seconds() }
    if self.maybe { cloud.policies.app = self.policy() }
    if self.maybe { cloud.policies.camera = self.policy() }
    if self.maybe { cloud.policies.scale = self.policy() }
    cloud.cache = self.any(Scenario.CloudSettings.Cache.self)
    return cloud
  }

  private mutating func policy() -> TokenPolicy {
    if self.maybe { return self.any(PolicyPreset.self).policy }
    let window = UInt64(self.number(0...10_000)) * 1_000
    return TokenPolicy(
      rotation: self.one(of: [
        .strict, .grace(windowMilliseconds: window), .idempotent(windowMilliseconds: window),
        .retireOnUse, .reusable,
      ]), reaction: self.any(TheftReaction.self),
      idleSeconds: self.maybe ? nil : UInt32(self.number(1...1_000_000)),
      absoluteSeconds: self.maybe ? nil : UInt32(self.number(1...1_000_000)))
  }

  private mutating func weather() -> Scenario.NetworkWeather {
    var weather = Scenario.NetworkWeather()
    guard self.maybe else { return weather }
    weather.latency = .milliseconds(self.number(0...999))
    weather.jitter = .milliseconds(self.number(0...999))
    weather.lostRequestsPermille = self.number(0...1_000)
    weather.lostResponsesPermille = self.number(0...1_000)
    weather.truncatedResponsesPermille = self.number(0...1_000)
    weather.duplicatedRequestsPermille = self.number(0...1_000)
    weather.halfOpenStreamsPermille = self.number(0...1_000)
    return weather
  }

  /// - Parameter index: In the first byte of the name, so that the names of a home differ.
  mutating func network(_ index: UInt8) -> Scenario.Network {
    let name =
      self.maybe
      ? Array(self.text(1...6).utf8) : (0..<self.number(1...20)).map { _ in self.byte() }
    let security = self.any(NetworkSecurity.self).security
    let passphrase: [UInt8] =
      switch security {
      case .open: []
      case .sae: Array(self.text(1...20).utf8)
      default: (0..<self.number(8...63)).map { _ in UInt8(self.number(32...126)) }
      }
    var network = Scenario.Network(
      ssid: SSID([65 + index] + name) ?? .placeholder, security: security, passphrase: passphrase)
    network.isHidden = self.maybe
    network.signalDBm = self.number(-100...0)
    return network
  }

  private mutating func device(
    _ index: Int, _ scenario: Scenario
  ) -> Scenario.DeviceSpecification {
    let owner = self.one(of: scenario.owners)
    let network = self.one(of: scenario.home(ofOwner: owner.email)?.networks ?? [])
    var device = Scenario.DeviceSpecification(
      nickname: "d\(index)", kind: DeviceKind.allCases[index % 2], model: self.version(),
      firmware: self.version(), owner: owner.email, network: network.ssid)
    device.relinkPolicy = self.any(RelinkPolicy.self)
    if self.maybe { device.clockOffset = .seconds(self.number(-9_999...9_999)) }
    return device
  }

  private mutating func fleet() -> Scenario.Fleet {
    let count = self.number(1...5_000_000)
    var fleet = Scenario.Fleet(count: count, model: self.version(), firmware: self.version())
    fleet.kind = self.any(DeviceKind.self)
    fleet.relinkPolicy = self.any(RelinkPolicy.self)
    fleet.isPaired = self.maybe
    if fleet.isPaired { fleet.alexaLinks = self.number(0...count) }
    fleet.scales = self.number(0...count)
    if self.maybe { fleet.ownersReturn = self.seconds() }
    return fleet
  }

  // Draws.

  var maybe: Bool { mutating get { self.next() & 1 == 0 } }

  mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

  mutating func byte() -> UInt8 { .random(in: 0...255, using: &self) }

  mutating func one<Item>(of items: [Item]) -> Item { items[self.number(0...(items.count - 1))] }

  mutating func any<Choice: LanguageWord>(_ type: Choice.Type) -> Choice {
    self.one(of: Array(Choice.allCases))
  }

  mutating func seconds() -> Duration { .seconds(self.number(1...100_000)) }

  mutating func duration() -> Duration {
    .milliseconds(self.one(of: [1, 1_000, 60_000, 86_400_000]) * self.number(1...99))
  }

  private mutating func version() -> String {
    String(
      decoding: (0..<self.number(1...20)).map { _ in UInt8(self.number(32...126)) }, as: UTF8.self)
  }

  /// Of characters that need quotes, escapes or several bytes, among others.
  mutating func text(_ length: ClosedRange<Int>) -> String {
    let characters = Array(
      "ab Z09:#'\"\\-&*!|>%@`{}[],?~$=é⛰𐐷\u{A0}\u{2028}\u{FEFF}\u{200B}\u{301}")
    let text = (0..<self.number(length)).map { _ in String(self.one(of: characters)) }.joined()
    // The parser drops a byte order mark at the beginning of a text.
    return text.unicodeScalars.first == "\u{FEFF}" ? "." + text : text
  }
}

extension RandomScenario: RandomNumberGenerator {
  /// SplitMix64.
  mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = self.state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension SSID {
  fileprivate static var placeholder: SSID { SSID([65])! }
}
