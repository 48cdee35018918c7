import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// Sessions that are idle for too long, or too old.
struct LifetimeTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!

  private func signIn(_ policy: TokenPolicy) throws -> GrantedTokens {
    self.fixture.setPolicy(policy)
    if try self.fixture.transaction({ try $0.account(email: self.owner) }) == nil {
      _ = try self.fixture.register(self.owner)
    }
    return try self.fixture.signIn(self.owner)
  }

  private func refresh(_ token: Secret) throws -> TokenOutcome {
    try self.fixture.token(.refreshToken(token: token, clientID: "relink-app"))
  }

  private static func policy(
    _ rotation: RotationPolicy = .strict, _ reaction: TheftReaction = .session, idle: UInt32? = nil,
    absolute: UInt32? = nil
  ) -> TokenPolicy {
    TokenPolicy(
      rotation: rotation, reaction: reaction, idleSeconds: idle, absoluteSeconds: absolute)
  }

  @Test(
    arguments: RotationPolicyTests.all, [(59_999, true), (60_000, false)] as [(UInt64, Bool)])
  func `a session that is idle for its time is over, and every rotation begins it anew`(
    rotation: RotationPolicy, last: (UInt64, Bool)
  ) throws {
    var held = try self.signIn(Self.policy(rotation, idle: 60)).refreshToken
    for _ in 0..<3 {
      self.fixture.advance(milliseconds: 59_999)
      held = try self.refresh(held).tokens().refreshToken
    }
    let (elapsed, isGranted) = last
    self.fixture.advance(milliseconds: elapsed)
    let outcome = try self.refresh(held)
    if isGranted {
      #expect(outcome.refusal == nil)
    } else {
      #expect(outcome.refusal?.code == .invalidGrant)
      #expect(outcome.refusal?.reason == .sessionExpired)
      #expect(outcome.events.isEmpty)
    }
  }

  @Test(
    arguments: RotationPolicyTests.all, [(119_999, true), (120_000, false)] as [(UInt64, Bool)])
  func `a session is over so long after its login, however often it refreshes`(
    rotation: RotationPolicy, last: (UInt64, Bool)
  ) throws {
    let login = self.fixture.now.value
    var held = try self.signIn(Self.policy(rotation, idle: 100, absolute: 120)).refreshToken
    for _ in 0..<3 {
      self.fixture.advance(milliseconds: 39_000)
      held = try self.refresh(held).tokens().refreshToken
    }
    let (age, isGranted) = last
    self.fixture.now = UnixMilliseconds(login + age)
    #expect(try self.refresh(held).refusal?.reason == (isGranted ? nil : .sessionExpired))
  }

  @Test func `a repeated answer does not keep a session alive`() throws {
    let first = try self.signIn(
      Self.policy(.idempotent(windowMilliseconds: 600_000), idle: 60)
    ).refreshToken
    _ = try self.refresh(first).tokens()
    self.fixture.advance(milliseconds: 59_999)
    _ = try self.refresh(first).tokens()
    self.fixture.advance(milliseconds: 1)
    #expect(try self.refresh(first).refusal?.reason == .sessionExpired)
  }

  @Test(
    arguments: [
      (nil, nil, 3_600, 3_600_000), (60, nil, 60, 60_000), (nil, 60, 60, 60_000),
      (90, 60, 60, 60_000), (60, 90, 60, 60_000), (7_200, 7_200, 3_600, 3_600_000),
    ] as [(UInt32?, UInt32?, UInt32, UInt64)])
  func `an access token does not outlive its session`(
    idle: UInt32?, absolute: UInt32?, expiresIn: UInt32, life: UInt64
  ) throws {
    let tokens = try self.signIn(Self.policy(idle: idle, absolute: absolute))
    #expect(tokens.expiresInSeconds == expiresIn)
    self.fixture.advance(milliseconds: life - 1)
    #expect(throws: Never.self) { try self.fixture.caller(tokens) }
    self.fixture.advance(milliseconds: 1)
    #expect(try self.fixture.authenticate(tokens.accessToken) == .refused(.expired))
  }

  @Test func `what is left of a session is never told to be more than it is`() throws {
    let first = try self.signIn(Self.policy(absolute: 60))
    self.fixture.advance(milliseconds: 58_001)
    let last = try self.refresh(first.refreshToken).tokens()
    #expect(last.expiresInSeconds == 1)
    self.fixture.advance(milliseconds: 1_998)
    #expect(throws: Never.self) { try self.fixture.caller(last) }
    self.fixture.advance(milliseconds: 1)
    #expect(try self.fixture.authenticate(last.accessToken) == .refused(.expired))
  }

  @Test func `a replay of an expired session's token harms nobody`() throws {
    let first = try self.signIn(Self.policy(.strict, .consent, idle: 60))
    _ = try self.refresh(first.refreshToken).tokens()
    self.fixture.advance(milliseconds: 60_000)
    let other = try self.fixture.signIn(self.owner)
    let replay = try self.refresh(first.refreshToken)
    #expect(replay.refusal?.reason == .sessionExpired)
    #expect(replay.events.isEmpty)
    #expect(try self.refresh(other.refreshToken).refusal == nil)
  }

  @Test func `a logout is told before the end of a life`() throws {
    let first = try self.signIn(Self.policy(idle: 60))
    try self.fixture.logOut(.everyone)
    self.fixture.advance(milliseconds: 60_000)
    #expect(try self.refresh(first.refreshToken).refusal?.reason == .loggedOut)
  }

  @Test func `a clock that jumps back makes no session expire`() throws {
    let first = try self.signIn(Self.policy(.reusable, idle: 60, absolute: 60))
    for now in [0, 1, 60_000] as [UInt64] {
      self.fixture.now = UnixMilliseconds(now)
      #expect(try self.refresh(first.refreshToken).refusal == nil)
    }
  }

  @Test func `a policy that is changed counts for the sessions that are there`() throws {
    let first = try self.signIn(Self.policy())
    self.fixture.advance(milliseconds: 60_000)
    self.fixture.setPolicy(Self.policy(idle: 60))
    #expect(try self.refresh(first.refreshToken).refusal?.reason == .sessionExpired)
    self.fixture.setPolicy(Self.policy(idle: 61))
    #expect(try self.refresh(first.refreshToken).refusal == nil)
  }

  // MARK: Who counts as logged in

  private func status() throws -> CloudStatus {
    try self.fixture.transaction {
      try self.fixture.cloud.status(limit: 10, in: $0, at: self.fixture.now)
    }
  }

  @Test func `an expired session counts neither in the status nor for its device`() throws {
    let app = try self.signIn(Self.policy(idle: 60))
    _ = try self.fixture.pairedCamera(1, app: app)
    self.fixture.advance(milliseconds: 59_999)
    #expect(try self.status().liveSessions == [.app: 1, .camera: 1])
    #expect(try self.status().devices.map(\.view.session) == [.live])
    self.fixture.advance(milliseconds: 1)
    #expect(try self.status().liveSessions == [:])
    #expect(try self.status().devices.map(\.view.session) == [.dead])
  }

  @Test func `an owner whose session has expired is not logged in`() throws {
    let app = try self.signIn(Self.policy(idle: 60))
    _ = try self.fixture.pairedCamera(1, app: app, relinkPolicy: .owner)
    self.fixture.advance(milliseconds: 60_000)
    #expect(try self.fixture.relink(1).refusal?.code == .authorizationPending)
    _ = try self.fixture.signIn(self.owner)
    #expect(try self.fixture.relink(1).refusal == nil)
  }

  @Test func `a pairing token ends with the life of the session that made it`() throws {
    let app = try self.signIn(Self.policy(idle: 60))
    let token = try self.fixture.pairingToken(by: app)
    self.fixture.advance(milliseconds: 60_000)
    #expect(
      try self.fixture.pair(CloudFixture.certificate(1), with: token).refusal?.reason
        == .pairingTokenExpired)
  }

  @Test func `long dead sessions are forgotten also when they merely expired`() throws {
    let first = try self.signIn(Self.policy(idle: 60))
    self.fixture.advance(milliseconds: 91 * 86_400_000)
    let second = try self.fixture.signIn(self.owner)
    let left = try self.fixture.transaction { try $0.sessions(of: first.account) }
    #expect(left.map(\.id) == [second.session])
  }
}
