import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@Suite struct AccessExpiryTests {
  private let fixture = CloudFixture()
  private let owner = EmailAddress("owner@example.org")!

  private func expire(_ target: TokenTarget) throws -> AccessScope? {
    try self.fixture.transaction {
      try self.fixture.cloud.expireAccessTokens(of: target, in: $0, at: self.fixture.now)
    }
  }

  private func app() throws -> GrantedTokens {
    _ = try self.fixture.register(self.owner)
    return try self.fixture.signIn(self.owner)
  }

  private func isAccepted(_ token: Secret, camera: UInt8? = nil) throws -> Bool {
    switch try self.fixture.authenticate(token, camera: camera) {
    case .accepted, .acceptedFirstUse: return true
    case .wrongKind: return false
    case .refused(let refusal):
      #expect(refusal == .expired)
      return false
    }
  }

  // The clock stands still in all of these.
  @Test func `what was minted before is expired at once, what is minted after it is good`() throws {
    let first = try self.app()
    #expect(try self.expire(.session(first.session)) == .session(first.session))
    #expect(try !self.isAccepted(first.accessToken))
    let second = try self.fixture.grantedTokens(
      .refreshToken(token: first.refreshToken, clientID: "relink-app"))
    #expect(try self.isAccepted(second.accessToken))
    _ = try self.expire(.session(first.session))
    #expect(try !self.isAccepted(second.accessToken))
    #expect(try !self.isAccepted(first.accessToken))
    // The same successor again, with an access token of its own.
    let again = try self.fixture.grantedTokens(
      .refreshToken(token: first.refreshToken, clientID: "relink-app"))
    #expect(again.refreshToken == second.refreshToken)
    #expect(try self.isAccepted(again.accessToken))
  }

  @Test func `each target covers its own and nothing else`() throws {
    let app = try self.app()
    let camera = try self.fixture.pairedCamera(1, app: app)
    func accepted() throws -> [Bool] {
      [try self.isAccepted(app.accessToken), try self.isAccepted(camera.accessToken, camera: 1)]
    }
    _ = try self.expire(.kind(.scale))
    _ = try self.expire(.client("relink-scale"))
    #expect(try accepted() == [true, true])
    _ = try self.expire(.device(try #require(camera.device)))
    #expect(try accepted() == [true, false])
    let renewed = try self.fixture.refresh(camera.refreshToken, camera: 1).tokens()
    _ = try self.expire(.client("relink-app"))
    #expect(try !self.isAccepted(app.accessToken))
    #expect(try self.isAccepted(renewed.accessToken, camera: 1))
    _ = try self.expire(.kind(.camera))
    #expect(try !self.isAccepted(renewed.accessToken, camera: 1))
  }

  @Test(arguments: [TokenTarget.everyone, .account(EmailAddress("owner@example.org")!)])
  func `an account's apps and devices refresh`(target: TokenTarget) throws {
    let app = try self.app()
    let camera = try self.fixture.pairedCamera(1, app: app)
    _ = try self.expire(target)
    #expect(try !self.isAccepted(app.accessToken))
    #expect(try !self.isAccepted(camera.accessToken, camera: 1))
    let renewed = try self.fixture.refresh(camera.refreshToken, camera: 1).tokens()
    #expect(try self.isAccepted(renewed.accessToken, camera: 1))
  }

  @Test(arguments: [
    TokenTarget.client("nobody"), .account(EmailAddress("nobody@example.org")!),
    .device(DeviceID("00000000-0000-4000-8000-000000000000")!),
    .session(SessionID("00000000-0000-4000-8000-000000000000")!),
  ])
  func `whoever is not known expires nothing`(target: TokenTarget) throws {
    let app = try self.app()
    #expect(try self.expire(target) == nil)
    #expect(try self.isAccepted(app.accessToken))
  }

  @Test func `a caller who was let in before is refused by every later check`() throws {
    let app = try self.app()
    let caller = try self.fixture.caller(app)
    _ = try self.expire(.kind(.app))
    try self.fixture.transaction { transaction in
      let (cloud, now) = (self.fixture.cloud, self.fixture.now)
      #expect(try cloud.refusal(of: caller, in: transaction, at: now) == .expired)
      #expect(try cloud.confirm(caller, in: transaction) == .expired)
      let pairing = try cloud.createPairingToken(
        by: caller, nickname: nil, relinkPolicy: nil, in: transaction, at: now,
        random: &self.fixture.random)
      guard case .refused(.expired) = pairing else {
        Issue.record("\(pairing)")
        return
      }
    }
  }

  @Test func `a token of a time that the database does not know is unknown`() throws {
    let app = try self.app()
    let copy = self.fixture.store.snapshot()
    let newer = try self.fixture.grantedTokens(
      .refreshToken(token: app.refreshToken, clientID: "relink-app"))
    self.fixture.store.restore(copy)
    #expect(
      try self.fixture.authenticate(newer.accessToken) == .refused(.tokenUnknown))
    #expect(try self.isAccepted(app.accessToken))
  }
}
