import CloudCore
import Crypto
import DeviceProtocol
import TestSupport
import Testing

struct AuthorizationTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!

  init() throws { _ = try self.fixture.register(self.owner) }

  private static func parameters(
    responseType: String? = "code", clientID: String? = "relink-app",
    redirectURI: String? = CloudFixture.redirectURI,
    codeChallenge: String? = CloudFixture.codeChallenge, method: String? = "S256"
  ) -> AuthorizationParameters {
    AuthorizationParameters(
      responseType: responseType, clientID: clientID, redirectURI: redirectURI, state: "s",
      codeChallenge: codeChallenge, codeChallengeMethod: method)
  }

  private func exchange(
    _ code: Secret, redirectURI: String = CloudFixture.redirectURI,
    clientID: String = "relink-app", verifier: Secret = CloudFixture.codeVerifier
  ) throws -> TokenOutcome {
    try self.fixture.token(
      .authorizationCode(
        code: code, redirectURI: redirectURI, clientID: clientID, codeVerifier: verifier))
  }

  @Test(arguments: [
    "http://127.0.0.1/callback", "http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback",
    "relink://callback",
  ])
  func `a registered redirect is accepted, a loopback one with any port`(uri: String) {
    let verdict = self.fixture.cloud.validate(Self.parameters(redirectURI: uri))
    guard case .valid(let request) = verdict else {
      Issue.record("refused: \(verdict)")
      return
    }
    #expect(request.redirectURI == uri)
  }

  @Test(arguments: [
    nil, "", "https://127.0.0.1/callback", "http://127.0.0.1:0/callback",
    "http://127.0.0.1:65536/callback", "http://127.0.0.1:/callback",
    "http://127.0.0.1:80@evil.example/callback", "http://127.0.0.1.evil.example/callback",
    "http://127.0.0.1:80/callback/", "http://127.0.0.1:80/callback?x=1",
    "http://127.0.0.1:99999999999999999999/callback", "http://localhost/callback",
    "relink://callback/", "RELINK://callback", "relink://callback:80",
  ])
  func `any other redirect is refused without being followed`(uri: String?) {
    let verdict = self.fixture.cloud.validate(Self.parameters(redirectURI: uri))
    #expect(
      verdict
        == .refuseWithoutRedirect(description: "The redirect_uri is not one of this client."))
  }

  @Test(arguments: [nil, "", "relink-kettle", "relink-camera"])
  func `a client without redirects is refused without being followed`(clientID: String?) {
    let verdict = self.fixture.cloud.validate(Self.parameters(clientID: clientID))
    guard case .refuseWithoutRedirect = verdict else {
      Issue.record("not refused: \(verdict)")
      return
    }
  }

  @Test(arguments: [
    (parameters(responseType: nil), "invalid_request"),
    (parameters(responseType: "token"), "unsupported_response_type"),
    (parameters(codeChallenge: nil), "invalid_request"),
    (parameters(codeChallenge: "short"), "invalid_request"),
    (parameters(codeChallenge: String(repeating: "!", count: 43)), "invalid_request"),
    (parameters(method: nil), "invalid_request"),
    (parameters(method: "plain"), "invalid_request"),
  ])
  func `a bad request of a known client is reported to it`(
    parameters: AuthorizationParameters, error: String
  ) {
    let verdict = self.fixture.cloud.validate(parameters)
    guard case .redirectWithError(let uri, error, _, let state) = verdict else {
      Issue.record("not redirected: \(verdict)")
      return
    }
    #expect(uri == CloudFixture.redirectURI)
    #expect(state == "s")
  }

  @Test func `a code with its verifier gives an app's session`() throws {
    let tokens = try self.fixture.signIn(self.owner)
    #expect(tokens.device == nil)
    #expect(tokens.generation == 1)
    #expect(try self.fixture.caller(tokens).kind == .app)
  }

  @Test(arguments: [
    "", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj", String(repeating: "a", count: 42),
    String(repeating: "a", count: 129), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX ",
    CloudFixture.codeChallenge,
  ])
  func `a wrong verifier is refused and spoils nothing`(verifier: String) throws {
    let code = try self.fixture.authorizationCode(of: self.owner)
    #expect(try self.exchange(code, verifier: Secret(verifier)).refusal?.code == .invalidGrant)
    #expect(try self.exchange(code).refusal == nil)
  }

  /// A code whose challenge is right for this verifier, whatever it is.
  private func code(for verifier: String) throws -> Secret {
    let challenge = Base64URL.encode(Array(SHA256.hash(data: Array(verifier.utf8))))
    let verdict = self.fixture.cloud.validate(Self.parameters(codeChallenge: text(challenge)))
    guard case .valid(let request) = verdict else { throw Unexpected() }
    let owner = try self.fixture.logIn(self.owner)
    return try self.fixture.transaction {
      try self.fixture.cloud.authorize(
        request, by: owner, in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
  }

  private struct Unexpected: Error {}

  @Test(
    arguments: [
      (String(repeating: "a", count: 42), false), (String(repeating: "a", count: 43), true),
      (String(repeating: "~", count: 128), true), (String(repeating: "a", count: 129), false),
      ("-._~" + String(repeating: "Z", count: 39), true),
      (" " + String(repeating: "a", count: 43), false),
      ("+" + String(repeating: "a", count: 43), false),
      ("é" + String(repeating: "a", count: 43), false),
    ])
  func `a verifier has 43 to 128 unreserved characters, even when it matches its challenge`(
    verifier: String, isGranted: Bool
  ) throws {
    let outcome = try self.exchange(try self.code(for: verifier), verifier: Secret(verifier))
    #expect(outcome.refusal?.code == (isGranted ? nil : .invalidGrant))
  }

  @Test func `another client that may use codes cannot use this one, and does not spoil it`()
    throws
  {
    self.fixture.setClients(
      OAuthClient.builtIn() + [
        OAuthClient(
          id: "other", kind: .app, redirectURIs: [CloudFixture.redirectURI],
          policy: TokenPolicy(rotation: .strict))
      ])
    let code = try self.fixture.authorizationCode(of: self.owner)
    #expect(try self.exchange(code, clientID: "other").refusal?.code == .invalidGrant)
    #expect(try self.exchange(code).refusal == nil)
  }

  @Test(arguments: ["http://127.0.0.1/callback", "http://127.0.0.1:49153/callback", ""])
  func `a redirect other than the request's is refused`(uri: String) throws {
    let code = try self.fixture.authorizationCode(of: self.owner)
    #expect(try self.exchange(code, redirectURI: uri).refusal?.code == .invalidGrant)
  }

  @Test(arguments: [("relink-camera", GrantRefusal.Code.unauthorizedClient), ("x", .invalidClient)])
  func `another client cannot use a code`(clientID: String, code: GrantRefusal.Code) throws {
    let secret = try self.fixture.authorizationCode(of: self.owner)
    #expect(try self.exchange(secret, clientID: clientID).refusal?.code == code)
    #expect(try self.exchange(secret).refusal == nil)
  }

  @Test(arguments: [(59_999 as UInt64, true), (60_000, false)])
  func `a code lives for a minute`(elapsed: UInt64, isGranted: Bool) throws {
    let code = try self.fixture.authorizationCode(of: self.owner)
    self.fixture.advance(milliseconds: elapsed)
    #expect((try self.exchange(code).refusal == nil) == isGranted)
  }

  @Test func `a code used twice is refused and its session revoked`() throws {
    let code = try self.fixture.authorizationCode(of: self.owner)
    let other = try self.fixture.signIn(self.owner)
    let tokens = try self.exchange(code).tokens()
    let second = try self.exchange(code)
    #expect(second.refusal?.code == .invalidGrant)
    #expect(second.events == [.sessionEnded(tokens.session, .revoked)])
    #expect(try self.fixture.authenticate(tokens.accessToken) == .refused(.sessionEnded))
    #expect(try self.fixture.caller(other).session == other.session)
  }

  @Test(arguments: ["", "rlkc_", "rlkp_AAAAAAAA", "rlkc_AAAAAAAAAAAAAAAAAAAAAA000000"])
  func `what is no code is refused`(text: String) throws {
    #expect(try self.exchange(Secret(text)).refusal?.code == .invalidGrant)
  }
}
