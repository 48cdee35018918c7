import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// A client of a platform's kind, beside the built-in ones.
struct PlatformClientTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  private static let redirectURI = "https://layla.test/cb"

  init() throws {
    self.fixture.cloud = Cloud(
      configuration: CloudConfiguration(
        keys: self.fixture.cloud.configuration.keys,
        clients: OAuthClient.builtIn() + [
          OAuthClient(
            id: "speaker", kind: .alexa, redirectURIs: [Self.redirectURI],
            policy: TokenPolicy(rotation: .retireOnUse))
        ]))
    _ = try self.fixture.register(self.owner)
  }

  private func code() throws -> Secret {
    let owner = try self.fixture.logIn(self.owner)
    let verdict = self.fixture.cloud.validate(
      AuthorizationParameters(
        responseType: "code", clientID: "speaker", redirectURI: Self.redirectURI, state: nil,
        codeChallenge: CloudFixture.codeChallenge, codeChallengeMethod: "S256"))
    var valid: AuthorizationRequest?
    if case .valid(let request) = verdict { valid = request }
    let request = try #require(valid)
    return try self.fixture.transaction {
      try self.fixture.cloud.authorize(
        request, by: owner, in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
  }

  private func exchange(_ code: Secret) throws -> TokenOutcome {
    try self.fixture.token(
      .authorizationCode(
        code: code, redirectURI: Self.redirectURI, clientID: "speaker",
        codeVerifier: CloudFixture.codeVerifier))
  }

  @Test(
    arguments: [
      (.everyone, true), (.kind(.alexa), true), (.kind(.app), false), (.kind(.google), false),
    ] as [(LogoutTarget, Bool)])
  func `a logout of its kind kills its codes and its sessions, one of another kind neither`(
    target: LogoutTarget, isKilled: Bool
  ) throws {
    let tokens = try self.exchange(self.code()).tokens()
    let code = try self.code()
    try self.fixture.logOut(target)
    #expect(try self.exchange(code).refusal?.reason == (isKilled ? .loggedOut : nil))
    let refreshed = try self.fixture.token(
      .refreshToken(token: tokens.refreshToken, clientID: "speaker"))
    #expect(refreshed.refusal?.reason == (isKilled ? .loggedOut : nil))
  }

  @Test func `its policy is its own`() throws {
    let first = try self.exchange(self.code()).tokens()
    #expect(try self.fixture.caller(first).kind == .alexa)
    let request = TokenRequest.refreshToken(token: first.refreshToken, clientID: "speaker")
    let second = try self.fixture.grantedTokens(request)
    try self.fixture.use(second)
    #expect(try self.fixture.token(request).refusal?.reason == .replayed)
    let app = try self.fixture.signIn(self.owner)
    let appRequest = TokenRequest.refreshToken(token: app.refreshToken, clientID: "relink-app")
    let next = try self.fixture.grantedTokens(appRequest)
    try self.fixture.use(next)
    #expect(try self.fixture.grantedTokens(appRequest).refreshToken == next.refreshToken)
  }
}
