import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// A session whose refresh tokens are dead and whose access tokens live on (`refresh_tokens`).
@Suite(.timeLimit(.minutes(5))) struct SpentSessionTests {
  private let cloud = TestCloud(
    clients: OAuthClient.builtIn(TokenPolicy(rotation: .strict, reaction: .refreshTokens)))

  /// What the client has once its first token was replayed.
  private func robbed() async throws -> TestCloud.Tokens {
    let first = try await self.cloud.newOwner()
    let held = try await TestCloud.tokens(self.cloud.refresh(first.refresh))
    let replay = try await self.cloud.refresh(first.refresh)
    #expect(try replay.string("reason") == "replayed")
    return held
  }

  @Test func `its access token opens what it opened until it expires`() async throws {
    let held = try await self.robbed()
    #expect(try await self.cloud.refresh(held.refresh).string("reason") == "session_ended")
    for path in ["/v1/session", "/v1/devices"] {
      #expect(try await self.cloud.request(.get, path, token: held.access).status == 200)
    }
    self.cloud.clock.advance(seconds: 3_600)
    let expired = try await self.cloud.request(.get, "/v1/session", token: held.access)
    #expect(expired.status == 401)
    #expect(try expired.string("reason") == "expired")
  }

  @Test func `it counts as no live session`() async throws {
    _ = try await self.robbed()
    let status = try await self.cloud.administer(.get, "/admin/v1/status").json
    #expect(status["sessions"]?["app"] == .integer(0))
  }

  @Test func `its stream stays open, and ends when the session is revoked`() async throws {
    let first = try await self.cloud.newOwner()
    let outcome = try await self.cloud.service.read { cloud, reader, now in
      try cloud.authenticate(
        Secret(first.access), certificateThumbprint: nil, requiring: [.app], in: reader, at: now)
    }
    guard case .acceptedFirstUse(let caller) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    let hub = self.cloud.service.streams
    let stream = try #require(
      hub.open(
        for: caller,
        on: PeerConnection(deviceCertificate: nil, remoteAddress: CloudFixture.address)))
    _ = try await self.cloud.refresh(first.refresh)
    #expect(try await self.cloud.refresh(first.refresh).string("reason") == "replayed")
    await self.cloud.service.streams.publish(
      .motion, of: CloudFixture.certificate(1).deviceID, to: caller.account)
    #expect(
      await stream.next() == .write(.device(CloudFixture.certificate(1).deviceID, .motion)))
    async let revoked = self.cloud.postForm(
      "/oauth/revoke", [("token", first.access), ("client_id", "relink-app")])
    #expect(await stream.next() == .finish(nil))
    hub.close(stream)
    #expect(try await revoked.status == 200)
  }
}
