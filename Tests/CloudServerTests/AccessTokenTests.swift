import CloudCore
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// What a resource says to each kind of credentials.
@Suite struct AccessTokenTests {
  private let cloud = TestCloud()

  private static let protected: [(HTTPRequest.Method, String)] = [
    (.get, "/v1/session"), (.get, "/v1/events"), (.post, "/v1/pairing-tokens"),
    (.get, "/v1/devices"), (.get, "/v1/devices/x"), (.delete, "/v1/devices/x"),
    (.get, "/v1/devices/x/motions"), (.get, "/v1/devices/x/measurements"),
    (.post, "/v1/device/heartbeat"), (.post, "/v1/device/motions"),
    (.post, "/v1/device/measurements"), (.delete, "/v1/device/binding"),
  ]

  @Test(arguments: Self.protected)
  func `no route but the open ones serves without a token`(
    method: HTTPRequest.Method, path: String
  ) async throws {
    let absent = try await self.cloud.request(method, path)
    #expect(absent.status == 401)
    #expect(absent.headers[.wwwAuthenticate] == #"Bearer realm="relink""#)
    let garbled = try await self.cloud.request(method, path, token: "rlka_nonsense")
    #expect(garbled.status == 401)
    #expect(try garbled.string("reason") == "token_unknown")
  }

  @Test(
    arguments: ["", "Bearer", "Bearer ", "Basic b3duZXI6cGFzc3dvcmQ=", "Digest x", "rlka_x"])
  func `another scheme is no credentials`(authorization: String) async throws {
    let answer = try await self.cloud.request(
      .get, "/v1/session", headers: [.authorization: authorization])
    #expect(answer.status == 401)
    #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="relink""#)
  }

  @Test func `the scheme is read in any case`() async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.request(
      .get, "/v1/session", headers: [.authorization: "bEARER \(app.access)"])
    #expect(answer.status == 200)
    #expect(try answer.string("kind") == "app")
    #expect(try answer.string("account_id") == app.account)
  }

  @Test func `an expired token says so`() async throws {
    let app = try await self.cloud.newOwner()
    self.cloud.clock.advance(seconds: 3_600)
    let answer = try await self.cloud.request(.get, "/v1/session", token: app.access)
    #expect(answer.status == 401)
    #expect(try answer.string("reason") == "expired")
    #expect(
      answer.headers[.wwwAuthenticate]
        == #"Bearer realm="relink", error="invalid_token", error_description="the access token has expired""#
    )
  }

  @Test func `another cloud's token is unknown here`() async throws {
    let foreign = try await TestCloud().newOwner()
    let answer = try await self.cloud.request(.get, "/v1/session", token: foreign.access)
    #expect(try answer.string("reason") == "token_unknown")
    let refresh = try await self.cloud.refresh(foreign.refresh)
    #expect(refresh.status == 400)
    #expect(try refresh.string("reason") == "token_unknown")
  }

  @Test func `a refresh token opens no door`() async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.request(.get, "/v1/session", token: app.refresh)
    #expect(try answer.string("reason") == "token_unknown")
  }

  @Test func `a device's token works with its certificate only`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    for peer in [nil, CloudFixture.certificate(2)] {
      let answer = try await self.cloud.request(
        .get, "/v1/session", token: camera.access, peer: peer)
      #expect(answer.status == 401)
      #expect(try answer.string("reason") == "wrong_certificate")
    }
    let answer = try await self.cloud.request(
      .get, "/v1/session", token: camera.access, peer: CloudFixture.certificate(1))
    #expect(answer.status == 200)
    #expect(try answer.string("device_id") == camera.device)
  }

  @Test func `a client of another kind is a 403`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let asApp = try await self.cloud.postJSON(
      "/v1/device/heartbeat", "{}", token: app.access)
    let asCamera = try await self.cloud.request(
      .get, "/v1/devices", token: camera.access, peer: CloudFixture.certificate(1))
    for answer in [asApp, asCamera] {
      #expect(answer.status == 403)
      #expect(try answer.string("error") == "insufficient_scope")
      #expect(
        answer.headers[.wwwAuthenticate]?.contains(#"error="insufficient_scope""#) == true)
    }
  }

  @Test func `the first use of a token is noted, so that its predecessor can retire`() async throws
  {
    let app = try await self.cloud.newOwner()
    let second = try await TestCloud.tokens(self.cloud.refresh(app.refresh))
    _ = try await self.cloud.request(.get, "/v1/session", token: second.access)
    // Past the window the predecessor is a replay, since the successor was shown to be held.
    self.cloud.clock.advance(seconds: 601)
    let answer = try await self.cloud.refresh(app.refresh)
    #expect(try answer.string("reason") == "replayed")
  }
}
