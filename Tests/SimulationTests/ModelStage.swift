import CloudCore
import DeviceProtocol
import Simulation
import Testing

/// A model, and exchanges with a cloud that there is not: whatever it is to answer is made up.
struct ModelStage {
  var model: Model
  var now = UnixMilliseconds(1_577_352_060_000)
  private var count = 0

  init(_ settings: Scenario.CloudSettings = Scenario.CloudSettings()) {
    self.model = Model(cloud: settings)
  }

  /// What a client was given.
  struct Held {
    var access: String
    var refresh: String
    var account: AccountID
    var device: DeviceID?
    var session: SessionID?
    var generation: UInt64
    var expiresInSeconds: UInt32 = 3_600

    var answer: ObservedAnswer {
      .tokens(
        access: self.access, refresh: self.refresh, expiresInSeconds: self.expiresInSeconds,
        account: self.account, device: self.device, session: self.session,
        generation: self.generation)
    }

    func asking(_ resource: ObservedRequest.Resource) -> ObservedRequest {
      .resource(accessToken: self.access, resource)
    }

    func presented(as kind: ClientKind? = nil) -> ObservedRequest {
      .refresh(token: self.refresh, kind: kind ?? (self.device == nil ? .app : .camera))
    }
  }

  mutating func advance(milliseconds: UInt64) {
    self.now = UnixMilliseconds(self.now.value + milliseconds)
  }

  /// A word that there was not before.
  mutating func new(_ prefix: String) -> String {
    self.count += 1
    return "\(prefix)-\(self.count)"
  }

  /// An identifier that there was not before.
  mutating func new<ID: Identifier>() -> ID {
    self.count += 1
    return ID(number: self.count)
  }

  mutating func observe(
    _ request: ObservedRequest, _ answer: ObservedAnswer, certificate: DeviceID? = nil
  ) -> Violation? {
    self.model.observe(
      ObservedExchange(at: self.now, certificate: certificate, request: request, answer: answer))
  }

  /// As it should be.
  mutating func right(
    _ request: ObservedRequest, _ answer: ObservedAnswer, certificate: DeviceID? = nil
  ) {
    let violation = self.observe(request, answer, certificate: certificate)
    #expect(violation == nil, "\(request) answered with \(answer)")
  }

  @discardableResult
  mutating func loggedOut(_ target: LogoutTarget) -> Int {
    self.model.loggedOut(target, at: self.now)
  }

  // MARK: What clients do

  /// Tokens of a new session.
  mutating func tokens(_ account: AccountID, _ device: DeviceID? = nil) -> Held {
    Held(
      access: self.new("a"), refresh: self.new("r"), account: account, device: device,
      session: self.new(), generation: 1)
  }

  /// The tokens that follow those.
  mutating func successor(of held: Held) -> Held {
    var next = held
    next.access = self.new("a")
    next.refresh = self.new("r")
    next.generation += 1
    return next
  }

  mutating func code(of email: String) -> String {
    let code = self.new("c")
    self.right(.authorize(email: email, isPasswordRight: true), .code(code))
    return code
  }

  mutating func signIn(_ email: String, expiresInSeconds: UInt32 = 3_600) -> Held {
    let account = self.model.account(ofEmail: email) ?? self.new()
    if self.model.account(ofEmail: email) == nil {
      self.right(.register(email: email), .registered(account))
    }
    var held = self.tokens(account)
    held.expiresInSeconds = expiresInSeconds
    self.right(.exchangeCode(self.code(of: email)), held.answer)
    return held
  }

  mutating func pairingToken(by app: Held, _ policy: RelinkPolicy? = nil) -> String {
    let token = self.new("p")
    self.right(
      app.asking(.createPairingToken(policy)), .pairingToken(token, expiresInSeconds: 600))
    return token
  }

  mutating func pair(
    _ device: DeviceID, by app: Held, _ policy: RelinkPolicy? = nil, kind: DeviceKind = .camera
  ) -> Held {
    let held = self.tokens(app.account, device)
    self.right(
      .pair(token: self.pairingToken(by: app, policy), kind: kind), held.answer,
      certificate: device)
    return held
  }

  mutating func refresh(_ held: Held) -> Held {
    let next = self.successor(of: held)
    self.right(held.presented(), next.answer, certificate: held.device)
    return next
  }

  mutating func use(_ held: Held) {
    self.right(held.asking(.events), .done, certificate: held.device)
  }

  mutating func record(_ recordings: [Recording], by held: Held) {
    self.right(
      held.asking(.record(recordings)), .acknowledged(recordings.map(\.sequence)),
      certificate: held.device)
  }
}

extension DeviceID {
  static let porch = DeviceID(number: -1)
  static let hall = DeviceID(number: -2)
}

extension Identifier {
  /// Another one for each number.
  init(number: Int) {
    var random = SeededRandom(seed: UInt64(bitPattern: Int64(number)))
    self.init(random: &random)
  }
}

extension Recording {
  static func motion(_ sequence: UInt32, at time: UInt64 = 5) -> Recording {
    Recording(sequence: sequence, at: UnixMilliseconds(time), weightGrams: 0)
  }
}

extension ObservedAnswer {
  static func dead(_ reason: String) -> ObservedAnswer { .refused(status: 401, reason: reason) }
  static func denied(_ reason: String) -> ObservedAnswer { .refused(status: 400, reason: reason) }
}
