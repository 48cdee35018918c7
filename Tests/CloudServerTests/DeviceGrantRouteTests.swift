import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct DeviceGrantRouteTests {
  private let cloud = TestCloud()

  private func begin() async throws -> (deviceCode: String, userCode: String) {
    let answer = try await self.cloud.postForm(
      "/oauth/device_authorization", [("client_id", "relink-app")])
    #expect(answer.status == 200)
    return (
      try #require(try answer.string("device_code")), try #require(try answer.string("user_code"))
    )
  }

  private func poll(_ deviceCode: String, clientID: String = "relink-app") async throws -> Answer {
    try await self.cloud.postForm(
      "/oauth/token",
      [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", deviceCode), ("client_id", clientID),
      ])
  }

  private func decide(
    _ userCode: String, _ decision: String = "allow", email: String = "owner@example.org",
    password: String = TestCloud.password
  ) async throws -> Answer {
    try await self.cloud.postForm(
      "/device",
      [
        ("user_code", userCode), ("email", email), ("password", password), ("decision", decision),
      ])
  }

  @Test func `a device is told where its owner has to go`() async throws {
    let answer = try await self.cloud.postForm(
      "/oauth/device_authorization", [("client_id", "relink-app")])
    #expect(answer.headers[.cacheControl] == "no-store")
    let userCode = try #require(try answer.string("user_code"))
    #expect(try answer.string("verification_uri") == "https://127.0.0.1:8443/device")
    #expect(
      try answer.string("verification_uri_complete")
        == "https://127.0.0.1:8443/device?user_code=\(userCode)")
    #expect(try answer.json["expires_in"] == .integer(600))
    #expect(try answer.json["interval"] == .integer(5))
    #expect(try answer.string("device_code")?.hasPrefix("rlkd_") == true)
  }

  @Test func `an owner approves in the browser, and the device gets in`() async throws {
    try await self.cloud.openAccount("owner@example.org")
    let (deviceCode, userCode) = try await self.begin()
    let pending = try await self.poll(deviceCode)
    #expect(pending.status == 400)
    #expect(try pending.string("error") == "authorization_pending")
    #expect(try pending.json["interval"] == .integer(5))
    let tooEarly = try await self.poll(deviceCode)
    #expect(try tooEarly.string("error") == "slow_down")
    #expect(try tooEarly.json["interval"] == .integer(10))
    #expect(tooEarly.headers[.retryAfter] == "10")

    let form = try await self.cloud.request(.get, "/device?user_code=\(userCode.lowercased())")
    #expect(form.status == 200)
    #expect(form.text.contains(#"value="\#(userCode.lowercased())""#))
    #expect(form.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
    let consent = try await self.cloud.postForm("/device", [("user_code", userCode)])
    #expect(consent.status == 200)
    #expect(consent.text.contains("<b>relink-app</b>"))
    #expect(consent.text.contains("<b>\(userCode)</b>"))
    #expect(consent.text.contains(#"type="password""#))
    #expect(try await self.poll(deviceCode).status == 400)

    let done = try await self.decide(userCode)
    #expect(done.status == 200)
    #expect(!done.text.contains("<form"))
    let tokens = try await TestCloud.tokens(self.poll(deviceCode))
    let session = try await self.cloud.request(.get, "/v1/session", token: tokens.access)
    #expect(session.status == 200)
    #expect(try session.string("kind") == "app")
    let used = try await self.poll(deviceCode)
    #expect(try used.string("reason") == "device_code_used")
    let dead = try await self.cloud.request(.get, "/v1/session", token: tokens.access)
    #expect(dead.status == 401)
  }

  @Test func `who denies needs no password, and the device is told`() async throws {
    let (deviceCode, userCode) = try await self.begin()
    #expect(try await self.decide(userCode, "deny", password: "").status == 200)
    let answer = try await self.poll(deviceCode)
    #expect(answer.status == 400)
    #expect(try answer.string("error") == "access_denied")
  }

  @Test func `a code dies with its time, and by a logout after the approval`() async throws {
    try await self.cloud.openAccount("owner@example.org")
    let first = try await self.begin()
    #expect(try await self.decide(first.userCode).status == 200)
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"everyone"}"#)
    let loggedOut = try await self.poll(first.deviceCode)
    #expect(try loggedOut.string("error") == "invalid_grant")
    #expect(try loggedOut.string("reason") == "logged_out")

    let second = try await self.begin()
    self.cloud.clock.advance(seconds: 600)
    #expect(try await self.poll(second.deviceCode).string("error") == "expired_token")
    #expect(try await self.decide(second.userCode).status == 400)
  }

  @Test(
    arguments: [
      ("owner@example.org", "wrong password", 403), ("nobody@example.org", "whatever it is", 403),
      ("", "", 400), ("no address", "x", 400),
    ])
  func `without the right password nothing is approved`(
    email: String, password: String, status: Int
  ) async throws {
    try await self.cloud.openAccount("owner@example.org")
    let (deviceCode, userCode) = try await self.begin()
    let answer = try await self.decide(userCode, email: email, password: password)
    #expect(answer.status == status)
    #expect(answer.text.contains(#"role="alert""#))
    #expect(!answer.text.contains("wrong password"))
    #expect(try await self.poll(deviceCode).string("error") == "authorization_pending")
  }

  @Test func `what leads nowhere shows the form again, and gets slow`() async throws {
    for entered in ["", "BBBB-BBBB", "AEIO-UAEI", "<script>", "BBBB-BBB", "é"] {
      let answer = try await self.cloud.postForm("/device", [("user_code", entered)])
      #expect(answer.status == (entered == "é" ? 429 : 400))
      #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
      #expect(!answer.text.contains("<script>"))
      #expect((answer.headers[.retryAfter] != nil) == (answer.status == 429))
    }
    let query = try await self.cloud.request(.get, "/device?user_code=%22%3E%3Cscript%3E")
    #expect(query.text.contains("&quot;&gt;&lt;script&gt;"))
    #expect(!query.text.contains("<script>"))
  }

  @Test func `bad requests are refused, never served`() async throws {
    let none = try await self.cloud.postForm("/oauth/device_authorization", [])
    #expect(none.status == 400)
    #expect(try none.string("error") == "invalid_request")
    let nobody = try await self.cloud.postForm(
      "/oauth/device_authorization", [("client_id", "nobody")])
    #expect(nobody.status == 401)
    #expect(try nobody.string("error") == "invalid_client")
    let camera = try await self.cloud.postForm(
      "/oauth/device_authorization", [("client_id", "relink-camera")])
    #expect(camera.status == 400)
    #expect(try camera.string("error") == "unauthorized_client")
    let missing = try await self.cloud.postForm(
      "/oauth/token",
      [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", "relink-app"),
      ])
    #expect(missing.status == 400)
    #expect(try missing.string("error") == "invalid_request")
    for code in ["x", "rlkd_", "é", String(repeating: "a", count: 60_000)] {
      let answer = try await self.poll(code)
      #expect(answer.status == 400)
      #expect(try answer.string("reason") == "device_code_unknown")
    }
    let (_, userCode) = try await self.begin()
    #expect(try await self.decide(userCode, "perhaps").status == 400)
    #expect(try await self.cloud.request(.put, "/device").status == 405)
  }

  /// RFC 8628 §3.1
  @Test func `a device asks by POST of a form, with each parameter once`() async throws {
    let path = "/oauth/device_authorization"
    for method in [HTTPRequest.Method.get, .put, .delete] {
      let answer = try await self.cloud.request(method, path + "?client_id=relink-app")
      #expect(answer.status == 405)
      #expect(answer.headers[.allow] == "POST")
    }
    let json = try await self.cloud.postJSON(path, #"{"client_id":"relink-app"}"#)
    #expect(json.status == 415)
    let query = try await self.cloud.postForm(path + "?client_id=relink-app", [])
    #expect(query.status == 400)
    for fields in [
      [("client_id", "relink-app"), ("client_id", "relink-app")],
      [("client_id", "relink-app"), ("scope", "a"), ("scope", "b")], [("client_id", "")],
    ] {
      let answer = try await self.cloud.postForm(path, fields)
      #expect(answer.status == 400)
      #expect(try answer.string("error") == "invalid_request")
    }
    // Without a value it is as if it were not there, and what nobody knows is ignored.
    for (name, value) in [("client_secret", ""), ("scope", ""), ("scope", "a"), ("x", "1")] {
      let answer = try await self.cloud.postForm(
        path, [("client_id", "relink-app"), (name, value)])
      #expect(answer.status == 200, "\(name)")
    }
  }

  @Test func `codes outlive the cloud`() async throws {
    let folder = try TemporaryFolder()
    let storage = CloudStorage.folder(folder.path + "/data")
    let (deviceCode, userCode) = try await RunningCloud.with(storage: storage) { cloud in
      try await cloud.withClient { client in
        _ = try await cloud.newOwner("ada@example.org", on: client)
        let begun = try await client.sendForm(
          cloud.origin + "/oauth/device_authorization", [("client_id", "relink-app")])
        return (
          try #require(try begun.string("device_code")), try #require(try begun.string("user_code"))
        )
      }
    }
    try await RunningCloud.with(storage: storage) { cloud in
      try await cloud.withClient { client in
        let decided = try await client.sendForm(
          cloud.origin + "/device",
          [
            ("user_code", userCode), ("email", "ada@example.org"),
            ("password", TestCloud.password), ("decision", "allow"),
          ])
        #expect(decided.status == 200)
      }
    }
    try await RunningCloud.with(storage: storage) { cloud in
      try await cloud.withClient { client in
        let granted = try await client.sendForm(
          cloud.origin + "/oauth/token",
          [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", deviceCode), ("client_id", "relink-app"),
          ])
        #expect(granted.status == 200)
      }
    }
  }
}
