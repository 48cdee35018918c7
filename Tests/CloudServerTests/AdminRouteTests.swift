import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import CloudServer

@Suite struct AdminRouteTests {
  private let cloud = TestCloud()

  @Test(
    arguments: [
      (HTTPRequest.Method.get, "/admin/v1/status"), (.get, "/admin/v1/clients"),
      (.post, "/admin/v1/logout"),
      (.post, "/admin/v1/faults"), (.get, "/admin/v1/faults"), (.delete, "/admin/v1/faults"),
      (.get, "/admin/v1/faults/1"), (.delete, "/admin/v1/faults/1"),
      (.get, "/admin/v1/faults/firings"),
      (.get, "/admin/v1/audit"), (.post, "/admin/v1/accounts/region"),
      (.post, "/admin/v1/tokens/inspect"),
      (.get, "/admin/v1/clock"), (.put, "/admin/v1/clock"), (.post, "/admin/v1/clock/advance"),
      (.post, "/admin/v1/clock/freeze"), (.post, "/admin/v1/clock/resume"),
      (.post, "/admin/v1/tokens/expire"), (.post, "/admin/v1/tokens/revoke"),
      (.get, "/admin/v1/sessions"), (.get, "/admin/v1/sessions/x/history"),
      (.get, "/admin/v1/requests"), (.post, "/admin/v1/requests/assert"),
      (.get, "/admin/v1/snapshots"), (.put, "/admin/v1/snapshots/x"),
      (.post, "/admin/v1/snapshots/x/restore"), (.delete, "/admin/v1/snapshots/x"),
    ])
  func `nobody gets in without the admin token`(
    method: HTTPRequest.Method, path: String
  ) async throws {
    let app = try await self.cloud.newOwner()
    for token in [nil, "", app.access, "rlkadm_x"] {
      let answer = try await TestCloud.send(
        method, path, headers: token.map { [.authorization: "Bearer \($0)"] } ?? [:], body: nil,
        to: self.cloud.adminResponder)
      #expect(answer.status == 401)
    }
  }

  @Test(
    arguments: [
      ("localhost", true), ("127.0.0.1:8444", true), ("[::1]:8444", true), ("LOCALHOST:1", true),
      ("evil.test", false), ("127.0.0.1.evil.test", false), ("localhost.evil.test:8444", false),
      ("127.0.0.2", false), ("", false), ("localhost:", false), ("localhost:x", false),
      ("[::1", false), ("[::1]evil", false),
    ])
  func `a page whose name was rebound is kept out`(authority: String, isLoopback: Bool) {
    #expect(AdminGate.isLoopback(authority: authority) == isLoopback)
  }

  @Test(arguments: ["evil.test", "evil.test:8444", nil])
  func `a request under another name is refused even with the token`(
    authority: String?
  ) async throws {
    let head = HTTPRequest(
      method: .get, scheme: "http", authority: authority, path: "/admin/v1/status",
      headerFields: [.authorization: "Bearer \(self.cloud.adminToken.secret.text)"])
    let response = try await self.cloud.adminResponder.respond(
      to: Request(head: head, body: RequestBody(buffer: ByteBuffer())),
      context: CloudRequestContext(
        source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: .silent)))
    #expect(response.status == .misdirectedRequest)
  }

  @Test func `the status counts what there is`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.pairedDevice(1, of: app)
    let answer = try await self.cloud.administer(.get, "/admin/v1/status")
    #expect(answer.status == 200)
    let status = try answer.json
    #expect(status["issuer"] == .string(Array("https://127.0.0.1:8443".utf8)))
    #expect(status["accounts"] == .integer(1))
    #expect(status["sessions"]?["app"] == .integer(1))
    #expect(status["sessions"]?["camera"] == .integer(1))
    #expect(status["sessions"]?["scale"] == .integer(0))
    #expect(status["epochs"]?["everyone"] == .integer(0))
    #expect(status["epochs"]?["kinds"]?["ifttt"] == .integer(0))
    #expect(status["truncated"] == .boolean(false))
    guard case .array(let devices)? = status["devices"] else {
      Issue.record("no devices")
      return
    }
    #expect(devices.first?["account_email"] == .string(Array("owner@example.org".utf8)))
    #expect(devices.first?["generation"] == .integer(1))
    #expect(devices.first?["serial"] == .string(Array("SN-1".utf8)))
  }

  @Test(arguments: ["0", "-1", "x", "100001", "1&limit=2"])
  func `a limit out of range is a 400`(limit: String) async throws {
    let answer = try await self.cloud.administer(.get, "/admin/v1/status?limit=\(limit)")
    #expect(answer.status == 400)
  }

  @Test func `a logout of everyone kills every token and names its reason`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let answer = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"everyone","reason":"an exposed copy"}"#)
    #expect(answer.status == 200)
    #expect(answer.text == #"{"epoch":1,"reason":"an exposed copy","scope":"everyone"}"#)

    let dead = try await self.cloud.request(.get, "/v1/session", token: app.access)
    #expect(try dead.string("reason") == "logged_out")
    let refresh = try await self.cloud.refresh(
      camera.refresh, clientID: "relink-camera", peer: CloudFixture.certificate(1))
    #expect(refresh.status == 400)
    #expect(try refresh.string("reason") == "logged_out")

    let status = try await self.cloud.administer(.get, "/admin/v1/status").json
    #expect(status["sessions"]?["app"] == .integer(0))
    #expect(status["epochs"]?["everyone"] == .integer(1))
  }

  @Test func `each scope covers what it names and nothing else`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let other = try await self.cloud.newOwner("other@example.org")
    let session = try await self.cloud.request(.get, "/v1/session", token: other.access)
    let sessionID = try #require(try session.string("session_id"))
    func isLive(_ tokens: TestCloud.Tokens) async throws -> Bool {
      try await self.cloud.request(
        .get, "/v1/session", token: tokens.access,
        peer: tokens.device.map { _ in CloudFixture.certificate(1) }
      ).status == 200
    }
    func logOut(_ body: String) async throws {
      #expect(try await self.cloud.administer(.post, "/admin/v1/logout", body: body).status == 200)
    }
    try await logOut(#"{"scope":"kind","kind":"scale"}"#)
    #expect(try await [isLive(app), isLive(camera), isLive(other)] == [true, true, true])
    try await logOut(#"{"scope":"device","device_id":"\#(try #require(camera.device))"}"#)
    #expect(try await [isLive(app), isLive(camera), isLive(other)] == [true, false, true])
    try await logOut(#"{"scope":"account","email":"OWNER@example.org"}"#)
    #expect(try await [isLive(app), isLive(other)] == [false, true])
    try await logOut(#"{"scope":"session","session_id":"\#(sessionID)"}"#)
    #expect(try await isLive(other) == false)
  }

  @Test(
    arguments: [
      ("{}", 400), (#"{"scope":"nobody"}"#, 400), (#"{"scope":"kind"}"#, 400),
      (#"{"scope":"kind","kind":"toaster"}"#, 400), (#"{"scope":"account"}"#, 400),
      (#"{"scope":"account","email":"x"}"#, 400), (#"{"scope":"device"}"#, 400),
      (#"{"scope":"session"}"#, 400), (#"{"scope":"everyone","kind":"app"}"#, 400),
      (#"{"scope":"device","device_id":"x","email":"a@b.c"}"#, 400),
      (#"{"scope":"everyone","force":true}"#, 400), (#"{"scope":"everyone""#, 400),
      (#"{"scope":"account","email":"nobody@example.org"}"#, 404),
      (#"{"scope":"device","device_id":"nothing"}"#, 404),
      (#"{"scope":"session","session_id":"nothing"}"#, 404),
    ])
  func `a logout that is not clear logs nobody out`(body: String, status: Int) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.administer(.post, "/admin/v1/logout", body: body)
    #expect(answer.status == status)
    #expect(try await self.cloud.request(.get, "/v1/session", token: app.access).status == 200)
  }

  @Test func `a parameter that there is not is refused at every route, by name`() async throws {
    let routes = self.cloud.adminResponder.described.filter { $0.access == .adminToken }
    #expect(routes.count >= 30)
    for route in routes.map(\.route) {
      let path = route.path.replacing("{id}", with: "1").replacing("{name}", with: "one")
      let answer = try await self.cloud.administer(route.method, path + "?limits=1")
      #expect(answer.status == 400, "\(route)")
      #expect(
        try answer.string("error_description") == "there is no parameter 'limits' here", "\(route)")
      // First of all it is seen who asks.
      let stranger = try await TestCloud.send(
        route.method, path + "?limits=1", headers: [:], body: nil, to: self.cloud.adminResponder)
      #expect(stranger.status == 401, "\(route)")
    }
  }

  @Test func `faults stay when the one to be removed is named where it is not looked for`()
    async throws
  {
    let fault = #"{"status":503,"endpoint":"/health"}"#
    #expect(try await self.cloud.administer(.post, "/admin/v1/faults", body: fault).status == 201)
    let before = try await self.cloud.administer(.get, "/admin/v1/faults").text
    let answer = try await self.cloud.administer(.delete, "/admin/v1/faults?fault_id=1")
    #expect(answer.status == 400)
    #expect(try await self.cloud.administer(.get, "/admin/v1/faults").text == before)
  }
}
