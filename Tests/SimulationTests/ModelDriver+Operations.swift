import CloudCore
import DeviceProtocol
import Simulation
import TestSupport

/// What clients, thieves and operators do.
extension ModelDriver {
  mutating func register() throws -> Violation? {
    let email = self.emails.count < 4 ? "owner\(self.emails.count)@example.org" : "ADA@example.org"
    let violation = try self.perform(.register(email: email))
    if self.emails.count < 4 { self.emails.append(email) }
    return violation
  }

  mutating func logIn() throws -> Violation? {
    let email = self.pick(self.emails) ?? "ada@example.org"
    switch Int.random(in: 0..<10, using: &self.random) {
    case 0: return try self.perform(.authorize(email: email, isPasswordRight: false))
    case 1: return try self.perform(.authorize(email: "no@example.org", isPasswordRight: true))
    case 2: return try self.perform(.authorize(email: email, isPasswordRight: true))
    default: return try self.signIn(email)
    }
  }

  mutating func signIn(_ email: String) throws -> Violation? {
    if let violation = try self.perform(.authorize(email: email, isPasswordRight: true)) {
      return violation
    }
    guard let code = self.codes.last else { return nil }
    return try self.perform(.exchangeCode(code))
  }

  /// A client presents what it holds; of some answers it never hears.
  mutating func refreshHonestly() throws -> Violation? {
    guard !self.held.isEmpty else { return nil }
    let place = self.recent(self.held.count)
    let token = self.held[place]
    let count = self.refreshTokens.count
    let violation = try self.perform(
      .refresh(token: token.text, kind: token.kind), certificate: token.device)
    let isLost = Int.random(in: 0..<4, using: &self.random) == 0
    if self.refreshTokens.count > count, let new = self.refreshTokens.last, !isLost {
      self.held[place] = new
    }
    return violation
  }

  /// Somebody presents any token there ever was, with any certificate.
  mutating func presentRefreshToken() throws -> Violation? {
    guard let token = self.pick(self.refreshTokens) else { return nil }
    let kind = self.rarely() ? self.someKind() : token.kind
    return try self.perform(
      .refresh(token: self.garbled(token.text), kind: kind),
      certificate: self.certificate(for: token))
  }

  mutating func makePairingToken() throws -> Violation? {
    guard let app = self.pick(self.accessTokens.filter { $0.kind == .app }) else { return nil }
    let policies: [RelinkPolicy?] = [nil, .silent, .silent, .owner, .pair]
    return try self.perform(
      .resource(
        accessToken: app.text,
        .createPairingToken(policies[Int.random(in: policies.indices, using: &self.random)])))
  }

  /// With a new token as often as with an old one.
  mutating func pair() throws -> Violation? {
    if Bool.random(using: &self.random), let violation = try self.makePairingToken() {
      return violation
    }
    let device = self.someDevice()
    var kind = RealCloud.kind(ofDevice: device)
    // A device that the cloud has never seen is of the kind that it says.
    let isKnown = self.refreshTokens.contains { $0.device == device }
    if isKnown, self.rarely() { kind = kind == .camera ? .scale : .camera }
    let token = self.garbled(self.pick(self.pairingTokens) ?? "rlkp_none")
    return try self.perform(
      .pair(token: token, kind: kind), certificate: self.rarely() ? nil : device)
  }

  mutating func revoke() throws -> Violation? {
    let tokens = Bool.random(using: &self.random) ? self.accessTokens : self.refreshTokens
    guard let token = self.pick(tokens) else { return nil }
    let kind = self.rarely() ? self.someKind() : token.kind
    return try self.perform(
      .revoke(token: self.garbled(token.text), kind: kind),
      certificate: self.certificate(for: token))
  }

  mutating func use() throws -> Violation? {
    guard let token = self.pick(self.accessTokens) else { return nil }
    let id = CloudFixture.certificate(self.someDevice()).deviceID
    let isApp = self.rarely() ? token.kind != .app : token.kind == .app
    let resource: ObservedRequest.Resource
    switch (isApp, Int.random(in: 0..<12, using: &self.random)) {
    case (_, 0): resource = .session
    case (_, 1): resource = .events
    case (true, 2..<4): resource = .devices
    case (true, 4..<7): resource = .motions(of: id)
    case (true, 7..<11): resource = .measurements(of: id)
    case (true, _): resource = .remove(id)
    case (false, 2..<4): resource = .someHeartbeat
    case (false, 4..<11): resource = .record(self.someRecordings(token.kind))
    case (false, _): resource = .unbind
    }
    return try self.perform(
      .resource(accessToken: self.garbled(token.text), resource),
      certificate: self.certificate(for: token))
  }

  mutating func someRecordings(_ kind: ClientKind) -> [Recording] {
    let count = self.rarely() ? 101 : Int.random(in: 0...3, using: &self.random)
    return (0..<count).map { _ in
      Recording(
        sequence: UInt32.random(in: 1...12, using: &self.random),
        at: UnixMilliseconds(UInt64.random(in: 0...9, using: &self.random)),
        weightGrams: kind == .scale
          ? UInt32.random(in: self.rarely() ? 0...0 : 1...5, using: &self.random) : 0)
    }
  }

  mutating func logOut() throws -> Violation? {
    let device = CloudFixture.certificate(self.someDevice()).deviceID
    let target: LogoutTarget
    switch Int.random(in: 0..<16, using: &self.random) {
    case 0: target = .everyone
    case 10: target = .region(self.rarely() ? .standard : Self.otherRegion)
    case 11: target = .issuedBefore(nil)
    case 12, 13:
      let ago = [0, 1, 1_000, 59_999, 60_000, 600_000][Int.random(in: 0..<6, using: &self.random)]
      let time = self.fixture.now.value - UInt64(ago)
      target = .issuedBefore(UnixMilliseconds(self.rarely() ? self.fixture.now.value + 1 : time))
    case 14, 15: return try self.logOutList()
    case 1..<4: target = .kind(self.someKind())
    case 4..<6:
      target = .account(try RealCloud.address(self.pick(self.emails) ?? "ada@example.org"))
    case 6..<8: target = .device(device)
    default:
      guard let id = self.pick(self.sessionIDs) else { return nil }
      target = .session(id)
    }
    let outcome = try self.fixture.logOut(target)
    let word =
      switch outcome {
      case .loggedOut: "logout"
      case .unknownTarget: "logout of nobody"
      case .timeToCome: "logout to come"
      }
    self.seen[word, default: 0] += 1
    self.last = "a logout (\(target))"
    return self.model.loggedOut(target, answeredBy: outcome, at: self.fixture.now)
  }

  /// Of devices and accounts, some of which there are not.
  private mutating func logOutList() throws -> Violation? {
    var names: [LogoutTarget?] = []
    for _ in 0..<Int.random(in: 1...3, using: &self.random) {
      switch Int.random(in: 0..<4, using: &self.random) {
      case 0: names.append(nil)
      case 1:
        let email = self.pick(self.emails) ?? "ada@example.org"
        names.append(.account(try RealCloud.address(email)))
      case 2: names.append(self.pick(self.sessionIDs).map { .session($0) })
      default:
        names.append(.device(CloudFixture.certificate(self.someDevice()).deviceID))
      }
    }
    let skips = Bool.random(using: &self.random)
    let list = names.map { $0.map(Self.entry) ?? LogoutListEntry("nobody") }
    let now = self.fixture.now
    let result = try self.fixture.transaction { transaction in
      var resolved = ResolvedLogoutList()
      resolved.add(try self.fixture.cloud.resolve(list, in: transaction, at: now))
      if resolved.unknown.isEmpty || skips {
        _ = try self.fixture.cloud.logOut(resolved, reason: "", in: transaction, at: now)
      }
      return resolved
    }
    self.last = "a logout of a list"
    return self.model.loggedOut(
      names, skippingUnknown: skips, unknown: result.unknown, at: now)
  }

  private static func entry(_ target: LogoutTarget) -> LogoutListEntry? {
    switch target {
    case .account(let email): LogoutListEntry(email.text)
    case .device(let id): LogoutListEntry("device \(id.text)")
    case .session(let id): LogoutListEntry(id.text)
    case .everyone, .issuedBefore, .kind, .region: nil
    }
  }

  mutating func moveClock() {
    let spans: [UInt64] = [
      0, 1, 1_000, 59_999, 60_000, 300_000, 300_001, 599_999, 600_000, 600_001, 3_600_000,
    ]
    var span = spans[Int.random(in: spans.indices, using: &self.random)]
    if Int.random(in: 0..<12, using: &self.random) == 0 {
      span =
        [86_400_000, 3 * 86_400_000, 100 * 86_400_000][Int.random(in: 0..<3, using: &self.random)]
    }
    let now = self.fixture.now.value
    let goesBack = Int.random(in: 0..<4, using: &self.random) == 0
    self.fixture.now = UnixMilliseconds(goesBack ? now - span : now + span)
  }
}
