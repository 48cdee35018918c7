import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// What dies with a token that was presented once too often.
struct TheftReactionTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  let neighbour = EmailAddress("neighbour@example.org")!

  init() throws {
    _ = try self.fixture.register(self.owner)
    _ = try self.fixture.register(self.neighbour)
  }

  private func refresh(_ token: Secret) throws -> TokenOutcome {
    try self.fixture.token(.refreshToken(token: token, clientID: "relink-app"))
  }

  /// Has the session's first token presented a second time.
  ///
  /// - Returns: The tokens that its client has then, and what the replay led to.
  private func robbed(_ reaction: TheftReaction) throws -> (
    held: GrantedTokens, replay: TokenOutcome
  ) {
    self.fixture.setPolicy(TokenPolicy(rotation: .strict, reaction: reaction))
    let first = try self.fixture.signIn(self.owner)
    let held = try self.refresh(first.refreshToken).tokens()
    return (held, try self.refresh(first.refreshToken))
  }

  @Test(arguments: TheftReaction.allCases)
  func `a replay is told as such, and kills the successor, whatever the reaction`(
    reaction: TheftReaction
  ) throws {
    let (held, replay) = try self.robbed(reaction)
    #expect(replay.refusal?.code == .invalidGrant)
    #expect(replay.refusal?.reason == .replayed)
    let after = try self.refresh(held.refreshToken)
    #expect(after.refusal?.reason == .sessionEnded)
    #expect(after.events.isEmpty)
  }

  @Test(arguments: [(.session, false), (.consent, true)] as [(TheftReaction, Bool)])
  func `a consent ends with all its sessions, and nobody else's`(
    reaction: TheftReaction, endsOthers: Bool
  ) throws {
    self.fixture.setPolicy(TokenPolicy(rotation: .strict))
    let phone = try self.fixture.signIn(self.owner)
    let camera = try self.fixture.pairedCamera(1, app: phone)
    let stranger = try self.fixture.signIn(self.neighbour)
    let (held, replay) = try self.robbed(reaction)
    let ended = endsOthers ? [phone.session, held.session] : [held.session]
    #expect(replay.events.count == ended.count)
    for session in ended {
      #expect(replay.events.contains(.sessionEnded(session, .replayed)))
    }
    #expect(
      try self.fixture.authenticate(held.accessToken) == .refused(.sessionEnded))
    #expect(
      try self.refresh(phone.refreshToken).refusal?.reason == (endsOthers ? .sessionEnded : nil))
    #expect(try self.fixture.refresh(camera.refreshToken, camera: 1).refusal == nil)
    #expect(try self.refresh(stranger.refreshToken).refusal == nil)
  }

  @Test func `a consent's ended sessions are ended once`() throws {
    let (_, replay) = try self.robbed(.consent)
    let again = try self.robbed(.consent)
    #expect(replay.events.count == 1)
    #expect(again.replay.events == [.sessionEnded(again.held.session, .replayed)])
  }

  @Test func `where refresh tokens alone die, access tokens live on until they expire`() throws {
    let (held, replay) = try self.robbed(.refreshTokens)
    #expect(replay.events == [.sessionEnded(held.session, .spent)])
    try self.fixture.use(held)
    let caller = try self.fixture.caller(held)
    func refusal() throws -> TokenRefusal? {
      try self.fixture.transaction {
        try self.fixture.cloud.refusal(of: caller, in: $0, at: self.fixture.now)
      }
    }
    #expect(try refusal() == nil)
    self.fixture.advance(milliseconds: 3_600_000)
    #expect(try refusal() == .expired)
    #expect(try self.fixture.authenticate(held.accessToken) == .refused(.expired))
  }

  @Test func `a session whose refresh tokens are dead counts as no login`() throws {
    self.fixture.setPolicy(TokenPolicy(rotation: .strict, reaction: .refreshTokens))
    let app = try self.fixture.signIn(self.owner)
    _ = try self.fixture.pairedCamera(1, app: app, relinkPolicy: .owner)
    _ = try self.refresh(app.refreshToken)
    _ = try self.refresh(app.refreshToken)
    let counts = try self.fixture.transaction { try $0.liveSessionCounts() }
    #expect(counts == [.camera: 1])
    #expect(try self.fixture.relink(1).refusal?.code == .authorizationPending)
  }

  @Test(arguments: [true, false])
  func `what is left of such a session can be revoked`(byRefreshToken: Bool) throws {
    let (held, _) = try self.robbed(.refreshTokens)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.revoke(
        byRefreshToken ? held.refreshToken : held.accessToken, clientID: "relink-app",
        certificate: nil, in: $0, at: self.fixture.now)
    }
    #expect(outcome == .done([.sessionEnded(held.session, .revoked)]))
    #expect(try self.fixture.authenticate(held.accessToken) == .refused(.sessionEnded))
  }

  @Test func `a device that relinks leaves nothing of such a session alive`() throws {
    self.fixture.setPolicy(TokenPolicy(rotation: .strict, reaction: .refreshTokens))
    let app = try self.fixture.signIn(self.owner)
    let first = try self.fixture.pairedCamera(1, app: app, relinkPolicy: .silent)
    let held = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    _ = try self.fixture.refresh(first.refreshToken, camera: 1)
    #expect(throws: Never.self) { try self.fixture.caller(held) }
    _ = try self.fixture.relink(1).tokens()
    #expect(
      try self.fixture.authenticate(held.accessToken, camera: 1) == .refused(.sessionEnded))
  }

  @Test func `a forced logout kills them too`() throws {
    let (held, _) = try self.robbed(.refreshTokens)
    try self.fixture.logOut(.session(held.session))
    guard case .refused(.loggedOut) = try self.fixture.authenticate(held.accessToken) else {
      Issue.record("the access token lives")
      return
    }
  }
}
