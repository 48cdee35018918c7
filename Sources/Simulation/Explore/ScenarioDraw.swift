import CloudCore
import DeviceCore
import DeviceProtocol

/// Draws a scenario from a seed: who is there, what befalls them and when.
///
/// Swarm testing (Groce et al., ISSTA 2012): each run also draws which kinds of trouble it has at
/// all, since some of them hide others when all are always on.
package struct ScenarioDraw {
  var random: SeededRandom
  private var features: Features = []
  var scenario: Scenario
  var copies = 0
  /// Networks that were there at the beginning, or that a new router brought.
  var networkCount = 0
  /// By the name of the home, as they are by the step that is drawn.
  var networks: [String: [Scenario.Network]] = [:]

  private struct Features: OptionSet {
    let rawValue: UInt32
    static let weather = Features(rawValue: 1 << 0)
    static let power = Features(rawValue: 1 << 1)
    static let networks = Features(rawValue: 1 << 2)
    static let crashes = Features(rawValue: 1 << 3)
    static let restores = Features(rawValue: 1 << 4)
    static let clocks = Features(rawValue: 1 << 5)
    static let thieves = Features(rawValue: 1 << 6)
    static let logouts = Features(rawValue: 1 << 7)
    static let resets = Features(rawValue: 1 << 8)
    static let otherOwners = Features(rawValue: 1 << 9)
    static let flashCuts = Features(rawValue: 1 << 10)
    static let faults = Features(rawValue: 1 << 11)
    static let use = Features(rawValue: 1 << 12)
    static let signOuts = Features(rawValue: 1 << 13)
    static let tokens = Features(rawValue: 1 << 14)
    /// The cloud has a limit.
    static let capacity = Features(rawValue: 1 << 15)
    /// Clients with policies of their own.
    static let policies = Features(rawValue: 1 << 16)
    /// Owners in several regions.
    static let regions = Features(rawValue: 1 << 17)
    static let all: [Features] = (0..<18).map { Features(rawValue: 1 << $0) }

    /// These bring no steps.
    static let ofSettings: Features = [.weather, .capacity, .policies, .regions]

    private static let names = [
      "weather", "power", "networks", "crashes", "restores", "clocks", "thieves", "logouts",
      "resets", "other owners", "flash cuts", "faults", "use", "sign-outs", "tokens", "capacity",
      "policies", "regions",
    ]

    var words: String {
      zip(Self.all, Self.names).filter { self.contains($0.0) }.map(\.1).joined(separator: ", ")
    }
  }

  package static func scenario(seed: UInt64) -> Scenario {
    var draw = ScenarioDraw(seed: seed)
    draw.drawSetting()
    draw.drawSteps()
    draw.addEnd()
    draw.dropImpossible()
    return draw.scenario
  }

  private init(seed: UInt64) {
    self.random = SeededRandom(seed: seed, stream: .plan)
    self.scenario = Scenario(name: "seed \(seed)")
    self.scenario.isDrawn = true
    for feature in Features.all where self.random.chance(permille: 500) {
      self.features.insert(feature)
    }
    self.scenario.shows = self.features.words
  }

  /// What is drawn may be impossible where it stands, such as a replay of what was never stolen.
  private mutating func dropImpossible() {
    while true {
      let impossible = self.scenario.problems().compactMap { problem in
        if case .step(let index) = problem.part { index } else { nil }
      }
      guard !impossible.isEmpty else { return }
      for index in impossible.reversed() { self.scenario.steps.remove(at: index) }
    }
  }

  // MARK: Who is there

  private mutating func drawSetting() {
    let homeCount = self.random.number(in: 1...3)
    for number in 1...homeCount { self.drawHome("home-\(number)") }
    for number in 1...self.random.number(in: 1...3) {
      self.scenario.owners.append(
        Scenario.Owner(
          email: "owner-\(number)@example.org", password: OwnersPassword.text,
          home: "home-\(self.random.number(in: 1...homeCount))"))
    }
    for number in 1...self.random.number(in: 1...5) { self.drawDevice(number) }
    self.drawSettings()
    if self.features.contains(.policies) { self.drawPolicies() }
    if self.features.contains(.regions) { self.drawRegions() }
  }

  private mutating func drawDevice(_ number: Int) {
    guard let owner = self.random.element(of: self.scenario.owners),
      let network = self.random.element(
        of: self.scenario.home(ofOwner: owner.email)?.networks ?? [])
    else { return }
    let isScale = self.random.chance(permille: 400)
    let isNewer = !isScale && self.random.chance(permille: 200)
    var device = Scenario.DeviceSpecification(
      nickname: "\(isScale ? "scale" : "camera")-\(number)", kind: isScale ? .scale : .camera,
      model: isScale ? "scale-1" : isNewer ? "cam-2" : "cam-1",
      firmware: isNewer
        ? self.random.element(of: ["2.0.0", "2.1.0"]) ?? "2.0.0"
        : self.drawFirmware(isScale: isScale),
      owner: owner.email, network: network.ssid)
    device.relinkPolicy = self.random.element(of: RelinkPolicy.allCases) ?? .owner
    if self.features.contains(.clocks) {
      device.clockOffset = .seconds(self.random.number(in: -100_000...100_000))
    }
    self.scenario.devices.append(device)
  }

  /// Mostly the newest; a fleet has others too.
  private mutating func drawFirmware(isScale: Bool) -> String {
    if !isScale, self.random.chance(permille: 25) { return Self.hammering }
    switch self.random.number(below: 10) {
    case 0: return isScale ? "0.8.0" : "1.1.0"
    case 1: return isScale ? "0.9.0" : "1.2.0"
    case 2, 3: return isScale ? "0.9.0" : "1.0.0"
    default: return isScale ? "1.0.0" : "2.0.0"
    }
  }

  /// A version that does not wait. All that such a camera fails at must be over soon, or the run is of
  /// nothing else; and it would take all of what a cloud of limited capacity has.
  private static let hammering = "0.8.0"

  var isHammering: Bool {
    self.scenario.devices.contains { $0.kind == .camera && $0.firmware == Self.hammering }
  }

  private mutating func drawSettings() {
    self.scenario.cloud.accessTokenLifetime =
      .seconds(self.random.element(of: [20, 60, 300, 900, 3_600]) ?? 60)
    self.scenario.cloud.rotationWindow =
      .seconds(self.random.element(of: [5, 30, 120, 600]) ?? 30)
    self.scenario.cloud.relinkInterval = .seconds(self.random.element(of: [1, 5, 60]) ?? 5)
    self.scenario.cloud.pairingTokenLifetime =
      .seconds(self.random.element(of: [30, 600]) ?? 600)
    self.scenario.cloud.binding = self.random.element(of: BindingPolicy.allCases) ?? .strong
    self.scenario.cloud.commitTime =
      .milliseconds(self.random.element(of: [0, 2, 20, 200]) ?? 2)
    self.scenario.timing.heartbeat = .seconds(self.random.element(of: [60, 600, 3_600]) ?? 600)
    if self.features.contains(.capacity), !self.isHammering {
      self.scenario.cloud.capacityPerSecond = self.random.element(of: [5, 20, 200])
      self.scenario.cloud.queueLimit = self.random.element(of: [1, 5, 1_000]) ?? 5
      self.scenario.cloud.retryAfter =
        self.random.element(of: [nil, .seconds(1), .seconds(30)]) ?? nil
    }
    guard self.features.contains(.weather) else { return }
    self.scenario.weather.latency = .milliseconds(self.random.number(in: 1...400))
    self.scenario.weather.jitter =
      .milliseconds(self.random.element(of: [0, 10, 500, 5_000]) ?? 0)
    let permille = [0, 0, 10, 100]
    self.scenario.weather.lostRequestsPermille = self.random.element(of: permille) ?? 0
    self.scenario.weather.lostResponsesPermille = self.random.element(of: permille) ?? 0
    self.scenario.weather.truncatedResponsesPermille = self.random.element(of: permille) ?? 0
    self.scenario.weather.duplicatedRequestsPermille = self.random.element(of: permille) ?? 0
    self.scenario.weather.halfOpenStreamsPermille = self.random.element(of: permille) ?? 0
  }

  // MARK: What happens

  mutating func add(_ action: Action) { self.scenario.steps.append(Step(action)) }

  private mutating func drawSteps() {
    for device in self.scenario.devices where self.random.chance(permille: 900) {
      self.add(.pair(.named([device.nickname]), Action.Pairing()))
    }
    self.add(.wait(.seconds(self.random.number(in: 1...60))))
    for _ in 0..<self.random.number(in: 5...40) {
      self.drawStep()
      if self.random.chance(permille: 700) { self.add(.wait(self.drawDuration())) }
    }
  }

  /// From a millisecond to ten minutes, each order of magnitude as likely as the others; now and
  /// then hours.
  mutating func drawDuration() -> Duration {
    if self.isHammering { return .milliseconds(self.random.number(in: 1...4_000)) }
    if self.random.chance(permille: 15) {
      return .seconds(self.random.number(in: 3_600...40_000))
    }
    let scale = self.random.element(of: [10, 100, 1_000, 10_000, 100_000, 600_000])
    return .milliseconds(1 + self.random.number(below: scale ?? 1_000))
  }

  mutating func drawDevices() -> DeviceSelection {
    if self.random.chance(permille: 150) { return .all }
    return .named(self.random.element(of: self.scenario.devices).map { [$0.nickname] } ?? [])
  }

  mutating func drawOwner() -> String {
    self.random.element(of: self.scenario.owners)?.email ?? ""
  }

  private mutating func drawStep() {
    let kinds = Features.all.filter {
      self.features.contains($0) && !Features.ofSettings.contains($0)
    }
    guard let kind = self.random.element(of: kinds) else {
      self.add(.use(self.drawDevices(), times: 1))
      return
    }
    switch kind {
    case .power: self.drawPower()
    case .networks: self.drawNetworkTrouble()
    case .crashes: self.drawOutage()
    case .restores:
      self.add(.cloud(self.random.chance(permille: 600) ? .backUp : .restore))
    case .clocks:
      let seconds = self.random.element(of: [-86_400, -3_600, -400, -1, 1, 400, 3_600, 86_400])
      self.add(
        .clock(
          device: self.random.chance(permille: 300) ? self.drawNickname() : nil,
          by: .seconds(seconds ?? 1)))
    case .thieves: self.drawTheft()
    case .logouts: self.drawLogout()
    case .resets:
      self.add(
        self.random.chance(permille: 500) ? .reset(self.drawDevices()) : .remove(self.drawDevices())
      )
    case .otherOwners where self.random.chance(permille: 250): self.drawHandover()
    case .otherOwners:
      var pairing = Action.Pairing()
      pairing.owner = self.random.chance(permille: 600) ? self.drawOwner() : nil
      if self.random.chance(permille: 150) { pairing.passphrase = Array("a wrong one".utf8) }
      self.add(.pair(self.drawDevices(), pairing))
    case .flashCuts:
      guard let nickname = self.drawNickname() else { return }
      // Also so late that the flash has to make room.
      let limit = self.random.element(of: [60, 60, 200]) ?? 60
      let operation = self.random.number(below: limit)
      let isAny = self.random.chance(permille: 600)
      self.add(
        .cutPower(
          nickname, during: isAny ? .beforeAnyOperation(operation) : .beforeOperation(operation)))
      if isAny { self.drawWriting(nickname) }
      self.add(.wait(self.drawDuration()))
      self.add(.power(.devices(.named([nickname])), isOn: true))
    case .faults: self.drawFault()
    case .use: self.add(.use(self.drawDevices(), times: self.random.number(in: 1...4)))
    case .signOuts:
      self.add(
        self.random.chance(permille: 400)
          ? .signOut(.named([self.drawOwner()])) : .logIn(.named([self.drawOwner()])))
    case .tokens: self.drawToken()
    default: break
    }
  }

  mutating func drawNickname() -> String? {
    self.random.element(of: self.scenario.devices)?.nickname
  }

  // MARK: The end

  /// All trouble ends; then everything that can must come back, and nothing may be lost.
  private mutating func addEnd() {
    self.add(.heal)
    // Whoever is logged out without knowing it finds out when the app is opened.
    self.add(.look(.all))
    self.add(.wait(.seconds(600)))
    self.add(.logIn(.all))
    self.add(
      .expect(Expectation(.owners(.all), [.loggedIn(true)], .within(.seconds(3_600)))))
    self.add(
      .expect(Expectation(.devices(.all), [.settled], .within(.seconds(1_800)))))
    self.add(.look(.all))
    self.add(.wait(.seconds(60)))
  }
}
