import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

/// Refresh tokens of a client that cannot authenticate, the owner's app (RFC 9449 §5,
/// RFC 9700 §4.14.2).
struct PublicClientTests {
  private let fixture = CloudFixture()
  private let owner = EmailAddress("owner@example.org")!

  init() throws { _ = try self.fixture.register(self.owner) }

  private func refresh(_ tokens: GrantedTokens, dpopKey: Bytes32? = nil) throws -> TokenOutcome {
    try self.fixture.token(
      .refreshToken(token: tokens.refreshToken, clientID: "relink-app"), dpopKey: dpopKey)
  }

  /// The deviation of `docs/standards.md` is `reusable`, the preset `keycloak`.
  @Test(arguments: PolicyPreset.allCases)
  func `its bearer tokens rotate under every preset but the one that says otherwise`(
    preset: PolicyPreset
  ) throws {
    self.fixture.setPolicy(preset.policy)
    #expect(self.fixture.cloud.client("relink-app")?.authentication == ClientAuthentication.none)
    let first = try self.fixture.signIn(self.owner)
    #expect(first.binding == nil)
    let second = try self.refresh(first).tokens()
    #expect((second.refreshToken == first.refreshToken) == (preset == .keycloak))
    guard preset != .keycloak else { return }
    // Of two who hold the first token, the one who comes later is told apart, whoever it is.
    try self.fixture.use(second)
    self.fixture.advance(milliseconds: 86_400_001)
    #expect(try self.refresh(first).refusal?.reason == .replayed)
  }

  @Test(arguments: [RotationPolicy.strict, .reusable])
  func `bound to a key they are of no use without it, whether they rotate or not`(
    rotation: RotationPolicy
  ) throws {
    let (key, thiefsKey) = (Bytes32(repeating: 0xA1), Bytes32(repeating: 0xB2))
    self.fixture.setPolicy(TokenPolicy(rotation: rotation))
    let code = try self.fixture.authorizationCode(of: self.owner)
    let tokens = try self.fixture.token(
      .authorizationCode(
        code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier), dpopKey: key
    ).tokens()
    #expect(tokens.binding == .dpop(key))
    #expect(try self.refresh(tokens).refusal?.reason == .proofMissing)
    #expect(try self.refresh(tokens, dpopKey: thiefsKey).refusal?.reason == .wrongKey)
    let next = try self.refresh(tokens, dpopKey: key).tokens()
    #expect(next.binding == .dpop(key))
    #expect(try self.refresh(next, dpopKey: thiefsKey).refusal?.reason == .wrongKey)
  }
}
