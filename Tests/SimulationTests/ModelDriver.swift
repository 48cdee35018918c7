import CloudCore
import DeviceProtocol
import Simulation
import TestSupport

/// Plays honest clients, clients that miss their answers, thieves, operators and a wrong clock
/// against a real cloud, at random, and shows every exchange to the model.
struct ModelDriver {
  let cloud: RealCloud
  var model: Model
  var random: SeededGenerator
  /// Answers by their word, `granted` or `done`, to see that all of them are reached.
  var seen: [String: Int] = [:]
  /// Said of the last exchange.
  var last = ""

  struct Token {
    let text: String
    let kind: ClientKind
    /// The number of its device; nil for an app's.
    let device: UInt8?
  }

  var emails: [String] = []
  var codes: [String] = []
  var pairingTokens: [String] = []
  var accessTokens: [Token] = []
  var refreshTokens: [Token] = []
  var sessionIDs: [SessionID] = []
  /// What each honest client has, by its place: it misses some answers.
  var held: [Token] = []

  /// Each on for some seeds only: what lives long shows other things than what dies soon.
  let hasLogouts: Bool
  let isClockMoving: Bool

  init(seed: UInt64) {
    self.random = SeededGenerator(seed: seed)
    self.hasLogouts = Int.random(in: 0..<3, using: &self.random) > 0
    self.isClockMoving = Int.random(in: 0..<4, using: &self.random) > 0
    let bindings = BindingPolicy.allCases
    let window: UInt64 = [0, 600_000, 3_600_000][Int(seed % 3)]
    let binding = bindings[Int(seed / 3) % bindings.count]
    var settings = Scenario.CloudSettings()
    settings.rotationWindow = .milliseconds(window)
    settings.binding = binding
    if seed % 4 != 0 {
      settings.policies.app = Self.policy(using: &self.random)
      settings.policies.camera = Self.policy(using: &self.random)
    }
    let clients = OAuthClient.builtIn().map { client in
      var client = client
      client.policy = settings.policy(of: client.kind)
      return client
    }
    self.cloud = RealCloud(
      fixture: CloudFixture(seed: seed, bindingPolicy: binding, clients: clients))
    self.model = Model(cloud: settings)
  }

  /// Any, with windows and lives that the clock's jumps end at, before or after.
  private static func policy(using random: inout SeededGenerator) -> TokenPolicy {
    if Int.random(in: 0..<3, using: &random) == 0 {
      return PolicyPreset.allCases[Int.random(in: 0..<7, using: &random)].policy
    }
    let windows: [UInt64] = [0, 1, 60_000, 600_000]
    let window = windows[Int.random(in: 0..<4, using: &random)]
    let rotations: [RotationPolicy] = [
      .strict, .grace(windowMilliseconds: window), .idempotent(windowMilliseconds: window),
      .retireOnUse, .reusable,
    ]
    let lives: [UInt32?] = [nil, nil, 60, 600, 3_600, 86_400]
    return TokenPolicy(
      rotation: rotations[Int.random(in: 0..<5, using: &random)],
      reaction: TheftReaction.allCases[Int.random(in: 0..<3, using: &random)],
      idleSeconds: lives[Int.random(in: 0..<6, using: &random)],
      absoluteSeconds: lives[Int.random(in: 0..<6, using: &random)])
  }

  static let otherRegion = Region("eu-west") ?? .standard

  var fixture: CloudFixture { self.cloud.fixture }

  /// - Returns: What the model finds, with the number of the operation.
  mutating func run(operations: Int) throws -> (Violation, String)? {
    for email in ["ada@example.org", "Eve@example.org"] {
      let region: Region = email.hasPrefix("a") ? .standard : Self.otherRegion
      if let violation = try self.perform(.register(email: email, region: region)) {
        return (violation, "setup")
      }
      self.emails.append(email)
      if let violation = try self.signIn(email) { return (violation, "setup") }
    }
    for number in 0..<operations {
      if let violation = try self.step() { return (violation, "operation \(number), \(self.last)") }
    }
    return nil
  }

  /// Whether the model counts as many live sessions of each kind as the cloud.
  func agreesOnLiveSessions() throws -> Bool {
    let counts = try self.fixture.transaction {
      try self.fixture.cloud.status(limit: 0, in: $0, at: self.fixture.now).liveSessions
    }
    return ClientKind.allCases.allSatisfy { kind in
      UInt64(self.model.liveSessionCount(of: kind, at: self.fixture.now)) == counts[kind] ?? 0
    }
  }

  mutating func step() throws -> Violation? {
    switch Int.random(in: 0..<100, using: &self.random) {
    case 0..<2: return try self.register()
    case 2..<9: return try self.logIn()
    case 9..<12: return try self.perform(.exchangeCode(self.pick(self.codes) ?? "rlkc_none"))
    case 12..<30: return try self.refreshHonestly()
    case 30..<38: return try self.presentRefreshToken()
    case 38..<44: return try self.makePairingToken()
    case 44..<54: return try self.pair()
    case 54..<60: return try self.perform(.relink, certificate: self.someDevice())
    case 60..<64: return try self.revoke()
    case 64..<85: return try self.use()
    case 85..<88: return self.hasLogouts ? try self.logOut() : nil
    default:
      if self.isClockMoving { self.moveClock() }
      return nil
    }
  }

  // MARK: Exchanges

  mutating func perform(
    _ request: ObservedRequest, certificate: UInt8? = nil
  ) throws -> Violation? {
    let exchange = try self.cloud.perform(request, certificate: certificate)
    self.note(exchange, certificate)
    return self.model.observe(exchange)
  }

  mutating func note(_ exchange: ObservedExchange, _ certificate: UInt8?) {
    let word: String
    switch exchange.answer {
    case .tokens(let access, let refresh, _, _, let device, let session, _):
      word = "granted"
      let number = device == nil ? nil : certificate
      let kind = number.map {
        RealCloud.kind(ofDevice: $0) == .camera ? ClientKind.camera : .scale
      }
      self.accessTokens.append(Token(text: access, kind: kind ?? .app, device: number))
      let token = Token(text: refresh, kind: kind ?? .app, device: number)
      self.refreshTokens.append(token)
      if let session, !self.sessionIDs.contains(session) {
        self.sessionIDs.append(session)
        self.held.append(token)
      }
    case .code(let code):
      word = "code"
      self.codes.append(code)
    case .pairingToken(let token, _):
      word = "pairingToken"
      self.pairingTokens.append(token)
    case .registered, .session, .devices, .recordings, .acknowledged, .done: word = "done"
    case .refused(let status, let reason):
      word = reason.isEmpty ? "\(status)" : "\(status) \(reason)"
    }
    self.seen[word, default: 0] += 1
    self.last = "\(exchange.request) from \(certificate.map { "\($0)" } ?? "nobody"): \(word)"
  }
}
