import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// `/admin/v1/faults` without sockets.
@Suite struct FaultRouteTests {
  private let cloud = TestCloud()

  /// Asks for what a fault answers, of which no document tells.
  private func struck(
    _ ask: (TestCloud) async throws -> Answer
  ) async throws -> Answer {
    try await Contract.$isHeld.withValue(false) { try await ask(self.cloud) }
  }

  private func order(_ body: String) async throws -> Answer {
    try await self.cloud.administer(.post, "/admin/v1/faults", body: body)
  }

  @Test func `faults are listed with what they did, shown, and removed one by one and all`()
    async throws
  {
    let added = try await self.order(
      #"{"grant":"refresh_token","phase":"before_commit","account_email":"a@b.c","skip":2}"#)
    #expect(added.status == 201)
    let rule =
      #"{"account_email":"a@b.c","action":"close","count":1,"fired":0,"grant":"refresh_token","id":1,"matched":0,"phase":"before_commit","skip":2}"#
    #expect(added.text == rule)
    #expect(try await self.order(#"{"status":503}"#).status == 201)
    #expect(try await self.cloud.administer(.get, "/admin/v1/faults/1").text == rule)
    #expect(try await self.cloud.administer(.delete, "/admin/v1/faults/2").status == 204)
    for method in ["GET", "DELETE"] {
      for id in ["2", "0", "x", "-1", "99999999999999999999"] {
        let answer = try await self.cloud.administer(
          .init(method)!, "/admin/v1/faults/\(id)")
        #expect(answer.status == 404)
      }
    }
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/faults").text == #"{"faults":[\#(rule)]}"#)
    #expect(try await self.cloud.administer(.delete, "/admin/v1/faults").status == 204)
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/faults").text == #"{"faults":[]}"#)
  }

  @Test func `a grant is met wherever the router serves it`() async throws {
    let app = try await self.cloud.newOwner()
    #expect(
      try await self.order(#"{"grant":"refresh_token","status":503,"count":3}"#).status == 201)
    for path in ["/oauth/token", "/oauth/token/", "/oauth//token"] {
      let answer = try await self.struck {
        try await $0.postForm(
          path,
          [
            ("grant_type", "refresh_token"), ("refresh_token", app.refresh),
            ("client_id", "relink-app"),
          ])
      }
      #expect(answer.status == 503, "\(path)")
    }
  }

  @Test(
    arguments: [
      (
        #"{"status":503,"headers":{"Retry-After":"7"},"probability":0.5,"seed":9}"#,
        #""action":"status","count":null,"fired":0,"headers":{"Retry-After":"7"},"id":1,"matched":0,"phase":"before_commit","probability":0.5,"seed":9,"skip":0,"status":503"#
      ),
      (
        #"{"endpoint":"GET /v1/events","after_byte":0,"action":"reset","every":2}"#,
        #""action":"reset","after_byte":0,"count":null,"endpoint":"GET /v1/events","every":2,"fired":0,"id":1,"matched":0,"phase":"after_byte","skip":0"#
      ),
      (
        #"{"delay_ms":5,"bandwidth":100,"kind":"camera","client":"relink-camera"}"#,
        #""action":"slow","bandwidth":100,"client":"relink-camera","count":1,"delay_ms":5,"fired":0,"id":1,"kind":"camera","matched":0,"phase":"after_commit","skip":0"#
      ),
      (
        #"{"malformed":"wrong_type","address":"::0001"}"#,
        #""action":"malformed","address":"::1","count":1,"fired":0,"id":1,"malformed":"wrong_type","matched":0,"phase":"after_commit","skip":0"#
      ),
      (
        #"{"tls_close":true,"phase":"after_commit"}"#,
        #""action":"close","count":1,"fired":0,"id":1,"matched":0,"phase":"after_commit","skip":0,"tls_close":true"#
      ),
    ])
  func `what the members mean is told`(body: String, members: String) async throws {
    let added = try await self.order(body)
    #expect(added.text == "{" + members + "}")
  }

  @Test(
    arguments: [
      (#"{"grant":"password","phase":"before_commit"}"#, "'grant'"),
      (#"{"grant":"relink","phase":"later"}"#, "'phase'"),
      (#"{"grant":"relink"}"#, "'phase'"),
      (#"{"grant":"relink","phase":"before_commit","count":-1}"#, "'count'"),
      (#"{"grant":"relink","phase":"before_commit","count":0}"#, "'count'"),
      (#"{"grant":"relink","phase":"before_commit","account_email":"x"}"#, "'account_email'"),
      (#"{"grant":"relink","phase":"before_commit","device_id":"nothing"}"#, "'device_id'"),
      (#"{"grant":"relink","phase":"before_commit","nth":3}"#, "'nth'"),
      (#"{"phase":"after_byte"}"#, "'after_byte'"),
      (#"{"phase":"after_commit","after_byte":1}"#, "'after_byte'"),
      (#"{"phase":"before_commit","address":"nowhere"}"#, "'address'"),
      (#"{"phase":"before_commit","endpoint":"/admin/v1/status"}"#, "'endpoint'"),
      (#"{"phase":"before_commit","client":"nobody"}"#, "'client'"),
      (#"{"phase":"before_commit","kind":"toaster"}"#, "'kind'"),
      (#"{"phase":"before_commit","probability":"often"}"#, "'probability'"),
      (#"{"action":"status"}"#, "'status'"), (#"{"action":"malformed"}"#, "'malformed'"),
      (#"{"action":"certificate"}"#, "'certificate'"),
      (#"{"action":"reset","status":503,"phase":"before_commit"}"#, "'status'"),
      (#"{"action":"reset","tls_close":true,"phase":"before_commit"}"#, "'tls_close'"),
      (#"{"status":503,"malformed":"empty"}"#, "'status'"),
      (#"{"status":503,"headers":{"A B":"x"}}"#, "'headers'"),
      (#"{"certificate":"expired","grant":"relink"}"#, "'grant'"),
      (#"{"certificate":"expired"}"#, "no wrong certificates"),
    ])
  func `a fault that is not clear, or could never strike, is a 400 that says why`(
    body: String, word: String
  ) async throws {
    let answer = try await self.order(body)
    #expect(answer.status == 400)
    #expect(try answer.string("error_description")?.contains(word) == true, "\(answer.text)")
    #expect(try await self.cloud.administer(.get, "/admin/v1/faults").text == #"{"faults":[]}"#)
  }

  @Test(arguments: ["limit=0", "limit=10001", "after=x", "fault_id=-1", "after=1&after=2"])
  func `a query for firings that is not clear is a 400`(query: String) async throws {
    let answer = try await self.cloud.administer(.get, "/admin/v1/faults/firings?\(query)")
    #expect(answer.status == 400)
  }

  @Test func `a firing tells whose request it struck, and no secret`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    _ = try await self.order(#"{"status":503,"grant":"refresh_token","kind":"camera"}"#)
    #expect(try await self.cloud.refresh(app.refresh).status == 200)
    let refused = try await self.struck {
      try await $0.refresh(
        camera.refresh, clientID: "relink-camera", peer: CloudFixture.certificate(1))
    }
    #expect(refused.status == 503)
    let firings = try await self.cloud.administer(.get, "/admin/v1/faults/firings")
    let device = CloudFixture.certificate(1).deviceID.text
    #expect(
      firings.text == """
        {"count":1,"dropped":0,"firings":[{"at":\(self.cloud.clock.now.value),\
        "did":{"action":"status","phase":"before_commit","status":503},"fault_id":1,"id":1,\
        "outcome":"struck","request":{"account_email":"owner@example.org",\
        "address":"\(CloudFixture.address.text)","client":"relink-camera","device_id":"\(device)",\
        "grant":"refresh_token","kind":"camera","method":"POST","path":"/oauth/token"}}]}
        """)
    #expect(!firings.text.contains("rlk"))
  }

  @Test func `a rule strikes whoever owns the token, whatever the route`() async throws {
    let app = try await self.cloud.newOwner()
    let other = try await self.cloud.newOwner("other@example.org")
    _ = try await self.order(
      #"{"status":429,"account_email":"OWNER@example.org","endpoint":"/v1/**","every":1}"#)
    func status(_ tokens: TestCloud.Tokens?, _ path: String) async throws -> Int {
      try await self.struck { try await $0.request(.get, path, token: tokens?.access) }.status
    }
    #expect(try await status(app, "/v1/devices") == 429)
    #expect(try await status(app, "/v1/session?x=1") == 429)
    #expect(try await status(other, "/v1/devices") == 200)
    #expect(try await status(nil, "/v1/devices") == 401)
    #expect(try await status(app, "/health") == 200)
    // The form of a login tells whose it is too.
    _ = try await self.order(
      #"{"status":500,"account_email":"other@example.org","endpoint":"POST /oauth/authorize"}"#)
    #expect(try await self.cloud.decide(email: "owner@example.org").status == 303)
    let login = try await self.struck { try await $0.decide(email: "other@example.org") }
    #expect(login.status == 500)
  }

  @Test func `a body over the limit is refused as without faults`() async throws {
    let cloud = TestCloud(bodyByteCount: 100)
    _ = try await cloud.administer(
      .post, "/admin/v1/faults", body: #"{"status":503,"client":"relink-scale"}"#)
    let answer = try await cloud.postForm(
      "/oauth/token", [("x", String(repeating: "y", count: 200))])
    #expect(answer.status == 413)
  }

  @Test(
    arguments: [
      ("truncated", #"{"statu"#), ("empty", ""), ("wrong_type", #"{"status":0}"#),
      ("not_json", "<!DOCTYPE html><title>502</title><p>Bad gateway</p>"),
    ])
  func `a body is spoilt as it was ordered, its status stays`(
    malformed: String, text: String
  ) async throws {
    _ = try await self.order(#"{"malformed":"\#(malformed)","endpoint":"/health"}"#)
    let answer = try await self.struck { try await $0.request(.get, "/health") }
    #expect(answer.status == 200)
    #expect(answer.text == text)
    #expect(answer.headers[.contentType] == "application/json")
    #expect(try await self.cloud.request(.get, "/health").text == #"{"status":"ok"}"#)
  }

  @Test(arguments: ["truncated", "empty", "wrong_type", "not_json"])
  func `the status of a refusal stays when its body is spoilt`(malformed: String) async throws {
    let whole = try await self.cloud.request(.get, "/v1/session")
    _ = try await self.order(
      #"{"malformed":"\#(malformed)","endpoint":"/v1/session","phase":"after_commit"}"#)
    let answer = try await self.struck { try await $0.request(.get, "/v1/session") }
    #expect(answer.status == 401)
    #expect(answer.headers[.wwwAuthenticate] == whole.headers[.wwwAuthenticate])
    #expect(answer.text != whole.text)
  }

  @Test(arguments: ["truncated", "empty", "wrong_type", "not_json"])
  func `an answer without a body goes as it is, and the fault has missed`(
    malformed: String
  ) async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    _ = try await self.order(#"{"malformed":"\#(malformed)","every":1}"#)
    let redirect = try await self.cloud.decide(email: "owner@example.org")
    #expect((redirect.status, redirect.text) == (303, ""))
    #expect(redirect.headers[.location]?.contains("code=") == true)
    let removed = try await self.cloud.request(
      .delete, "/v1/devices/\(try #require(camera.device))", token: app.access)
    #expect((removed.status, removed.text) == (204, ""))
    let firings = try await self.cloud.administer(.get, "/admin/v1/faults/firings")
    #expect(firings.text.split(separator: #""outcome":"missed""#).count == 3)
    // A 200 can have one, even where it has none.
    let revoked = try await self.struck {
      try await $0.postForm("/oauth/revoke", [("token", "x"), ("client_id", "relink-app")])
    }
    #expect(revoked.status == 200)
    #expect(revoked.text.isEmpty == (malformed == "empty"))
  }

  @Test func `a server name is matched in whatever case the client spells it`() throws {
    let injector = FaultInjector(
      certificates: .none, clock: self.cloud.clock.read, fired: CloudMetrics().faults,
      logger: .silent)
    var specification = FaultSpecification(phase: .handshake, action: .certificate(.expired))
    specification.match.serverName = "cloud.example"
    let ordered = specification
    let rule = injector.withPlan { $0.add(ordered) }
    _ = injector.context(address: "192.0.2.1", serverName: "other.example")
    #expect(injector.withPlan { $0.firings.count } == 0)
    _ = injector.context(address: "192.0.2.1", serverName: "Cloud.EXAMPLE")
    #expect(injector.withPlan { $0.firings.newest(1).first?.rule } == rule?.id)
  }

  @Test func `an answer has the headers and the body that were ordered`() async throws {
    _ = try await self.order(
      #"{"status":503,"headers":{"Retry-After":"30","Content-Type":"text/plain"},"body":"later"}"#)
    let answer = try await self.struck { try await $0.request(.get, "/health") }
    #expect((answer.status, answer.text) == (503, "later"))
    #expect(answer.headers[.retryAfter] == "30")
    #expect(answer.headers[.contentType] == "text/plain")
    _ = try await self.order(#"{"status":429}"#)
    let busy = try await self.struck { try await $0.request(.get, "/health") }
    #expect(try busy.string("error") == "too_many_requests")
    _ = try await self.order(#"{"status":204}"#)
    let empty = try await self.struck { try await $0.request(.get, "/health") }
    #expect((empty.status, empty.text) == (204, ""))
  }
}
