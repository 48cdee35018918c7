import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

/// A session is judged by when its live refresh token was minted, however that came to be live.
struct LiveMintTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!

  private func signIn(_ rotation: RotationPolicy) throws -> GrantedTokens {
    self.fixture.setPolicy(TokenPolicy(rotation: rotation))
    _ = try self.fixture.register(self.owner)
    return try self.fixture.signIn(self.owner)
  }

  private func refresh(_ token: Secret) throws -> TokenOutcome {
    try self.fixture.token(.refreshToken(token: token, clientID: "relink-app"))
  }

  /// The session as status, lists and relinking see it.
  private func expect(_ tokens: GrantedTokens, isLive: Bool) throws {
    let cloud = self.fixture.cloud
    try self.fixture.transaction { transaction in
      let session = try #require(try transaction.session(tokens.session))
      let view = try cloud.view(of: session, in: transaction, at: self.fixture.now)
      #expect(view.refusal == (isLive ? nil : .loggedOut))
      #expect((view.logout == nil) == isLive)
      #expect(try transaction.isLoggedIn(session) == isLive)
      #expect(try transaction.liveSessionCounts() == (isLive ? [.app: 1] : [:]))
      #expect(try transaction.hasLiveSession(of: tokens.account, kind: .app) == isLive)
    }
  }

  @Test func `a session lives whose other successor was minted after a cut-off`() throws {
    let first = try self.signIn(.grace(windowMilliseconds: 30_000))
    _ = try self.refresh(first.refreshToken).tokens()
    let between = self.fixture.now.adding(seconds: 10)
    self.fixture.advance(milliseconds: 20_000)
    let another = try self.refresh(first.refreshToken).tokens()
    try self.fixture.logOut(.issuedBefore(between))
    try self.expect(another, isLive: true)
    let caller = try self.fixture.caller(another)
    let listed = try self.fixture.transaction {
      try self.fixture.cloud.sessions(of: caller, in: $0, at: self.fixture.now)
    }
    #expect(listed.map(\.session.id) == [another.session])
    #expect(try self.refresh(another.refreshToken).refusal == nil)
  }

  @Test func `a session dies whose reusable token is older than a cut-off, used or not`() throws {
    let first = try self.signIn(.strict)
    let second = try self.refresh(first.refreshToken).tokens()
    self.fixture.setPolicy(TokenPolicy(rotation: .reusable))
    let between = self.fixture.now.adding(seconds: 10)
    self.fixture.advance(milliseconds: 20_000)
    #expect(try self.refresh(second.refreshToken).tokens().refreshToken == second.refreshToken)
    try self.fixture.logOut(.issuedBefore(between))
    try self.expect(second, isLive: false)
    #expect(try self.refresh(second.refreshToken).refusal?.reason == .loggedOut)
  }

  @Test(arguments: [.retireOnUse, .idempotent(windowMilliseconds: 600_000)] as [RotationPolicy])
  func `what grace gave instead is given again when the policy has changed`(
    rotation: RotationPolicy
  ) throws {
    let first = try self.signIn(.grace(windowMilliseconds: 30_000))
    _ = try self.refresh(first.refreshToken).tokens()
    self.fixture.advance(milliseconds: 5_000)
    let another = try self.refresh(first.refreshToken).tokens()
    self.fixture.setPolicy(TokenPolicy(rotation: rotation))
    self.fixture.advance(milliseconds: 1_000)
    let again = try self.refresh(first.refreshToken).tokens()
    #expect(again.refreshToken == another.refreshToken)
    #expect(try self.refresh(again.refreshToken).tokens().generation == 3)
  }

  @Test func `no token is handed out that is not live`() throws {
    let first = try self.signIn(.retireOnUse)
    _ = try self.refresh(first.refreshToken).tokens()
    // As a former version left it, that did not keep when the live one was minted.
    try self.fixture.transaction { transaction in
      var session = try #require(try transaction.session(first.session))
      session.liveMintedAt = session.liveMintedAt.adding(milliseconds: 1)
      try transaction.save(session)
    }
    let again = try self.refresh(first.refreshToken).tokens()
    #expect(again.generation == 2)
    #expect(try self.refresh(again.refreshToken).tokens().generation == 3)
  }
}
