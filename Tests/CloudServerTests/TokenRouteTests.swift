import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct TokenRouteTests {
  private let cloud = TestCloud()

  @Test func `a code gives tokens that no cache keeps`() async throws {
    try await self.cloud.openAccount("owner@example.org")
    let answer = try await self.cloud.decide(email: "owner@example.org")
    let location = try #require(answer.headers[.location])
    let code = try #require(location.split(separator: "code=").last?.split(separator: "&").first)
    let granted = try await self.cloud.exchange(code: String(code))
    #expect(granted.status == 200)
    #expect(granted.headers[.cacheControl] == "no-store")
    #expect(granted.headers[.contentType] == "application/json")
    #expect(try granted.json["expires_in"] == .integer(3_600))
    #expect(try granted.json["device_id"] == nil)

    let again = try await self.cloud.exchange(code: String(code))
    #expect(again.status == 400)
    #expect(try again.string("error") == "invalid_grant")
    #expect(again.headers[.cacheControl] == "no-store")
  }

  @Test(
    arguments: [
      ([("client_id", "relink-app")], "invalid_request"),
      ([("grant_type", "password"), ("client_id", "relink-app")], "unsupported_grant_type"),
      ([("grant_type", "refresh_token"), ("client_id", "relink-app")], "invalid_request"),
      ([("grant_type", "refresh_token"), ("refresh_token", "x")], "invalid_request"),
      (
        [("grant_type", "refresh_token"), ("refresh_token", ""), ("client_id", "relink-app")],
        "invalid_request"
      ),
      (
        [
          ("grant_type", "refresh_token"), ("grant_type", "refresh_token"),
          ("refresh_token", "x"), ("client_id", "relink-app"),
        ], "invalid_request"
      ),
      (
        [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "relink-app")],
        "invalid_grant"
      ),
    ])
  func `a bad token request is a 400`(fields: [(String, String)], error: String) async throws {
    let answer = try await self.cloud.postForm("/oauth/token", fields)
    #expect(answer.status == 400)
    #expect(try answer.string("error") == error)
  }

  @Test func `an unknown client is a 401`() async throws {
    let answer = try await self.cloud.postForm(
      "/oauth/token",
      [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "nobody")])
    #expect(answer.status == 401)
    #expect(try answer.string("error") == "invalid_client")
  }

  @Test(
    arguments: [
      "urn:relink:params:oauth:grant-type:pairing", "urn:relink:params:oauth:grant-type:relink",
      "refresh_token",
    ])
  func `a device without a certificate is a 401`(grant: String) async throws {
    let answer = try await self.cloud.postForm(
      "/oauth/token",
      [
        ("grant_type", grant), ("pairing_token", "x"), ("refresh_token", "x"),
        ("client_id", "relink-camera"), ("model", "cam-1"), ("firmware_version", "1.0.0"),
      ])
    #expect(answer.status == 401)
    #expect(try answer.string("error") == "invalid_client")
  }

  @Test func `a lost answer to a refresh is given again`() async throws {
    let app = try await self.cloud.newOwner()
    let first = try await TestCloud.tokens(self.cloud.refresh(app.refresh))
    let again = try await TestCloud.tokens(self.cloud.refresh(app.refresh))
    #expect(first.refresh == again.refresh)
    #expect(first.refresh != app.refresh)
  }

  @Test func `a replay kills its session and no other`() async throws {
    let app = try await self.cloud.newOwner()
    let bystander = try await self.cloud.signIn("owner@example.org")
    let second = try await TestCloud.tokens(self.cloud.refresh(app.refresh))
    let third = try await TestCloud.tokens(self.cloud.refresh(second.refresh))

    let replay = try await self.cloud.refresh(app.refresh)
    #expect(replay.status == 400)
    #expect(try replay.string("reason") == "replayed")
    let dead = try await self.cloud.request(.get, "/v1/session", token: third.access)
    #expect(dead.status == 401)
    #expect(try dead.string("reason") == "session_ended")
    let alive = try await self.cloud.request(.get, "/v1/session", token: bystander.access)
    #expect(alive.status == 200)
  }

  @Test func `of two devices at once with one pairing token exactly one is paired`() async throws {
    let app = try await self.cloud.newOwner()
    for _ in 0..<10 {
      let token = try await self.cloud.pairingToken(of: app)
      async let first = self.cloud.pair(CloudFixture.certificate(1), with: token)
      async let second = self.cloud.pair(CloudFixture.certificate(2), with: token)
      let answers = try await [first, second]
      #expect(answers.map(\.status).sorted() == [200, 400])
      let refused = try #require(answers.first { $0.status == 400 })
      #expect(try refused.string("reason") == "pairing_token_used")
    }
  }

  @Test func `a second owner cannot claim a bound device`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.pairedDevice(1, of: app)
    let other = try await self.cloud.newOwner("other@example.org")
    let token = try await self.cloud.pairingToken(of: other)
    let refused = try await self.cloud.pair(CloudFixture.certificate(1), with: token)
    #expect(refused.status == 400)
    #expect(try refused.string("reason") == "already_bound")
    // The token is still good for a device of the second owner's.
    #expect(try await self.cloud.pair(CloudFixture.certificate(2), with: token).status == 200)
  }

  @Test func `a device whose owner is logged out is told when to ask again`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.pairedDevice(1, of: app)
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"everyone","reason":"exercise"}"#)
    let answer = try await self.cloud.postForm(
      "/oauth/token",
      [
        ("grant_type", "urn:relink:params:oauth:grant-type:relink"),
        ("client_id", "relink-camera"), ("firmware_version", "1.0.1"),
      ], peer: CloudFixture.certificate(1))
    #expect(answer.status == 400)
    #expect(try answer.string("error") == "authorization_pending")
    #expect(try answer.json["interval"] == .integer(5))
    #expect(answer.headers[.retryAfter] == "5")
  }

  @Test func `a revoked token is dead, and revoking it again is no error`() async throws {
    let app = try await self.cloud.newOwner()
    for _ in 0..<2 {
      let answer = try await self.cloud.postForm(
        "/oauth/revoke", [("token", app.refresh), ("client_id", "relink-app")])
      #expect(answer.status == 200)
      #expect(answer.text.isEmpty)
    }
    let dead = try await self.cloud.request(.get, "/v1/session", token: app.access)
    #expect(try dead.string("reason") == "session_ended")
    let unknown = try await self.cloud.postForm(
      "/oauth/revoke", [("token", "nonsense"), ("client_id", "relink-app")])
    #expect(unknown.status == 200)
    let client = try await self.cloud.postForm(
      "/oauth/revoke", [("token", "nonsense"), ("client_id", "nobody")])
    #expect(client.status == 401)
  }

  /// RFC 7009 §2.1
  @Test(arguments: ["relink-camera", "speaker"])
  func `another client's token is not revoked, and whoever tries is told`(
    clientID: String
  ) async throws {
    let cloud = TestCloud(
      clients: OAuthClient.builtIn() + [
        OAuthClient(
          id: "speaker", kind: .alexa, redirectURIs: ["https://layla.test/cb"],
          policy: TokenPolicy(rotation: .strict))
      ])
    let app = try await cloud.newOwner()
    for token in [app.access, app.refresh] {
      let answer = try await cloud.postForm(
        "/oauth/revoke", [("token", token), ("client_id", clientID)],
        peer: CloudFixture.certificate(1))
      #expect(answer.status == 400)
      #expect(try answer.string("error") == "invalid_grant")
      #expect(try answer.string("reason") == "token_unknown")
    }
    #expect(try await cloud.request(.get, "/v1/session", token: app.access).status == 200)
    #expect(try await cloud.refresh(app.refresh).status == 200)
  }
}
