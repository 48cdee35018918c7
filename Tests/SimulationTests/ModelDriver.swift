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
    let policies = BindingPolicy.allCases
    let window: UInt64 = [0, 600_000, 3_600_000][Int(seed % 3)]
    let binding = policies[Int(seed / 3) % policies.count]
    self.cloud = RealCloud(
      fixture: CloudFixture(
        seed: seed, rotationWindowMilliseconds: window, bindingPolicy: binding))
    var settings = Scenario.CloudSettings()
    settings.rotationWindow = .milliseconds(window)
    settings.binding = binding
    self.model = Model(cloud: settings)
  }

  var fixture: CloudFixture { self.cloud.fixture }

  /// - Returns: What the model finds, with the number of the operation.
  mutating func run(operations: Int) throws -> (Violation, String)? {
    for email in ["ada@example.org", "Eve@example.org"] {
      if let violation = try self.perform(.register(email: email)) { return (violation, "setup") }
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
    let counts = try self.fixture.transaction { try $0.liveSessionCounts() }
    return ClientKind.allCases.allSatisfy { kind in
      UInt64(self.model.liveSessionCount(of: kind)) == counts[kind] ?? 0
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
