import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

/// Logouts of whatever was issued before a time.
struct CutOffTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  let start: UInt64
  let app: GrantedTokens
  let camera: GrantedTokens

  init() throws {
    self.start = self.fixture.now.value
    _ = try self.fixture.register(self.owner)
    self.app = try self.fixture.signIn(self.owner)
    self.camera = try self.fixture.pairedCamera(1, app: self.app)
  }

  /// The offset is from the start, in milliseconds; nil is now.
  @discardableResult
  private func cutOff(_ offset: Int?) throws -> LogoutRecord {
    let outcome = try self.fixture.logOut(
      .issuedBefore(offset.map { UnixMilliseconds(self.start + UInt64($0)) }))
    guard case .loggedOut(let record) = outcome else { throw FixtureFailure() }
    return record
  }

  private func refreshApp(_ token: Secret) throws -> TokenOutcome {
    try self.fixture.token(.refreshToken(token: token, clientID: "relink-app"))
  }

  private func isTaken(_ tokens: GrantedTokens, camera: UInt8? = nil) throws -> Bool {
    switch try self.fixture.authenticate(tokens.accessToken, camera: camera) {
    case .accepted, .acceptedFirstUse: true
    case .wrongKind, .refused: false
    }
  }

  @Test(arguments: [(0, true), (1, false), (500, false)])
  func `an access token dies that was minted before the time, and no other`(
    offset: Int, isTaken: Bool
  ) throws {
    self.fixture.advance(milliseconds: 1_000)
    let record = try self.cutOff(offset)
    #expect(record.before?.value == self.start + UInt64(offset))
    #expect(try self.isTaken(self.app) == isTaken)
    if !isTaken {
      #expect(
        try self.fixture.authenticate(self.app.accessToken) == .refused(.loggedOut(record)))
    }
  }

  /// The app's session and its live token must not differ about when that was minted.
  @Test(arguments: [(3_000, true), (5_000, true), (5_001, false)])
  func `what grace gives once more is judged by its own minting`(
    offset: Int, isLive: Bool
  ) throws {
    self.fixture.setPolicy(TokenPolicy(rotation: .grace(windowMilliseconds: 10_000)))
    self.fixture.advance(milliseconds: 1_000)
    _ = try self.refreshApp(self.app.refreshToken).tokens()
    self.fixture.advance(milliseconds: 4_000)
    let another = try self.refreshApp(self.app.refreshToken).tokens()
    self.fixture.advance(milliseconds: 1_000)
    try self.cutOff(offset)
    let sessions = try self.fixture.transaction {
      try self.fixture.cloud.status(limit: 0, in: $0, at: self.fixture.now).liveSessions
    }
    #expect(sessions[.app] == (isLive ? 1 : nil))
    let next = try self.refreshApp(another.refreshToken)
    #expect(next.refusal?.reason == (isLive ? nil : .loggedOut))
  }

  @Test func `each refresh token is judged by its own minting`() throws {
    self.fixture.advance(milliseconds: 1_000)
    let second = try self.fixture.refresh(self.camera.refreshToken, camera: 1).tokens()
    self.fixture.advance(milliseconds: 1_000)
    try self.cutOff(1_000)
    let first = try self.fixture.refresh(self.camera.refreshToken, camera: 1)
    #expect(first.refusal?.reason == .loggedOut)
    #expect(try self.isTaken(second, camera: 1))
    let third = try self.fixture.refresh(second.refreshToken, camera: 1).tokens()
    try self.cutOff(1_001)
    // The former token was minted at 1,000, its successor later.
    #expect(
      try self.fixture.refresh(second.refreshToken, camera: 1).refusal?.reason == .loggedOut)
    #expect(try self.fixture.refresh(third.refreshToken, camera: 1).tokens().generation == 4)
  }

  @Test func `a lost answer is given again after a time before its token's minting`() throws {
    self.fixture.advance(milliseconds: 1_000)
    let second = try self.fixture.refresh(self.camera.refreshToken, camera: 1).tokens()
    let third = try self.fixture.refresh(second.refreshToken, camera: 1).tokens()
    try self.cutOff(1_000)
    let again = try self.fixture.refresh(second.refreshToken, camera: 1).tokens()
    #expect(again.refreshToken == third.refreshToken)
    #expect(try self.isTaken(again, camera: 1))
  }

  @Test func `a lost answer is given again also if a cut-off had spared the token before`() throws {
    try self.cutOff(0)
    self.fixture.advance(milliseconds: 1_000)
    let second = try self.fixture.refresh(self.camera.refreshToken, camera: 1).tokens()
    let again = try self.fixture.refresh(self.camera.refreshToken, camera: 1).tokens()
    #expect(again.refreshToken == second.refreshToken)
    #expect(try self.fixture.refresh(again.refreshToken, camera: 1).tokens().generation == 3)
  }

  @Test func `what is minted after a cut-off lives, also in its millisecond and by a repeat`()
    throws
  {
    self.fixture.advance(milliseconds: 3_600_000)
    let first = try self.fixture.signIn(self.owner)
    func refresh() throws -> GrantedTokens {
      try self.fixture.grantedTokens(
        .refreshToken(token: first.refreshToken, clientID: "relink-app"))
    }
    let second = try refresh()
    try self.cutOff(3_600_000)
    // The clock is set back: by its time what is minted now is older than the cut-off.
    self.fixture.now = UnixMilliseconds(self.start)
    let again = try refresh()
    #expect(again.refreshToken == second.refreshToken)
    #expect(try self.isTaken(again))
  }

  @Test func `who is refused is told of the first logout that took it in, not of others`() throws {
    self.fixture.advance(milliseconds: 2_000)
    let late = try self.fixture.signIn(self.owner)
    self.fixture.advance(milliseconds: 2_000)
    let spared = try self.cutOff(1_000)
    let killer = try self.cutOff(3_000)
    _ = try self.cutOff(3_500)
    #expect(
      try self.fixture.authenticate(self.app.accessToken) == .refused(.loggedOut(spared)))
    #expect(try self.fixture.authenticate(late.accessToken) == .refused(.loggedOut(killer)))
  }

  @Test func `only sessions that live are counted`() throws {
    let other = try self.fixture.signIn(self.owner)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.revoke(
        other.refreshToken, clientID: "relink-app", certificate: nil, in: $0,
        at: self.fixture.now)
    }
    #expect(outcome == .done([.sessionEnded(other.session, .revoked)]))
    for (target, count) in [
      (.session(other.session), 0), (.account(self.owner), 2), (.account(self.owner), 0),
    ] as [(LogoutTarget, UInt64)] {
      let reach = try self.fixture.transaction {
        try self.fixture.cloud.reach(of: target, in: $0, at: self.fixture.now)
      }
      guard case .reaches(let reached, _, _) = reach,
        case .loggedOut(let record) = try self.fixture.logOut(target)
      else {
        Issue.record("nobody is reached")
        return
      }
      #expect(reached.sessions.values.reduce(0, +) == count)
      #expect(record.sessionCount == count)
    }
  }

  @Test func `now is exact to the token, not to the millisecond`() throws {
    try self.cutOff(nil)
    #expect(try !self.isTaken(self.app))
    #expect(try !self.isTaken(self.camera, camera: 1))
    let sameMillisecond = try self.fixture.signIn(self.owner)
    #expect(try self.isTaken(sameMillisecond))
    #expect(
      try self.fixture.grantedTokens(
        .refreshToken(token: sameMillisecond.refreshToken, clientID: "relink-app")
      ).generation == 2)
    try self.cutOff(nil)
    #expect(try !self.isTaken(sameMillisecond))
  }

  @Test func `now kills what was minted while the clock was ahead, and nothing of after`() throws {
    self.fixture.now = UnixMilliseconds(self.start - 120_000)
    let same = try self.fixture.signIn(self.owner)
    let reach = try self.fixture.transaction {
      try self.fixture.cloud.reach(of: .issuedBefore(nil), in: $0, at: self.fixture.now)
    }
    guard case .reaches(let live, .issuedBefore, let time) = reach else { throw FixtureFailure() }
    #expect(live.sessions == [.app: 2, .camera: 1])
    let record = try self.cutOff(nil)
    #expect(record.before?.value == self.start - 120_000 + 1)
    #expect(record.before == time?.shown)
    for tokens in [self.app, same] {
      #expect(
        try self.fixture.authenticate(tokens.accessToken) == .refused(.loggedOut(record)))
    }
    #expect(try !self.isTaken(self.camera, camera: 1))
    #expect(
      try self.fixture.refresh(self.camera.refreshToken, camera: 1).refusal?.reason == .loggedOut)
    #expect(try self.fixture.transaction { try $0.liveSessionCounts(besides: []) } == [:])
    #expect(try self.isTaken(self.fixture.signIn(self.owner)))
  }

  @Test func `a second one with an earlier time kills nothing that followed the first`() throws {
    self.fixture.advance(milliseconds: 1_000)
    try self.cutOff(nil)
    let after = try self.fixture.signIn(self.owner)
    self.fixture.now = UnixMilliseconds(self.start + 600)
    let jumpedBack = try self.fixture.signIn(self.owner)
    try self.cutOff(500)
    #expect(try self.isTaken(after))
    #expect(try self.isTaken(jumpedBack))
    #expect(try !self.isTaken(self.app))
    try self.cutOff(600)
    #expect(try self.isTaken(jumpedBack))
    self.fixture.advance(milliseconds: 1)
    try self.cutOff(601)
    #expect(try !self.isTaken(jumpedBack))
    #expect(try self.isTaken(after))
  }

  /// Against all logouts, each as it was ordered.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `those that are kept kill what all of them do`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var cutOffs = CutOffs()
    var all: [CutOff] = []
    for epoch in 1...12 as ClosedRange<UInt64> {
      let before =
        Bool.random(using: &random) && epoch % 4 == 0
        ? CutOff.whenever : UnixMilliseconds(UInt64.random(in: 0...20, using: &random))
      all.append(CutOff(epoch: epoch, before: before))
      cutOffs.add(all[all.count - 1])
      #expect(cutOffs.epoch == epoch)
      for cutOffCount in 0...epoch {
        for at in 0...21 as ClosedRange<UInt64> {
          let mark = MintMark(at: UnixMilliseconds(at), cutOffs: cutOffCount)
          let isDead = all.contains { $0.epoch > cutOffCount && mark.at < $0.before }
          #expect(cutOffs.kills(mark) == isDead)
        }
      }
    }
    // Whatever the order in which they are met again.
    #expect(CutOffs(all.shuffled(using: &random)) == cutOffs)
    #expect(CutOffs(cutOffs.steps + all) == cutOffs)
  }

  @Test func `a later one with an earlier time takes nothing back`() throws {
    self.fixture.advance(milliseconds: 700)
    let later = try self.fixture.signIn(self.owner)
    self.fixture.advance(milliseconds: 700)
    #expect(try self.cutOff(1_000).epoch == 1)
    let second = try self.cutOff(500)
    #expect(second.epoch == 2)
    #expect(second.before?.value == self.start + 500)
    #expect(try !self.isTaken(later))
    #expect(
      try self.fixture.token(
        .refreshToken(token: later.refreshToken, clientID: "relink-app")
      ).refusal?.reason == .loggedOut)
  }

  @Test func `it combines with other scopes: neither forgives the other`() throws {
    self.fixture.advance(milliseconds: 1_000)
    let later = try self.fixture.signIn(self.owner)
    try self.cutOff(500)
    #expect(try self.isTaken(later))
    try self.fixture.logOut(.kind(.app))
    #expect(try !self.isTaken(later))
    try self.cutOff(500)
    #expect(try !self.isTaken(later))
  }

  @Test func `what is minted after it lives although the clock jumped back`() throws {
    try self.cutOff(nil)
    self.fixture.now = UnixMilliseconds(self.start - 86_400_000)
    let app = try self.fixture.signIn(self.owner)
    #expect(try self.isTaken(app))
    let camera = try self.fixture.relink(1).tokens()
    let next = try self.fixture.refresh(camera.refreshToken, camera: 1).tokens()
    #expect(try self.isTaken(next, camera: 1))
    #expect(try self.fixture.refresh(next.refreshToken, camera: 1).tokens().generation == 3)
  }

  @Test func `a time to come is refused: nobody could log in`() throws {
    let outcome = try self.fixture.logOut(.issuedBefore(UnixMilliseconds(self.start + 1)))
    #expect(outcome == .timeToCome)
    #expect(try self.isTaken(self.app))
    #expect(try self.fixture.transaction { try $0.logouts(limit: 1) }.isEmpty)
  }

  @Test(arguments: [(0, true), (1, false)])
  func `a code and a pairing token are judged by their own minting`(
    offset: Int, areTaken: Bool
  ) throws {
    let code = try self.fixture.authorizationCode(of: self.owner)
    let pairingToken = try self.fixture.pairingToken(by: self.app)
    self.fixture.advance(milliseconds: 1_000)
    try self.cutOff(offset)
    let exchange = try self.fixture.token(
      .authorizationCode(
        code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier))
    #expect(exchange.refusal?.reason == (areTaken ? nil : .loggedOut))
    let pairing = try self.fixture.pair(CloudFixture.certificate(2), with: pairingToken)
    #expect(pairing.refusal?.reason == (areTaken ? nil : .pairingTokenExpired))
  }

  @Test func `whoever asks is told the reason of the logout that reached the token`() throws {
    self.fixture.advance(milliseconds: 1_000)
    let reached = try self.cutOff(500)
    try self.cutOff(100)
    #expect(
      try self.fixture.authenticate(self.app.accessToken) == .refused(.loggedOut(reached)))
    let refresh = try self.fixture.refresh(self.camera.refreshToken, camera: 1)
    #expect(refresh.refusal?.logoutReason == "exercise")
  }

  @Test func `a session counts as live while its newest refresh token is`() throws {
    self.fixture.advance(milliseconds: 1_000)
    _ = try self.fixture.refresh(self.camera.refreshToken, camera: 1).tokens()
    try self.cutOff(1_000)
    #expect(try self.fixture.transaction { try $0.liveSessionCounts(besides: []) } == [.camera: 1])
    try self.cutOff(nil)
    #expect(try self.fixture.transaction { try $0.liveSessionCounts(besides: []) } == [:])
  }

  // MARK: Tokens of before there were cut-offs

  @Test func `tokens of the former format are taken until a logout reaches them`() throws {
    let id = self.camera.session
    let keys = self.fixture.cloud.configuration.keys
    let former = try self.fixture.transaction { transaction throws in
      // As the former version left the session: its live token says nothing about its minting.
      let token = try #require(RefreshToken(parsing: self.camera.refreshToken, keys: keys))
      let nonce = Bytes32(repeating: 3)
      let former = token.successor(nonce: nonce, minted: nil, keys: keys)
      var session = try #require(try transaction.session(id))
      session.previousHash = session.liveHash
      session.liveHash = former.hash
      session.successorNonce = nonce
      session.generation = 2
      try transaction.save(session)
      return former
    }
    #expect(former.text.text.utf8.count == self.camera.refreshToken.text.utf8.count - 21)
    // A lost answer gives that token again, not one of the present format.
    let again = try self.fixture.refresh(self.camera.refreshToken, camera: 1).tokens()
    #expect(again.refreshToken == former.text)
    let next = try self.fixture.refresh(former.text, camera: 1).tokens()
    #expect(next.generation == 3)
    self.fixture.advance(milliseconds: 1_000)
    try self.cutOff(1)
    #expect(try self.fixture.refresh(former.text, camera: 1).refusal?.reason == .loggedOut)
  }

  @Test func `an access token of before there were regions and cut-offs reads as it did`() throws {
    let keys = self.fixture.cloud.configuration.keys
    func byteCount(region: UInt64, issuedBefore: UInt64) throws -> Int {
      let claims = AccessTokenClaims(
        kind: .app, session: self.app.session, account: self.app.account, device: nil,
        generation: 1, issuedAt: self.fixture.now, expiresAt: self.fixture.now.adding(seconds: 9),
        epochs: EpochReading(
          everyone: 1, kind: 2, region: region, account: 3, device: 4, session: 5,
          issuedBefore: issuedBefore), binding: .certificate(Bytes32(repeating: 1)))
      let sealed = claims.sealed(with: keys)
      #expect(AccessTokenClaims(unsealing: sealed, with: keys) == claims)
      return try TokenText(parsing: Array(sealed.text.utf8)).payload.count
    }
    // Version, kind and flags; two ids; eight numbers; certificate; MAC.
    #expect(try byteCount(region: 0, issuedBefore: 0) == 3 + 2 * 16 + 8 * 8 + 32 + 32)
    #expect(try byteCount(region: 1, issuedBefore: 0) == 3 + 2 * 16 + 10 * 8 + 32 + 32)
    #expect(try byteCount(region: 0, issuedBefore: 1) == 3 + 2 * 16 + 10 * 8 + 32 + 32)
  }
}
