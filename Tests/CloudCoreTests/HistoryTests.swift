import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@Suite struct HistoryTests {
  private let fixture = CloudFixture()
  private let owner = EmailAddress("owner@example.org")!

  init() {
    var random = SeededGenerator(seed: 7)
    self.fixture.cloud = Cloud(
      configuration: CloudConfiguration(keys: TokenKeys(random: &random), historyCount: 50))
  }

  private func words(of session: SessionID) throws -> [String] {
    try self.fixture.transaction { try $0.history(of: session) }
      .map { "\($0.event.word.rawValue) \($0.event.generation)" }
  }

  private func refresh(_ token: Secret) throws -> TokenOutcome {
    try self.fixture.token(.refreshToken(token: token, clientID: "relink-app"))
  }

  @Test func `a session's history tells its login, rotations, repeats, replay and end`() throws {
    _ = try self.fixture.register(self.owner)
    let first = try self.fixture.signIn(self.owner)
    let second = try self.refresh(first.refreshToken).tokens()
    _ = try self.refresh(first.refreshToken)
    let third = try self.refresh(second.refreshToken).tokens()
    _ = try self.refresh(first.refreshToken)
    // The session has ended: nothing happens to it any more.
    _ = try self.refresh(third.refreshToken)
    #expect(
      try self.words(of: first.session) == [
        "login 1", "rotation 1", "repeat 1", "rotation 2", "replay 1", "end 3",
      ])
    let last = try self.fixture.transaction { try $0.history(of: first.session).last }
    #expect(last?.event.end == .replayed)
  }

  @Test func `a pairing that replaces a session is in both histories`() throws {
    _ = try self.fixture.register(self.owner)
    let app = try self.fixture.signIn(self.owner)
    let first = try self.fixture.pairedCamera(1, app: app)
    let second = try self.fixture.pairedCamera(1, app: app)
    let third = try self.fixture.relink(1).tokens()
    #expect(try self.words(of: first.session) == ["pairing 1", "end 1"])
    #expect(try self.words(of: second.session).first == "pairing 1")
    #expect(try self.words(of: third.session) == ["relink 1"])
  }

  @Test func `a refresh adds one record, and a refusal none`() throws {
    _ = try self.fixture.register(self.owner)
    let app = try self.fixture.signIn(self.owner)
    _ = try self.refresh(app.refreshToken)
    #expect(try self.words(of: app.session).count == 2)
    try self.fixture.logOut(.everyone)
    _ = try self.refresh(app.refreshToken)
    #expect(try self.words(of: app.session).count == 2)
  }

  @Test func `a cloud that is to keep none keeps none`() throws {
    let fixture = CloudFixture()
    _ = try fixture.register(self.owner)
    let app = try fixture.signIn(self.owner)
    #expect(try fixture.transaction { try $0.history(of: app.session) } == [])
  }

  @Test func `operators end a session, a device's, or those of an account's clients`() throws {
    _ = try self.fixture.register(self.owner)
    let app = try self.fixture.signIn(self.owner)
    let other = try self.fixture.signIn(self.owner)
    let camera = try self.fixture.pairedCamera(1, app: app)
    func revoke(
      _ target: TokenTarget, _ filter: SessionFilter = SessionFilter()
    ) throws -> Set<SessionID>? {
      try self.fixture.transaction {
        try self.fixture.cloud.revokeSessions(
          of: target, where: filter, in: $0, at: self.fixture.now)
      }.map { events in
        Set(
          events.compactMap {
            if case .sessionEnded(let id, .revoked) = $0 { id } else { nil }
          })
      }
    }
    #expect(try revoke(.session(other.session)) == [other.session])
    #expect(try revoke(.session(other.session)) == [])
    #expect(
      try revoke(.account(self.owner), SessionFilter(kind: .app)) == [app.session])
    #expect(try revoke(.device(try #require(camera.device))) == [camera.session])
    #expect(try revoke(.account(EmailAddress("nobody@example.org")!)) == nil)
    #expect(try self.refresh(app.refreshToken).refusal?.reason == .sessionEnded)
    #expect(try revoke(.account(self.owner)) == [])
    let end = try self.fixture.transaction { try $0.history(of: app.session).last?.event }
    #expect(end?.origin == .operator)
    #expect(end?.end == .revoked)
  }

  @Test func `what a logout killed gets no second end, and has none in its history`() throws {
    _ = try self.fixture.register(self.owner)
    let dead = try self.fixture.signIn(self.owner)
    try self.fixture.logOut(.everyone)
    let live = try self.fixture.signIn(self.owner)
    let events = try self.fixture.transaction {
      try self.fixture.cloud.revokeSessions(
        of: .account(self.owner), in: $0, at: self.fixture.now)
    }
    #expect(events == [.sessionEnded(live.session, .revoked)])
    #expect(try self.words(of: dead.session) == ["login 1"])
    #expect(try self.words(of: live.session) == ["login 1", "end 1"])
    #expect(try self.fixture.transaction { try $0.session(dead.session)?.end } == nil)
    #expect(try self.refresh(dead.refreshToken).refusal?.reason == .loggedOut)
  }
}
