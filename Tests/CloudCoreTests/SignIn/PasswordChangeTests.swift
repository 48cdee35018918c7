import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct PasswordChangeTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  private let newHash: PasswordHash

  init() throws {
    _ = try self.fixture.register(self.owner)
    self.newHash = try PasswordHash(
      of: try #require(Password("another password")), random: &self.fixture.random)
  }

  private enum Answer: Equatable {
    case changed([CloudEvent])
    case wrongPassword, refused, wrongKind
    case throttled(UInt32)
  }

  private struct Unexpected: Error {}

  /// An empty password is wrong without being hashed.
  private func change(
    _ caller: Authenticated, old: Secret = CloudFixture.password, endsOthers: Bool = true
  ) throws -> Answer {
    let start = try self.fixture.transaction {
      try self.fixture.cloud.beginConfirmation(of: caller, in: $0, at: self.fixture.now)
    }
    guard case .verify(let challenge) = start else {
      guard case .throttled(let seconds) = start else { throw Unexpected() }
      return .throttled(seconds)
    }
    let verdict = try challenge.hash.verify(old)
    return try self.fixture.transaction { transaction in
      let confirmation = try self.fixture.cloud.confirm(
        caller, challenge, verdict: verdict, in: transaction, at: self.fixture.now)
      switch confirmation {
      case .confirmed(let owner):
        return .changed(
          try self.fixture.cloud.changePassword(
            of: owner, to: self.newHash, endsOthers: endsOthers, in: transaction,
            at: self.fixture.now))
      case .wrongPassword: return .wrongPassword
      case .throttled(let seconds): return .throttled(seconds)
      case .refused: return .refused
      case .wrongKind: return .wrongKind
      }
    }
  }

  @Test func `the other apps are logged out, the own one and the devices are not`() throws {
    let phone = try self.fixture.signIn(self.owner)
    let tablet = try self.fixture.signIn(self.owner)
    let camera = try self.fixture.pairedCamera(1, app: tablet)
    let caller = try self.fixture.caller(tablet)
    #expect(try self.change(caller) == .changed([.sessionEnded(phone.session, .revoked)]))
    guard case .refused(.sessionEnded) = try self.fixture.authenticate(phone.accessToken) else {
      throw Unexpected()
    }
    _ = try self.fixture.caller(tablet)
    _ = try self.fixture.caller(camera)
    #expect(try self.change(caller) == .wrongPassword)
  }

  @Test func `one whose access tokens alone lived is logged out, also after a cut-off`() throws {
    let own = try self.fixture.app(of: self.owner)
    let (_, held) = try self.fixture.spentSession(of: self.owner)
    self.fixture.advance(milliseconds: 1_000)
    // Reaches nothing of these, and moves the epoch all the same.
    try self.fixture.logOut(.issuedBefore(UnixMilliseconds(1)))
    _ = try self.fixture.caller(held)
    #expect(try self.change(own) == .changed([.sessionEnded(held.session, .revoked)]))
    #expect(try self.fixture.authenticate(held.accessToken) == .refused(.sessionEnded))
  }

  @Test func `a session is ended for good that was over by time, and told to nobody`() throws {
    self.fixture.setPolicy(TokenPolicy(rotation: .strict, idleSeconds: 60))
    let phone = try self.fixture.signIn(self.owner)
    self.fixture.advance(milliseconds: 60_000)
    let own = try self.fixture.app(of: self.owner)
    #expect(try self.change(own) == .changed([.accessTokensEnded(phone.session)]))
    self.fixture.setPolicy(TokenPolicy(rotation: .strict))
    let refresh = try self.fixture.token(
      .refreshToken(token: phone.refreshToken, clientID: "relink-app"))
    #expect(refresh.refusal?.reason == .sessionEnded)
  }

  @Test func `a session that a logout had killed is left to it`() throws {
    let phone = try self.fixture.signIn(self.owner)
    try self.fixture.logOut(.everyone)
    let own = try self.fixture.app(of: self.owner)
    _ = try self.fixture.transaction {
      try self.fixture.cloud.subscribe(
        endpoint: "https://qa.test/events", audience: "qa", authorization: nil, in: $0,
        at: self.fixture.now, random: &self.fixture.random)
    }
    #expect(try self.change(own) == .changed([]))
    #expect(try self.fixture.transaction { try $0.securityEvents(after: 0, limit: 9) }.isEmpty)
    let refresh = try self.fixture.token(
      .refreshToken(token: phone.refreshToken, clientID: "relink-app"))
    #expect(refresh.refusal?.reason == .loggedOut)
  }

  @Test func `receivers are told of those that end, as the user's wish`() throws {
    let phone = try self.fixture.signIn(self.owner)
    let own = try self.fixture.app(of: self.owner)
    _ = try self.fixture.transaction {
      try self.fixture.cloud.subscribe(
        endpoint: "https://qa.test/events", audience: "qa", authorization: nil, in: $0,
        at: self.fixture.now, random: &self.fixture.random)
    }
    #expect(try self.change(own) == .changed([.sessionEnded(phone.session, .revoked)]))
    let told = try self.fixture.transaction { try $0.securityEvents(after: 0, limit: 9) }
    #expect(
      told.map(\.event) == [
        SecurityEvent(
          at: self.fixture.now, scope: .session(phone.session), account: phone.account,
          initiator: .user, reason: "the session was revoked")
      ])
  }

  @Test func `or are not, as the owner wishes`() throws {
    let phone = try self.fixture.signIn(self.owner)
    let caller = try self.fixture.app(of: self.owner)
    #expect(try self.change(caller, endsOthers: false) == .changed([]))
    _ = try self.fixture.caller(phone)
  }

  @Test func `a code from before is worth nothing`() throws {
    let caller = try self.fixture.app(of: self.owner)
    let code = try self.fixture.authorizationCode(of: self.owner)
    #expect(try self.change(caller, endsOthers: false) == .changed([]))
    let outcome = try self.fixture.token(
      .authorizationCode(
        code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier))
    guard case .refused(let refusal) = outcome.answer else { throw Unexpected() }
    #expect(refusal.code == .invalidGrant)
  }

  @Test func `a device that was approved before gets nothing`() throws {
    let caller = try self.fixture.app(of: self.owner)
    let approved = try self.fixture.beginDevice()
    let waiting = try self.fixture.beginDevice()
    let owner = try self.fixture.logIn(self.owner)
    #expect(try self.fixture.decide(.allow(owner), on: approved))
    #expect(try self.change(caller, endsOthers: false) == .changed([]))
    #expect(try self.fixture.poll(approved).refusal?.reason == .deviceCodeUnknown)
    // Nobody has decided about it.
    self.fixture.advance(milliseconds: 10_000)
    #expect(try self.fixture.poll(waiting).refusal?.code == .authorizationPending)
  }

  @Test func `who guesses at the login does not keep an app from changing it`() throws {
    let caller = try self.fixture.app(of: self.owner)
    try self.fixture.transaction {
      try $0.save(
        LoginAttempts(failures: 50, lastFailureAt: self.fixture.now), for: .account(self.owner))
      try $0.save(
        LoginAttempts(failures: 50, lastFailureAt: self.fixture.now),
        for: .address(CloudFixture.address))
    }
    #expect(try self.change(caller) == .changed([]))
  }

  @Test func `guesses with a stolen token are throttled`() throws {
    let caller = try self.fixture.app(of: self.owner)
    for _ in 0..<5 { #expect(try self.change(caller, old: Secret("")) == .wrongPassword) }
    #expect(try self.change(caller) == .throttled(1))
    self.fixture.advance(milliseconds: 1_000)
    #expect(try self.change(caller) == .changed([]))
  }

  @Test func `an app that was logged out, and a device, change nothing`() throws {
    let app = try self.fixture.signIn(self.owner)
    let caller = try self.fixture.caller(app)
    let camera = try self.fixture.caller(self.fixture.pairedCamera(1, app: app))
    #expect(try self.change(camera) == .wrongKind)
    try self.fixture.logOut(.session(app.session))
    #expect(try self.change(caller) == .refused)
  }
}
