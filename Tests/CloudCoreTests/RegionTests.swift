import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct RegionTests {
  let fixture = CloudFixture()
  let here = EmailAddress("here@example.org")!
  let there = EmailAddress("there@example.org")!
  let west = Region("eu-west")!

  init() throws {
    _ = try self.fixture.register(self.here)
    _ = try self.register(self.there, in: self.west)
  }

  private func register(_ email: EmailAddress, in region: Region) throws -> Account {
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.register(
        email: email, passwordHash: CloudFixture.passwordHash, region: region, in: $0,
        at: self.fixture.now, random: &self.fixture.random)
    }
    guard case .created(let account) = outcome else { throw FixtureFailure() }
    return account
  }

  private func move(_ email: EmailAddress, to region: Region) throws -> RegionOutcome {
    try self.fixture.transaction {
      try self.fixture.cloud.move(
        email, to: region, reason: "moved", operatorName: "somebody", in: $0,
        at: self.fixture.now)
    }
  }

  private func isTaken(_ tokens: GrantedTokens) throws -> Bool {
    switch try self.fixture.authenticate(tokens.accessToken) {
    case .accepted, .acceptedFirstUse: true
    case .wrongKind, .refused: false
    }
  }

  @Test(arguments: [
    ("eu-west", true), ("a", true), ("us-east-2", true), (String(repeating: "a", count: 32), true),
    (String(repeating: "a", count: 33), false), ("", false), ("EU", false), ("eu west", false),
    ("-eu", false), ("eu-", false), ("1eu", false), ("eu_west", false), ("eü", false),
  ])
  func `a region is a word`(text: String, isOne: Bool) {
    #expect((Region(text) != nil) == isOne)
  }

  @Test func `a logout of a region covers its accounts and no other`() throws {
    let here = try self.fixture.signIn(self.here)
    let there = try self.fixture.signIn(self.there)
    let camera = try self.fixture.pairedCamera(1, app: there)
    let pairingToken = try self.fixture.pairingToken(by: there)
    let outcome = try self.fixture.logOut(.region(self.west))
    guard case .loggedOut(let record) = outcome else { throw FixtureFailure() }
    #expect(record.scope == .region(self.west))
    #expect(record.epoch == 1)
    #expect(try self.isTaken(here))
    #expect(
      try self.fixture.authenticate(there.accessToken) == .refused(.loggedOut(record)))
    let refresh = try self.fixture.refresh(camera.refreshToken, camera: 1)
    #expect(refresh.refusal?.reason == .loggedOut)
    let pairing = try self.fixture.pair(CloudFixture.certificate(2), with: pairingToken)
    #expect(pairing.refusal?.reason == .pairingTokenExpired)
    #expect(try self.isTaken(self.fixture.signIn(self.there)))
  }

  @Test func `a region without accounts is unknown`() throws {
    #expect(try self.fixture.logOut(.region(Region("eu-wset")!)) == .unknownTarget)
    #expect(try self.fixture.transaction { try $0.logouts(limit: 1) }.isEmpty)
  }

  @Test func `a move logs the account out, and brings no dead token back`() throws {
    let minted = try self.fixture.signIn(self.there)
    try self.fixture.logOut(.region(self.west))
    #expect(try !self.isTaken(minted))
    // The other region's epoch is the one that the token was minted under.
    guard
      case .moved(let account, self.west, let record?) = try self.move(
        self.there, to: .standard)
    else { throw FixtureFailure() }
    #expect(account.region == .standard)
    #expect(record.scope == .account(account.id))
    #expect(try !self.isTaken(minted))
    #expect(
      try self.fixture.token(
        .refreshToken(token: minted.refreshToken, clientID: "relink-app")
      ).refusal?.reason == .loggedOut)

    let again = try self.fixture.signIn(self.there)
    try self.fixture.logOut(.region(self.west))
    #expect(try self.isTaken(again))
    try self.fixture.logOut(.region(.standard))
    #expect(try !self.isTaken(again))
  }

  @Test func `who is there already is left alone, and who is unknown is told`() throws {
    let minted = try self.fixture.signIn(self.there)
    guard case .moved(_, self.west, nil) = try self.move(self.there, to: self.west) else {
      throw FixtureFailure()
    }
    #expect(try self.isTaken(minted))
    #expect(
      try self.move(EmailAddress("nobody@example.org")!, to: self.west) == .unknownAccount)
  }
}
