import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

struct RefreshTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!

  private func camera(_ number: UInt8 = 1) throws -> GrantedTokens {
    if try self.fixture.transaction({ try $0.account(email: self.owner) }) == nil {
      _ = try self.fixture.register(self.owner)
    }
    return try self.fixture.pairedCamera(number, app: try self.fixture.signIn(self.owner))
  }

  @Test func `a live token gives a successor of the next generation`() throws {
    let first = try self.camera()
    let second = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    #expect(second.generation == 2)
    #expect(second.session == first.session)
    #expect(second.refreshToken != first.refreshToken)
    #expect(try self.fixture.caller(second).generation == 2)
  }

  @Test func `concurrent refreshes of one token get one and the same successor`() throws {
    let first = try self.camera()
    let successors = try (0..<5).map { _ in
      try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    }
    #expect(Set(successors.map(\.refreshToken)).count == 1)
    #expect(Set(successors.map(\.generation)) == [2])
  }

  @Test func `a client that lost the answer gets it again however late it asks`() throws {
    let first = try self.camera()
    let lost = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    self.fixture.advance(milliseconds: 400 * 86_400_000)
    let again = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    #expect(again.refreshToken == lost.refreshToken)
    #expect(try self.fixture.caller(again).generation == 2)
    #expect(try self.fixture.refresh(again.refreshToken, camera: 1).tokens().generation == 3)
  }

  @Test(arguments: [(600_000 as UInt64, true), (600_001, false)])
  func `a token whose successor was used is good for the window alone`(
    elapsed: UInt64, isGranted: Bool
  ) throws {
    let first = try self.camera()
    let second = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    try self.fixture.use(second)
    self.fixture.advance(milliseconds: elapsed)
    let outcome = try self.fixture.refresh(first.refreshToken, camera: 1)
    if isGranted {
      #expect(try outcome.tokens().refreshToken == second.refreshToken)
    } else {
      #expect(outcome.refusal?.reason == .replayed)
    }
  }

  @Test func `a token two generations old is a replay and ends its session alone`() throws {
    let first = try self.camera()
    let other = try self.camera(2)
    let second = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    let third = try self.fixture.refresh(second.refreshToken, camera: 1).tokens()

    let outcome = try self.fixture.refresh(first.refreshToken, camera: 1)
    #expect(outcome.refusal?.code == .invalidGrant)
    #expect(outcome.refusal?.reason == .replayed)
    #expect(outcome.events == [.sessionEnded(first.session, .replayed)])

    let dead = try self.fixture.refresh(third.refreshToken, camera: 1)
    #expect(dead.refusal?.reason == .sessionEnded)
    #expect(
      try self.fixture.authenticate(third.accessToken, camera: 1) == .refused(.sessionEnded))
    #expect(try self.fixture.refresh(other.refreshToken, camera: 2).tokens().generation == 2)
  }

  @Test func `a replay of a logged-out token harms nothing`() throws {
    let first = try self.camera()
    let second = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    _ = try self.fixture.refresh(second.refreshToken, camera: 1)
    try self.fixture.logOut(.device(CloudFixture.certificate(1).deviceID))
    let relinked = try self.fixture.relink(1).tokens()

    let outcome = try self.fixture.refresh(first.refreshToken, camera: 1)
    #expect(outcome.refusal?.reason == .loggedOut)
    #expect(outcome.events.isEmpty)
    #expect(try self.fixture.refresh(relinked.refreshToken, camera: 1).tokens().generation == 2)
  }

  @Test func `a token with any byte changed is unknown and harms nothing`() throws {
    let first = try self.camera()
    let text = Array(first.refreshToken.text.utf8)
    for index in text.indices {
      var garbled = text
      garbled[index] ^= 1
      let outcome = try self.fixture.refresh(
        Secret(String(decoding: garbled, as: UTF8.self)), camera: 1)
      #expect(outcome.refusal?.reason == .tokenUnknown, "byte \(index)")
    }
    #expect(try self.fixture.refresh(first.refreshToken, camera: 1).tokens().generation == 2)
  }

  @Test func `a forged token with a correct checksum is unknown and harms nothing`() throws {
    let first = try self.camera()
    let second = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    let third = try self.fixture.refresh(second.refreshToken, camera: 1).tokens()
    let genuine = try TokenText(parsing: Array(third.refreshToken.text.utf8))
    for index in genuine.payload.indices {
      var payload = genuine.payload
      // Makes generation 3 into 1 too: were it believed, that would be a replay.
      payload[index] ^= 2
      let forged = TokenText(prefix: .refresh, payload: payload).bytes
      let outcome = try self.fixture.refresh(
        Secret(String(decoding: forged, as: UTF8.self)), camera: 1)
      #expect(outcome.refusal?.reason == .tokenUnknown, "byte \(index)")
      #expect(outcome.events.isEmpty)
    }
    #expect(try self.fixture.refresh(third.refreshToken, camera: 1).tokens().generation == 4)
  }

  @Test(arguments: ["", "rlkr_", "rlkr_AAAAAA", "rlkq_zzzzzzzz", "\u{0}", "🏠"])
  func `what is no token is unknown`(text: String) throws {
    _ = try self.camera()
    let outcome = try self.fixture.refresh(Secret(text), camera: 1)
    #expect(outcome.refusal?.reason == .tokenUnknown)
  }

  @Test func `another client's token is unknown and harms nothing`() throws {
    let first = try self.camera()
    let outcome = try self.fixture.token(
      .refreshToken(token: first.refreshToken, clientID: "relink-scale"),
      certificate: CloudFixture.certificate(1))
    #expect(outcome.refusal?.reason == .tokenUnknown)
    #expect(try self.fixture.refresh(first.refreshToken, camera: 1).tokens().generation == 2)
  }

  @Test(
    arguments: [(nil, .invalidClient, nil), (2, .invalidGrant, .tokenUnknown)]
      as [(UInt8?, GrantRefusal.Code, GrantRefusal.Reason?)])
  func `a bound token without its certificate is refused and harms nothing`(
    other: UInt8?, code: GrantRefusal.Code, reason: GrantRefusal.Reason?
  ) throws {
    let first = try self.camera()
    let second = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    try self.fixture.use(second)
    self.fixture.advance(milliseconds: 600_001)
    // The stolen token would be a replay, yet without the key it is nobody's.
    let outcome = try self.fixture.token(
      .refreshToken(token: first.refreshToken, clientID: "relink-camera"),
      certificate: other.map { CloudFixture.certificate($0) })
    #expect(outcome.refusal?.code == code)
    #expect(outcome.refusal?.reason == reason)
    #expect(outcome.events.isEmpty)
    #expect(try self.fixture.refresh(second.refreshToken, camera: 1).tokens().generation == 3)
  }

  @Test func `an unknown client is refused as such`() throws {
    let outcome = try self.fixture.token(
      .refreshToken(token: Secret("rlkr_x"), clientID: "relink-kettle"))
    #expect(outcome.refusal?.code == .invalidClient)
  }

  @Test func `a clock that jumps back logs nobody out`() throws {
    let first = try self.camera()
    let second = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    try self.fixture.use(second)
    self.fixture.now = UnixMilliseconds(1_000)
    #expect(
      try self.fixture.refresh(first.refreshToken, camera: 1).tokens().refreshToken
        == second.refreshToken)
    let third = try self.fixture.refresh(second.refreshToken, camera: 1).tokens()
    #expect(try self.fixture.caller(third).generation == 3)
  }

  @Test func `an app's token rotates in the same way`() throws {
    _ = try self.fixture.register(self.owner)
    let app = try self.fixture.signIn(self.owner)
    let request = TokenRequest.refreshToken(token: app.refreshToken, clientID: "relink-app")
    let once = try self.fixture.grantedTokens(request)
    #expect(try self.fixture.grantedTokens(request).refreshToken == once.refreshToken)
  }

  @Test func `the stored nonce makes no successor without the successor's key`() throws {
    let first = try self.camera()
    let second = try self.fixture.refresh(first.refreshToken, camera: 1).tokens()
    let keys = self.fixture.cloud.configuration.keys
    var bytes = keys.bytes
    bytes[95] ^= 1
    let others = try #require(TokenKeys(bytes: bytes))
    // The token itself is genuine by the other keys.
    let token = try #require(RefreshToken(parsing: first.refreshToken, keys: others))
    let session = try #require(
      try self.fixture.transaction { try $0.session(first.session) })
    let nonce = try #require(session.successorNonce)
    #expect(token.successor(of: session, nonce: nonce, keys: keys)?.text == second.refreshToken)
    #expect(token.successor(of: session, nonce: nonce, keys: others) == nil)
    let guess = token.successor(nonce: nonce, minted: session.liveMint, keys: others)
    #expect(try self.fixture.refresh(guess.text, camera: 1).refusal?.reason != nil)
  }
}
