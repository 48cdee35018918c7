import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct IntrospectionTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  let app: GrantedTokens
  let camera: GrantedTokens

  init() throws {
    _ = try self.fixture.register(self.owner)
    self.app = try self.fixture.signIn(self.owner)
    self.camera = try self.fixture.pairedCamera(1, app: self.app)
  }

  @Test func `an access token is told with what it is bound to, whoever asks`() throws {
    guard case .active(let token) = try self.fixture.introspect(self.camera.accessToken) else {
      Issue.record("not active")
      return
    }
    #expect(token.use == .access)
    #expect(token.clientID == "relink-camera")
    #expect(token.account == self.app.account)
    #expect(token.session == self.camera.session)
    #expect(token.device == CloudFixture.certificate(1).deviceID)
    #expect(token.issuedAt == self.fixture.now)
    #expect(token.expiresAt?.value == self.fixture.now.value + 3_600_000)
    #expect(token.binding == .certificate(CloudFixture.certificate(1).thumbprint))
    #expect(token.id?.utf8.count == 22)
  }

  @Test func `a refresh token was issued when it was minted, however often it was used`() throws {
    self.fixture.setPolicy(TokenPolicy(rotation: .reusable))
    let minted = self.fixture.now
    self.fixture.advance(milliseconds: 1_000_000)
    _ = try self.fixture.refresh(self.camera.refreshToken, camera: 1).tokens()
    guard case .active(let token) = try self.fixture.introspect(self.camera.refreshToken) else {
      Issue.record("not active")
      return
    }
    #expect(token.use == .refresh)
    #expect(token.issuedAt == minted)
  }

  @Test func `identifiers differ from token to token and are the same for the same`() throws {
    func id(_ tokens: GrantedTokens) throws -> String? {
      guard case .active(let token) = try self.fixture.introspect(tokens.accessToken) else {
        return nil
      }
      return token.id
    }
    let other = try self.fixture.signIn(self.owner)
    #expect(try id(self.app) != nil)
    #expect(try id(self.app) == id(self.app))
    #expect(try id(self.app) != id(other))
  }

  @Test func `a refresh token is told with the time at which it dies`() throws {
    for (idle, absolute, expected) in [
      (nil, nil, nil), (100, nil, 100), (nil, 200, 200), (100, 50, 50), (50, 100, 50),
    ] as [(UInt32?, UInt32?, UInt64?)] {
      self.fixture.setPolicy(
        TokenPolicy(rotation: .strict, idleSeconds: idle, absoluteSeconds: absolute))
      guard case .active(let token) = try self.fixture.introspect(self.camera.refreshToken) else {
        Issue.record("not active")
        continue
      }
      #expect(token.use == .refresh)
      #expect(token.expiresAt?.value == expected.map { self.fixture.now.value + $0 * 1_000 })
      #expect(token.binding == .certificate(CloudFixture.certificate(1).thumbprint))
    }
  }

  @Test(
    arguments: ["everyone", "kind", "region", "account", "device", "session", "issued_before"])
  func `each cut-off kills both tokens at once, also after another has moved`(
    scope: String
  ) throws {
    // One more scope has moved before the tokens were minted: neither hides the other
    // (CVE-2026-8922).
    for earlier in [nil, LogoutTarget.kind(.camera), .everyone, .account(self.owner)] {
      if let earlier { try self.fixture.logOut(earlier) }
      _ = try self.fixture.signIn(self.owner)
      let tokens = try self.fixture.relink(1).tokens()
      #expect(try self.isActive(tokens.accessToken))
      #expect(try self.isActive(tokens.refreshToken))
      let targets: [String: LogoutTarget] = [
        "everyone": .everyone, "kind": .kind(.camera), "account": .account(self.owner),
        "device": .device(CloudFixture.certificate(1).deviceID), "region": .region(.standard),
        "issued_before": .issuedBefore(nil), "session": .session(tokens.session),
      ]
      try self.fixture.logOut(try #require(targets[scope]))
      #expect(try self.fixture.introspect(tokens.accessToken) == .inactive)
      #expect(try self.fixture.introspect(tokens.refreshToken) == .inactive)
    }
  }

  @Test func `a token dies here by time, by revocation, and with its device's binding`() throws {
    let another = try self.fixture.signIn(self.owner)
    _ = try self.fixture.transaction {
      try self.fixture.cloud.revoke(
        another.refreshToken, clientID: "relink-app", certificate: nil, in: $0, at: self.fixture.now
      )
    }
    #expect(try !self.isActive(another.accessToken))
    #expect(try !self.isActive(another.refreshToken))

    let caller = try self.fixture.caller(self.app)
    _ = try self.fixture.transaction {
      try self.fixture.cloud.removeDevice(
        CloudFixture.certificate(1).deviceID, by: caller, in: $0, at: self.fixture.now)
    }
    #expect(try !self.isActive(self.camera.accessToken))
    #expect(try !self.isActive(self.camera.refreshToken))

    self.fixture.advance(milliseconds: 3_599_999)
    #expect(try self.isActive(self.app.accessToken))
    self.fixture.advance(milliseconds: 1)
    #expect(try !self.isActive(self.app.accessToken))
    #expect(try self.isActive(self.app.refreshToken))

    self.fixture.setPolicy(TokenPolicy(rotation: .strict, idleSeconds: 3_600))
    #expect(try !self.isActive(self.app.refreshToken))
  }

  @Test func `asking about a replaced refresh token is no replay`() throws {
    self.fixture.setPolicy(TokenPolicy(rotation: .strict))
    let first = self.app.refreshToken
    let second = try self.fixture.grantedTokens(
      .refreshToken(token: first, clientID: "relink-app"))
    #expect(try !self.isActive(first))
    #expect(try self.isActive(second.refreshToken))
    #expect(try self.isActive(second.accessToken))
  }

  @Test func `the token before the live one is alive for as long as it gives tokens`() throws {
    let first = self.app.refreshToken
    let second = try self.fixture.grantedTokens(
      .refreshToken(token: first, clientID: "relink-app"))
    #expect(try self.isActive(first))
    self.fixture.advance(milliseconds: 600_001)
    #expect(try self.isActive(first))
    try self.fixture.use(second)
    #expect(try !self.isActive(first))
    #expect(try self.isActive(second.refreshToken))
  }

  @Test func `what is no token of these is inactive and nothing else`() throws {
    let stranger = CloudFixture(seed: 2)
    _ = try stranger.register(self.owner)
    let foreign = try stranger.signIn(self.owner)
    let code = try self.fixture.authorizationCode(of: self.owner)
    let pairingToken = try self.fixture.pairingToken(by: self.app)
    let cut = Secret(String(self.app.accessToken.text.dropLast()))
    for token in [
      foreign.accessToken, foreign.refreshToken, code, pairingToken, cut, Secret(""),
      Secret("rlka_"), Secret("é\u{0}"), Secret(String(repeating: "a", count: 100_000)),
      CloudFixture.resourceServerSecret,
    ] {
      #expect(try self.fixture.introspect(token) == .inactive)
    }
  }

  @Test func `nobody but a resource server with its secret is told anything`() throws {
    for (callerID, secret) in [
      ("a resource server", nil), ("a resource server", "another secret"),
      ("a resource server", ""), ("relink-app", "the resource server's secret"), ("", ""),
    ] as [(String, String?)] {
      for token in [self.app.accessToken, Secret("nonsense")] {
        let outcome = try self.fixture.introspect(
          token, by: callerID, secret: secret.map { Secret($0) })
        guard case .refused(let refusal) = outcome else {
          Issue.record("answered \(outcome)")
          continue
        }
        #expect(refusal.code == .invalidClient)
      }
    }
  }

  @Test func `a client with a secret is told of its own tokens, and of no other's`() throws {
    let secret = Secret("a secret of its own, long enough")
    self.fixture.setClients(
      OAuthClient.builtIn() + [
        OAuthClient(
          id: "confidential", kind: .app, redirectURIs: [CloudFixture.redirectURI],
          policy: TokenPolicy(rotation: .strict), grants: [.deviceCode, .refreshToken],
          authentication: .secret(ClientSecretHash(of: secret)))
      ])
    let begun = try self.fixture.transaction {
      try self.fixture.cloud.beginDeviceAuthorization(
        clientID: "confidential", secret: secret, in: $0, at: self.fixture.now,
        random: &self.fixture.random)
    }
    guard case .begun(let authorization) = begun else { throw FixtureFailure() }
    let owner = try self.fixture.logIn(self.owner)
    #expect(try self.fixture.decide(.allow(owner), on: authorization))
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.token(
        .deviceCode(authorization.deviceCode, clientID: "confidential"), certificate: nil,
        secret: secret, in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
    let own = try outcome.tokens()
    for token in [own.accessToken, own.refreshToken] {
      guard
        case .active(let active) = try self.fixture.introspect(
          token, by: "confidential", secret: secret)
      else {
        Issue.record("not told")
        continue
      }
      #expect(active.clientID == "confidential")
    }
    for token in [self.app.accessToken, self.app.refreshToken, self.camera.accessToken] {
      #expect(
        try self.fixture.introspect(token, by: "confidential", secret: secret) == .inactive)
    }
    for (id, secret) in [("confidential", Secret("wrong")), ("relink-app", secret)] {
      guard
        case .refused(let refusal) = try self.fixture.introspect(
          own.accessToken, by: id, secret: secret)
      else {
        Issue.record("told")
        continue
      }
      #expect(refusal.code == .invalidClient)
    }
  }

  private func isActive(_ token: Secret) throws -> Bool {
    if case .active = try self.fixture.introspect(token) { true } else { false }
  }
}
