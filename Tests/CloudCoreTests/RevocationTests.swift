import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// RFC 7009: who may end a session by showing one of its tokens.
struct RevocationTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  let app: GrantedTokens
  let camera: GrantedTokens

  init() throws {
    self.fixture.setClients(
      OAuthClient.builtIn() + [
        OAuthClient(
          id: "other", kind: .app, redirectURIs: [CloudFixture.redirectURI],
          policy: TokenPolicy(rotation: .strict))
      ])
    _ = try self.fixture.register(self.owner)
    self.app = try self.fixture.signIn(self.owner)
    self.camera = try self.fixture.pairedCamera(1, app: self.app)
  }

  private func revoke(
    _ token: Secret, by clientID: String, certificate: UInt8? = nil
  ) throws -> RevokeOutcome {
    try self.fixture.transaction {
      try self.fixture.cloud.revoke(
        token, clientID: clientID, certificate: certificate.map { CloudFixture.certificate($0) },
        in: $0, at: self.fixture.now)
    }
  }

  private func isRefused(
    _ token: Secret, by clientID: String, certificate: UInt8? = nil
  ) throws -> Bool {
    guard
      case .refused(let refusal) = try self.revoke(token, by: clientID, certificate: certificate)
    else { return false }
    return refusal.code == .invalidGrant && refusal.reason == .tokenUnknown
  }

  @Test func `another client's tokens end nothing, and it is told`() throws {
    for token in [self.app.accessToken, self.app.refreshToken] {
      #expect(try self.isRefused(token, by: "other"))
    }
    for token in [self.camera.accessToken, self.camera.refreshToken] {
      #expect(try self.isRefused(token, by: "relink-scale", certificate: 1))
      #expect(try self.isRefused(token, by: "relink-app"))
    }
    #expect(try self.fixture.caller(self.app).session == self.app.session)
    #expect(try self.fixture.caller(self.camera).session == self.camera.session)
  }

  @Test func `a bound token ends its session over its own certificate alone`() throws {
    for token in [self.camera.accessToken, self.camera.refreshToken] {
      #expect(try self.isRefused(token, by: "relink-camera", certificate: 2))
      guard case .refused(let refusal) = try self.revoke(token, by: "relink-camera") else {
        Issue.record("it was taken without a certificate")
        return
      }
      #expect(refusal.code == .invalidClient)
    }
    #expect(try self.fixture.caller(self.camera).session == self.camera.session)
    #expect(
      try self.revoke(self.camera.accessToken, by: "relink-camera", certificate: 1)
        == .done([.sessionEnded(self.camera.session, .revoked)]))
  }
}
