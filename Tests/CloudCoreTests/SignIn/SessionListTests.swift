import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct SessionListTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!

  init() throws { _ = try self.fixture.register(self.owner) }

  private func sessions(of caller: Authenticated) throws -> [OwnSession] {
    try self.fixture.transaction {
      try self.fixture.cloud.sessions(of: caller, in: $0, at: self.fixture.now)
    }
  }

  private func revoke(_ id: SessionID?, by caller: Authenticated) throws -> SessionRevocation {
    try self.fixture.transaction {
      try self.fixture.cloud.revokeSession(id, by: caller, in: $0, at: self.fixture.now)
    }
  }

  @Test func `an owner sees every session of the account, and which is the present one`() throws {
    let phone = try self.fixture.app(of: self.owner)
    self.fixture.advance(milliseconds: 5_000)
    let tablet = try self.fixture.signIn(self.owner)
    let camera = try self.fixture.pairedCamera(1, app: tablet)
    let listed = try self.sessions(of: self.fixture.caller(tablet))
    #expect(Set(listed.map(\.session.id)) == [phone.session, tablet.session, camera.session])
    #expect(listed.first?.session.id == phone.session)
    #expect(listed.filter(\.isCurrent).map(\.session.id) == [tablet.session])
    #expect(listed.first?.lastUsedAt.value == self.fixture.now.value - 5_000)
    #expect(listed.compactMap(\.nickname) == ["camera"])
  }

  @Test func `another's sessions are neither seen nor ended`() throws {
    let other = EmailAddress("other@example.org")!
    _ = try self.fixture.register(other)
    let mine = try self.fixture.app(of: self.owner)
    let theirs = try self.fixture.app(of: other)
    #expect(try self.sessions(of: mine).map(\.session.id) == [mine.session])
    #expect(try self.revoke(theirs.session, by: mine) == .notFound)
    #expect(try self.revoke(nil, by: mine) == .notFound)
    #expect(try self.sessions(of: theirs).count == 1)
  }

  @Test func `a session that is ended is gone at once, and ends once`() throws {
    let phone = try self.fixture.app(of: self.owner)
    let tablet = try self.fixture.app(of: self.owner)
    #expect(
      try self.revoke(phone.session, by: tablet)
        == .revoked([.sessionEnded(phone.session, .revoked)]))
    #expect(try self.sessions(of: tablet).map(\.session.id) == [tablet.session])
    #expect(try self.revoke(phone.session, by: tablet) == .notFound)
    #expect(try self.revoke(tablet.session, by: phone) == .refused(.sessionEnded))
  }

  @Test func `a device ends no session`() throws {
    let app = try self.fixture.signIn(self.owner)
    let camera = try self.fixture.caller(self.fixture.pairedCamera(1, app: app))
    #expect(try self.revoke(app.session, by: camera) == .wrongKind)
  }

  @Test func `what a logout killed is not listed`() throws {
    let phone = try self.fixture.app(of: self.owner)
    _ = try self.fixture.logOut(.session(phone.session))
    let tablet = try self.fixture.app(of: self.owner)
    #expect(try self.sessions(of: tablet).map(\.session.id) == [tablet.session])
    #expect(try self.revoke(phone.session, by: tablet) == .notFound)
  }

  @Test func `one whose access tokens live on after its refresh tokens is seen and ended`() throws {
    let phone = try self.fixture.app(of: self.owner)
    let tablet = try self.fixture.app(of: self.owner)
    try self.fixture.transaction { transaction in
      var session = try #require(try transaction.session(phone.session))
      session.end = .spent
      try transaction.save(session)
    }
    #expect(try self.sessions(of: tablet).count == 2)
    #expect(
      try self.revoke(phone.session, by: tablet)
        == .revoked([.sessionEnded(phone.session, .revoked)]))
    #expect(try self.sessions(of: tablet).count == 1)
  }
}

extension SessionListTests {
  @Test func `such a one is listed until its last access token has expired`() throws {
    let tablet = try self.fixture.app(of: self.owner)
    let (_, held) = try self.fixture.spentSession(of: self.owner, answeringAgainAfter: 3_000_000)
    try self.fixture.logOut(.issuedBefore(UnixMilliseconds(1)))
    self.fixture.advance(milliseconds: 3_599_999)
    _ = try self.fixture.caller(held)
    #expect(
      try Set(self.sessions(of: tablet).map(\.session.id)) == [tablet.session, held.session])
    self.fixture.advance(milliseconds: 1)
    #expect(try self.sessions(of: tablet).map(\.session.id) == [tablet.session])
  }

  @Test func `a cut-off that reaches all its access tokens takes it off the list`() throws {
    let (_, held) = try self.fixture.spentSession(of: self.owner)
    try self.fixture.logOut(.issuedBefore(nil))
    let tablet = try self.fixture.app(of: self.owner)
    #expect(try self.sessions(of: tablet).map(\.session.id) == [tablet.session])
    #expect(try self.revoke(held.session, by: tablet) == .notFound)
  }
}

extension CloudFixture {
  /// A session whose refresh tokens are dead, since an old one was presented again.
  ///
  /// - Parameter wait: How long its answer is lost for, in milliseconds.
  /// - Returns: What it was opened with, and the last that its client got.
  func spentSession(
    of owner: EmailAddress, answeringAgainAfter wait: UInt64 = 0
  ) throws -> (first: GrantedTokens, held: GrantedTokens) {
    self.setPolicy(TokenPolicy(rotation: .retireOnUse, reaction: .refreshTokens))
    func refresh(_ tokens: GrantedTokens) throws -> TokenOutcome {
      try self.token(.refreshToken(token: tokens.refreshToken, clientID: "relink-app"))
    }
    let first = try self.signIn(owner)
    let second = try refresh(first).tokens()
    _ = try refresh(second).tokens()
    self.advance(milliseconds: wait)
    let held = try refresh(second).tokens()
    let replay = try refresh(first)
    #expect(replay.events == [.sessionEnded(first.session, .spent)])
    return (first, held)
  }

  /// Logs an app of this owner in.
  func app(of owner: EmailAddress) throws -> Authenticated {
    try self.caller(try self.signIn(owner))
  }
}
