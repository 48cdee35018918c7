import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct AccessTokenTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  let app: GrantedTokens
  let camera: GrantedTokens

  init() throws {
    _ = try self.fixture.register(self.owner)
    self.app = try self.fixture.signIn(self.owner)
    self.camera = try self.fixture.pairedCamera(1, app: self.app)
  }

  @Test func `a token tells whose it is`() throws {
    let caller = try self.fixture.caller(self.camera)
    #expect(caller.kind == .camera)
    #expect(caller.account == self.app.account)
    #expect(caller.device == CloudFixture.certificate(1).deviceID)
    #expect(caller.session == self.camera.session)
    #expect(caller.generation == 1)
    #expect(caller.expiresAt.value == self.fixture.now.value + 3_600_000)
  }

  @Test func `the first use of a generation is told until it is confirmed`() throws {
    #expect(
      try self.fixture.authenticate(self.app.accessToken)
        == .acceptedFirstUse(self.fixture.caller(self.app)))
    try self.fixture.use(self.app)
    #expect(
      try self.fixture.authenticate(self.app.accessToken)
        == .accepted(self.fixture.caller(self.app)))
  }

  @Test func `a token of another kind is told apart from a bad one`() throws {
    #expect(
      try self.fixture.authenticate(self.app.accessToken, requiring: [.camera, .scale])
        == .wrongKind(self.fixture.caller(self.app)))
  }

  @Test(arguments: [(3_599_999 as UInt64, true), (3_600_000, false)])
  func `a token lives for its time`(elapsed: UInt64, isAlive: Bool) throws {
    let caller = try self.fixture.caller(self.app)
    self.fixture.advance(milliseconds: elapsed)
    let outcome = try self.fixture.authenticate(self.app.accessToken)
    #expect(outcome == (isAlive ? .acceptedFirstUse(caller) : .refused(.expired)))
    let refusal = try self.fixture.transaction {
      try self.fixture.cloud.refusal(of: caller, in: $0, at: self.fixture.now)
    }
    #expect(refusal == (isAlive ? nil : .expired))
  }

  @Test(arguments: [(300_000 as UInt64, true), (300_001, false)])
  func `after the clock jumped back a token from the future is no longer taken`(
    jump: UInt64, isAlive: Bool
  ) throws {
    let caller = try self.fixture.caller(self.app)
    self.fixture.now = UnixMilliseconds(self.fixture.now.value - jump)
    #expect(
      try self.fixture.authenticate(self.app.accessToken)
        == (isAlive ? .acceptedFirstUse(caller) : .refused(.expired)))
    let refusal = try self.fixture.transaction {
      try self.fixture.cloud.refusal(of: caller, in: $0, at: self.fixture.now)
    }
    #expect(refusal == (isAlive ? nil : .expired))
    // Its client gets a new one as for any that has expired.
    let renewed = try self.fixture.grantedTokens(
      .refreshToken(token: self.app.refreshToken, clientID: "relink-app"))
    #expect(try self.fixture.caller(renewed).session == caller.session)
  }

  @Test(arguments: [(7_776_000_000, true), (7_776_000_001, false)] as [(UInt64, Bool)])
  func `a dead session is remembered for ninety days, a live one for good`(
    elapsed: UInt64, isRemembered: Bool
  ) throws {
    let dead = try self.fixture.signIn(self.owner)
    _ = try self.fixture.transaction {
      try self.fixture.cloud.revoke(
        dead.refreshToken, clientID: "relink-app", certificate: nil, in: $0, at: self.fixture.now)
    }
    self.fixture.advance(milliseconds: elapsed)
    _ = try self.fixture.signIn(self.owner)
    try self.fixture.transaction { reader throws in
      #expect(try (reader.session(dead.session) != nil) == isRemembered)
      #expect(try reader.session(self.app.session) != nil)
    }
  }

  @Test func `what died since the check is not confirmed`() throws {
    let caller = try self.fixture.caller(self.app)
    try self.fixture.logOut(.everyone)
    let refusal = try self.fixture.transaction { try self.fixture.cloud.confirm(caller, in: $0) }
    #expect(refusal?.reason == "logged_out")
    #expect(
      try self.fixture.transaction { try $0.session(caller.session)?.confirmedGeneration } == 0)
  }

  @Test(arguments: [nil, 2] as [UInt8?])
  func `a bound token without its certificate is refused`(other: UInt8?) throws {
    #expect(
      try self.fixture.authenticate(self.camera.accessToken, camera: other)
        == .refused(.wrongCertificate))
  }

  @Test func `a token with any byte changed is unknown`() throws {
    let text = Array(self.camera.accessToken.text.utf8)
    for index in text.indices {
      var garbled = text
      garbled[index] ^= 1
      #expect(
        try self.fixture.authenticate(
          Secret(String(decoding: garbled, as: UTF8.self)), camera: 1)
          == .refused(.tokenUnknown), "byte \(index)")
    }
  }

  @Test func `a forged token with a correct checksum is unknown`() throws {
    let genuine = try TokenText(parsing: Array(self.camera.accessToken.text.utf8))
    for index in genuine.payload.indices {
      var payload = genuine.payload
      payload[index] ^= 1
      let forged = TokenText(prefix: .access, payload: payload).bytes
      #expect(
        try self.fixture.authenticate(
          Secret(String(decoding: forged, as: UTF8.self)), camera: 1)
          == .refused(.tokenUnknown), "byte \(index)")
    }
    for count in 0..<genuine.payload.count {
      let cut = TokenText(prefix: .access, payload: Array(genuine.payload.prefix(count))).bytes
      #expect(
        try self.fixture.authenticate(Secret(String(decoding: cut, as: UTF8.self)), camera: 1)
          == .refused(.tokenUnknown), "cut to \(count)")
    }
  }

  @Test func `a refresh token is no access token`() throws {
    #expect(
      try self.fixture.authenticate(self.camera.refreshToken, camera: 1)
        == .refused(.tokenUnknown))
    let payload = try TokenText(parsing: Array(self.camera.refreshToken.text.utf8)).payload
    let renamed = TokenText(prefix: .access, payload: payload).bytes
    #expect(
      try self.fixture.authenticate(
        Secret(String(decoding: renamed, as: UTF8.self)), camera: 1) == .refused(.tokenUnknown))
  }

  @Test func `a token of another cloud's keys is unknown`() throws {
    let stranger = CloudFixture(seed: 2)
    _ = try stranger.register(self.owner)
    let foreign = try stranger.signIn(self.owner)
    #expect(try self.fixture.authenticate(foreign.accessToken) == .refused(.tokenUnknown))
  }

  @Test func `keys are the same after they were kept`() throws {
    var random = SeededGenerator(seed: 3)
    let keys = TokenKeys(random: &random)
    #expect(keys.bytes.count == TokenKeys.byteCount)
    #expect(Set(stride(from: 0, to: 96, by: 32).map { Array(keys.bytes[$0..<$0 + 32]) }).count == 3)
    #expect(TokenKeys(bytes: keys.bytes)?.bytes == keys.bytes)
    #expect(TokenKeys(bytes: Array(keys.bytes.dropLast())) == nil)
  }

  @Test func `revoking either token ends the session, revoking a dead one changes nothing`() throws
  {
    let app2 = try self.fixture.signIn(self.owner)
    for (token, tokens) in [
      (self.app.refreshToken, self.app), (app2.accessToken, app2),
    ] {
      for expected in [[CloudEvent.sessionEnded(tokens.session, .revoked)], []] {
        let outcome = try self.fixture.transaction {
          try self.fixture.cloud.revoke(
            token, clientID: "relink-app", certificate: nil, in: $0, at: self.fixture.now)
        }
        #expect(outcome == .done(expected))
      }
      #expect(try self.fixture.authenticate(tokens.accessToken) == .refused(.sessionEnded))
    }
    #expect(try self.fixture.caller(self.camera).kind == .camera)
  }

  @Test(
    arguments: [
      ("relink-app", 1, .invalidGrant), ("relink-camera", nil, .invalidClient),
      ("relink-camera", 2, .invalidGrant), ("relink-scale", 1, .invalidGrant),
    ] as [(String, UInt8?, GrantRefusal.Code)])
  func `nobody else can revoke a device's tokens`(
    clientID: String, camera: UInt8?, code: GrantRefusal.Code
  ) throws {
    func refusal(of token: Secret) throws -> GrantRefusal? {
      let outcome = try self.fixture.transaction {
        try self.fixture.cloud.revoke(
          token, clientID: clientID,
          certificate: camera.map { CloudFixture.certificate($0) }, in: $0, at: self.fixture.now)
      }
      guard case .refused(let refusal) = outcome else { return nil }
      return refusal
    }
    let tokens = [self.camera.refreshToken, self.camera.accessToken]
    let whileAlive = try tokens.map { try refusal(of: $0) }
    #expect(whileAlive.map { $0?.code } == [code, code])
    #expect(try self.fixture.caller(self.camera).kind == .camera)
    // Whether it lives is nothing for others; what is no token of ours is answered like a dead one.
    try self.fixture.logOut(.everyone)
    #expect(try tokens.map { try refusal(of: $0) } == whileAlive)
    #expect(try refusal(of: Secret("nonsense"))?.code == (code == .invalidGrant ? nil : code))
  }
}
