import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite(.timeLimit(.minutes(5))) struct RequestRouteTests {
  private let cloud = TestCloud()

  private func requests(_ query: String = "") async throws -> [JSONValue] {
    let answer = try await self.cloud.administer(.get, "/admin/v1/requests\(query)")
    #expect(answer.status == 200)
    guard case .array(let requests)? = try answer.json["requests"] else { return [] }
    return requests
  }

  private func claim(_ body: String) async throws -> Answer {
    try await self.cloud.administer(.post, "/admin/v1/requests/assert", body: body)
  }

  private static func text(_ text: String) -> JSONValue { .string(Array(text.utf8)) }

  @Test func `each request is told with its route, token, answer and reason, and no secret`()
    async throws
  {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let peer = CloudFixture.certificate(1)
    let renewed = try await TestCloud.tokens(
      self.cloud.refresh(camera.refresh, clientID: "relink-camera", peer: peer))
    _ = try await self.cloud.request(.get, "/v1/session", token: renewed.access, peer: peer)
    _ = try await self.cloud.refresh(camera.refresh, clientID: "relink-camera", peer: peer)
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"kind","kind":"camera"}"#)
    _ = try await self.cloud.request(.get, "/v1/session", token: renewed.access, peer: peer)
    _ = try await self.cloud.refresh(renewed.refresh, clientID: "relink-camera", peer: peer)
    _ = try await self.cloud.request(.get, "/v1/devices/x?token=\(app.access)", token: app.access)
    _ = try await self.cloud.request(.get, "/\(app.refresh)")

    let camera4 = try await self.requests("?client=relink-camera")
    func column(_ name: StaticString) -> [JSONValue?] { camera4.map { $0[name] } }
    #expect(
      column("event") == [
        Self.text("pairing"), Self.text("rotation"), nil, Self.text("repeat"), nil, nil,
      ])
    #expect(column("status") == [200, 200, 200, 200, 401, 400].map { .integer($0) })
    #expect(
      column("dead_token") == [
        nil, .boolean(false), .boolean(false), .boolean(false), .boolean(true), .boolean(true),
      ])
    #expect(
      column("reason") == [nil, nil, nil, nil, Self.text("logged_out"), Self.text("logged_out")])
    #expect(column("generation") == [1, 1, 2, 1, 2, 2].map { .integer($0) })
    #expect(column("path")[2] == Self.text("/v1/session"))
    #expect(camera4.allSatisfy { $0["account_id"] == Self.text(app.account) })
    #expect(camera4.allSatisfy { $0["device_id"] == camera.device.map(Self.text) })

    let all = try await self.cloud.administer(.get, "/admin/v1/requests")
    #expect(all.text.contains(#""path":"/v1/devices/{id}""#))
    #expect(all.text.contains(#""path":"/…""#))
    for secret in [app.access, app.refresh, camera.refresh, renewed.access, TestCloud.password] {
      #expect(!all.text.contains(secret.suffix(24)))
    }
  }

  @Test func `a token that lives is not dead when another device shows it`() async throws {
    let camera = try await self.cloud.pairedDevice(1, of: self.cloud.newOwner())
    let answer = try await self.cloud.request(
      .get, "/v1/session", token: camera.access, peer: CloudFixture.certificate(2))
    #expect(try answer.string("reason") == "wrong_certificate")
    #expect(try await self.claim(#"{"assertion":"no_dead_token"}"#).status == 200)
    #expect(try await self.requests("?path=/v1/session&dead_token=false").count == 1)
  }

  @Test func `a request that a fault answers is told with all that is known of it`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let peer = CloudFixture.certificate(1)
    let start = try #require(
      try await self.cloud.administer(.get, "/admin/v1/requests").string("cursor"))
    _ = try await self.cloud.administer(
      .post, "/admin/v1/faults", body: #"{"endpoint":"/**","status":503,"every":1,"count":9}"#)
    try await Contract.$isHeld.withValue(false) {
      for _ in 1...2 {
        #expect(
          try await self.cloud.refresh(
            camera.refresh, clientID: "relink-camera", peer: peer
          ).status == 503)
      }
      _ = try await self.cloud.request(.get, "/v1/session", token: camera.access, peer: peer)
      _ = try await self.cloud.request(.get, "/v1/devices/\(app.refresh)", token: app.access)
      _ = try await self.cloud.postForm(
        "/oauth/revoke", [("token", app.refresh), ("client_id", "relink-app")])
      _ = try await self.cloud.request(.get, "/\(app.refresh)")
    }
    let told = try await self.requests("?cursor=\(start)")
    func column(_ name: StaticString) -> [JSONValue?] { told.map { $0[name] } }
    func texts(_ texts: [String?]) -> [JSONValue?] { texts.map { $0.map(Self.text) } }
    #expect(
      column("path")
        == texts([
          "/oauth/token", "/oauth/token", "/v1/session", "/v1/devices/{id}", "/oauth/revoke", "/…",
        ]))
    #expect(
      column("client")
        == texts([
          "relink-camera", "relink-camera", "relink-camera", "relink-app", "relink-app", nil,
        ]))
    #expect(column("kind") == texts(["camera", "camera", "camera", "app", "app", nil]))
    #expect(column("grant") == texts(["refresh_token", "refresh_token", nil, nil, nil, nil]))
    let account = app.account
    #expect(
      column("account_id") == texts([account, account, account, account, account, nil]))
    let one = JSONValue.integer(1)
    #expect(column("generation") == [one, one, one, one, one, nil])
    #expect(told.dropLast().allSatisfy { $0["session_id"] != nil })
    #expect(told.dropLast().allSatisfy { $0["dead_token"] == .boolean(false) })
    #expect(
      try await self.claim(
        #"{"exactly":2,"where":{"client":"relink-camera","grant":"refresh_token"}}"#
      ).status == 200)
    // What a fault keeps has no more of a path than the journal has.
    let firings = try await self.cloud.administer(.get, "/admin/v1/faults/firings")
    #expect(firings.text.contains(#""path":"/v1/devices/{id}""#))
    #expect(firings.text.contains(#""path":"/…""#))
    #expect(!firings.text.contains(app.refresh))
  }

  @Test func `a token that lives is not dead because another has shown it`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let other = CloudFixture.certificate(2)
    let refused = try await self.cloud.refresh(
      camera.refresh, clientID: "relink-camera", peer: other)
    #expect(refused.status == 400)
    let ofAnother = try await self.cloud.refresh(
      app.refresh, clientID: "relink-camera", peer: other)
    #expect(ofAnother.status == 400)
    #expect(try await self.claim(#"{"assertion":"no_dead_token"}"#).status == 200)
    // Twice: the first one ends it.
    for _ in 1...2 {
      _ = try await self.cloud.postForm(
        "/oauth/revoke", [("token", app.refresh), ("client_id", "relink-app")])
    }
    let revocations = try await self.requests("?path=/oauth/revoke")
    #expect(revocations.map { $0["dead_token"] } == [.boolean(false), .boolean(true)])
    #expect(revocations.allSatisfy { $0["generation"] == .integer(1) })
    #expect(revocations.allSatisfy { $0["session_id"] != nil })
    #expect(revocations.allSatisfy { $0["account_id"] == Self.text(app.account) })
    #expect(try await self.claim(#"{"assertion":"no_dead_token"}"#).status == 409)
  }

  @Test(arguments: [
    ("?status=401", 3), ("?status=4xx", 4), ("?dead_token=true", 1), ("?path=/v1/session", 3),
    ("?account=owner@example.org", 2),
    ("?kind=app&dead_token=false", 1), ("?method=DELETE", 1), ("?grant=authorization_code", 1),
    ("?event=login", 1), ("?fault=true", 0), ("?address=192.0.2.1&limit=3", 3),
    ("?since=2019-12-26T09:21:00Z&limit=1", 1), ("?since=2019-12-26T09:21:01Z", 0),
    ("?reason=not_found", 1), ("?client=relink-scale", 0), ("", 7),
  ])
  func `requests are found by each condition`(query: String, count: Int) async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.request(.get, "/v1/session", token: app.access)
    _ = try await self.cloud.request(.get, "/v1/session", token: "rlka_x")
    _ = try await self.cloud.request(.get, "/v1/session")
    _ = try await self.cloud.request(.get, "/nothing")
    // Without credentials, which is no dead token.
    _ = try await self.cloud.request(.delete, "/v1/devices/x")
    #expect(try await self.requests(query).count == count)
  }

  @Test(arguments: [
    "?limit=0", "?limit=10001", "?cursor=x", "?since=yesterday", "?kind=toaster", "?status=4",
    "?status=600", "?device=x", "?session=x", "?account=x", "?dead_token=yes", "?fault=1",
    "?grant=password", "?event=party", "?clint=x", "?status=401&status=401", "?client=typo",
    "?path=/nix", "?path=/v1/devices/x", "?reason=bogus", "?account=nobody@example.org",
    "?account=00000000-0000-4000-8000-000000000000",
    "?device=00000000-0000-4000-8000-000000000000", "?session=00000000-0000-4000-8000-000000000000",
    "?method=get", "?method=PSOT", "?address=localhost", "?address=192.0.2",
    "?address=192.0.2.1:80",
  ])
  func `a condition that none can meet is a 400`(query: String) async throws {
    #expect(try await self.cloud.administer(.get, "/admin/v1/requests\(query)").status == 400)
  }

  @Test func `a time to come is refused, with what the cloud's clock reads`() async throws {
    self.cloud.clock.set(UnixMilliseconds(1_577_352_060_000))
    func refusals(_ milliseconds: Int) async throws -> [Answer] {
      let time = 1_577_352_060_000 + milliseconds
      return [
        try await self.cloud.administer(.get, "/admin/v1/requests?since=\(time)"),
        try await self.claim(#"{"assertion":"no_dead_token","since":"\#(time)"}"#),
      ].filter { $0.status != 200 }
    }
    #expect(try await refusals(1_000).isEmpty)
    let refused = try await refusals(1_001)
    #expect(refused.count == 2)
    for answer in refused {
      #expect(answer.status == 400)
      #expect(
        try answer.string("error_description")
          == "'since' is 2019-12-26T09:21:01.001Z, which is to come: the cloud's clock reads 2019-12-26T09:21:00.000Z"
      )
    }
  }

  @Test(arguments: ["client", "path", "reason"])
  func `a claim about what there is not is refused by name, and does not hold`(
    name: String
  ) async throws {
    let answer = try await self.claim(
      #"{"assertion":"no_dead_token","where":{"\#(name)":"typo"}}"#)
    #expect(answer.status == 400)
    #expect(
      try answer.string("error_description")?.contains(
        "'typo' is no \(name == "path" ? "route" : name)") == true)
    for (name, value) in [
      ("account", "nobody@example.org"), ("device", "00000000-0000-4000-8000-000000000000"),
      ("session", "00000000-0000-4000-8000-000000000000"),
    ] {
      let answer = try await self.claim(
        #"{"assertion":"no_dead_token","where":{"\#(name)":"\#(value)"}}"#)
      #expect(answer.status == 400)
      #expect(try answer.string("reason") == "unknown_\(name)")
    }
  }

  @Test func `an address is asked for in any spelling`() async throws {
    let address = RemoteAddress("2001:db8::a")
    _ = try await self.cloud.request(.get, "/health", from: address)
    for spelling in ["2001:db8::a", "2001:DB8:0:0::000a"] {
      #expect(try await self.requests("?address=\(spelling)").count == 1)
    }
    #expect(try await self.requests("?address=2001:db8::b").isEmpty)
  }

  @Test func `devices and sessions are known while they live, after that, and after a restore`()
    async throws
  {
    let app = try await self.cloud.newOwner()
    #expect(try await self.cloud.administer(.put, "/admin/v1/snapshots/empty").status == 201)
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let device = try #require(camera.device)
    let peer = CloudFixture.certificate(1)
    let shown = try await self.cloud.request(
      .get, "/v1/session", token: camera.access, peer: peer)
    let session = try #require(try shown.string("session_id"))
    func expectKnown() async throws {
      // The pairing, and the look at the session.
      #expect(try await self.requests("?device=\(device)&kind=camera").count == 2)
      #expect(try await self.requests("?session=\(session)").count == 2)
    }
    try await expectKnown()
    #expect(
      try await self.cloud.request(.delete, "/v1/devices/\(device)", token: app.access).status
        == 204)
    try await expectKnown()
    let restored = try await self.cloud.administer(.post, "/admin/v1/snapshots/empty/restore")
    #expect(restored.status == 200)
    try await expectKnown()
  }

  @Test func `a cursor follows what comes`() async throws {
    _ = try await self.cloud.request(.get, "/health")
    let page = try await self.cloud.administer(.get, "/admin/v1/requests?limit=5")
    let cursor = try #require(try page.string("cursor"))
    #expect(try await self.requests("?cursor=\(cursor)").isEmpty)
    _ = try await self.cloud.request(.get, "/health")
    #expect(try await self.requests("?cursor=\(cursor)").count == 1)
  }

  @Test func `an assertion holds, or says in words what there was instead`() async throws {
    let app = try await self.cloud.newOwner()
    for _ in 1...3 { _ = try await self.cloud.request(.get, "/v1/session", token: app.access) }
    let held = try await self.claim(
      #"{"exactly":3,"where":{"path":"/v1/session","status":200,"dead_token":false}}"#)
    #expect(held.status == 200)
    #expect(held.text == #"{"complete":true,"count":3,"held":true}"#)
    let failed = try await self.claim(
      #"{"at_most":2,"where":{"path":"/v1/session"},"since":"2019-12-26T09:00:00Z"}"#)
    #expect(failed.status == 409)
    #expect(try failed.json["held"] == .boolean(false))
    #expect(
      try failed.string("message")
        == "expected at most 2 requests with path = /v1/session since 2019-12-26T09:00:00.000Z, but there were 3"
    )
    guard case .array(let shown)? = try failed.json["requests"] else {
      Issue.record("no requests")
      return
    }
    #expect(shown.count == 3)
    #expect(try await self.claim(#"{"at_least":4}"#).status == 200)
    #expect(try await self.claim(#"{"at_least":400}"#).status == 409)
  }

  @Test func `refreshed exactly once counts new tokens and not their repetition`() async throws {
    let app = try await self.cloud.newOwner()
    let claim = #"{"assertion":"refreshed_exactly_once","where":{"client":"relink-app"}}"#
    #expect(try await self.claim(claim).status == 409)
    let renewed = try await TestCloud.tokens(self.cloud.refresh(app.refresh))
    _ = try await self.cloud.refresh(app.refresh)
    #expect(try await self.claim(claim).status == 200)
    _ = try await self.cloud.refresh(renewed.refresh)
    let twice = try await self.claim(claim)
    #expect(twice.status == 409)
    #expect(try twice.json["count"] == .integer(2))
  }

  @Test func `a dead token is found, at resources and at the token endpoint`() async throws {
    let app = try await self.cloud.newOwner()
    let claim = #"{"assertion":"no_dead_token"}"#
    _ = try await self.cloud.request(.get, "/v1/session", token: app.access)
    _ = try await self.cloud.request(.get, "/v1/session")
    #expect(try await self.claim(claim).status == 200)
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"everyone"}"#)
    _ = try await self.cloud.refresh(app.refresh)
    #expect(try await self.claim(claim).status == 409)
    _ = try await self.cloud.request(.get, "/v1/session", token: app.access)
    #expect(try await self.claim(claim).json["count"] == .integer(2))
  }

  @Test func `an assertion waits until it holds, and no longer than it can`() async throws {
    async let waiting = self.claim(
      #"{"exactly":2,"where":{"path":"/health"},"within_ms":30000}"#)
    for _ in 1...2 {
      try await Task.sleep(for: .milliseconds(30))
      _ = try await self.cloud.request(.get, "/health")
    }
    #expect(try await waiting.status == 200)
    let begin = ContinuousClock.now
    let impossible = try await self.claim(
      #"{"exactly":1,"where":{"path":"/health"},"within_ms":30000}"#)
    #expect(impossible.status == 409)
    #expect(ContinuousClock.now - begin < .seconds(20))
    let late = try await self.claim(#"{"exactly":3,"where":{"path":"/health"},"within_ms":50}"#)
    #expect(late.status == 409)
  }

  @Test(arguments: [
    "{}", #"{"exactly":1,"at_least":1}"#, #"{"exactly":-1}"#, #"{"exactly":1,"within_ms":60001}"#,
    #"{"exactly":1,"where":{"clint":"x"}}"#, #"{"exactly":1,"where":{"status":[1]}}"#,
    #"{"assertion":"all_is_well"}"#, #"{"exactly":1,"since":"x"}"#, #"{"exactly":1,"cursor":"x"}"#,
    #"{"exactly":1,"where":{"account":"x"}}"#, #"{"assertion":"no_dead_token","exactly":1}"#, "[]",
  ])
  func `an assertion that is none is a 400`(body: String) async throws {
    #expect(try await self.claim(body).status == 400)
  }
}
