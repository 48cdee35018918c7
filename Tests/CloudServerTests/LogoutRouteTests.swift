import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct LogoutRouteTests {
  private let cloud = TestCloud()

  private func order(_ body: String) async throws -> Answer {
    try await self.cloud.administer(.post, "/admin/v1/logout", body: body)
  }

  private func isLive(_ tokens: TestCloud.Tokens) async throws -> Bool {
    try await self.cloud.request(.get, "/v1/session", token: tokens.access).status == 200
  }

  private func openAccount(_ email: String, region: String) async throws {
    let answer = try await self.cloud.postJSON(
      "/v1/accounts",
      #"{"email":"\#(email)","password":"\#(TestCloud.password)","region":"\#(region)"}"#)
    #expect(answer.status == 201)
    #expect(try answer.string("region") == region)
  }

  // MARK: Regions

  @Test func `an account chooses its region, and its logout hits no other`() async throws {
    try await self.openAccount("west@example.org", region: "eu-west")
    let west = try await self.cloud.signIn("west@example.org")
    let here = try await self.cloud.newOwner()
    let answer = try await self.order(#"{"scope":"region","region":"eu-west","reason":"a leak"}"#)
    #expect(answer.text == #"{"epoch":1,"reason":"a leak","scope":"region"}"#)
    #expect(try await [isLive(west), isLive(here)] == [false, true])
  }

  @Test(arguments: [#""EU""#, #""""#, #""eu_west""#, "7", "[]"])
  func `a region that is no word opens no account`(region: String) async throws {
    let answer = try await self.cloud.postJSON(
      "/v1/accounts",
      #"{"email":"a@example.org","password":"\#(TestCloud.password)","region":\#(region)}"#)
    #expect(answer.status == 400)
    #expect(try await self.cloud.decide(email: "a@example.org").status == 403)
  }

  @Test func `the operator moves an account, which logs it out`() async throws {
    let app = try await self.cloud.newOwner()
    let moved = try await self.cloud.administer(
      .post, "/admin/v1/accounts/region", body: #"{"email":"owner@example.org","region":"eu-west"}"#
    )
    #expect(
      moved.text
        == #"{"account_id":"\#(app.account)","epoch":1,"former_region":"default","region":"eu-west"}"#
    )
    let dead = try await self.cloud.request(.get, "/v1/session", token: app.access)
    #expect(try dead.string("logout_reason") == "the account moved to the region eu-west")
    let again = try await self.cloud.signIn("owner@example.org")
    #expect(try await self.order(#"{"scope":"region","region":"eu-west"}"#).status == 200)
    #expect(try await !self.isLive(again))
  }

  @Test(
    arguments: [
      (#"{"email":"nobody@example.org","region":"eu-west"}"#, 404),
      (#"{"email":"x","region":"eu-west"}"#, 400), (#"{"email":"owner@example.org"}"#, 400),
      (#"{"email":"owner@example.org","region":"EU"}"#, 400), ("[]", 400),
    ])
  func `a move that is not clear moves nobody`(body: String, status: Int) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.administer(.post, "/admin/v1/accounts/region", body: body)
    #expect(answer.status == status)
    #expect(try await self.isLive(app))
  }

  // MARK: Issued before

  @Test func `whatever was issued before a time is logged out, and what came later is not`()
    async throws
  {
    let early = try await self.cloud.newOwner()
    self.cloud.clock.advance(seconds: 10)
    let time = self.cloud.clock.now.value
    let late = try await self.cloud.newOwner("late@example.org")
    self.cloud.clock.advance(seconds: 10)
    let answer = try await self.order(
      #"{"scope":"issued_before","before":\#(time),"reason":"a leak"}"#)
    #expect(
      answer.text == #"{"before":\#(time),"epoch":1,"reason":"a leak","scope":"issued_before"}"#)
    #expect(try await [isLive(early), isLive(late)] == [false, true])
    #expect(try await self.cloud.refresh(early.refresh).string("reason") == "logged_out")
    #expect(try await self.cloud.refresh(late.refresh).status == 200)
  }

  @Test(arguments: ["-1", "1.5", #""now""#, "1577352060001", "18446744073709551616", "null"])
  func `a time that is none, or is to come, logs nobody out`(before: String) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.order(#"{"scope":"issued_before","before":\#(before)}"#)
    // Null is as good as absent: now.
    #expect(answer.status == (before == "null" ? 200 : 400))
    #expect(try await self.isLive(app) == (before != "null"))
  }

  // MARK: Bad input

  @Test(
    arguments: [
      (#"{"scope":"region"}"#, 400), (#"{"scope":"region","region":"EU"}"#, 400),
      (#"{"scope":"region","region":"eu-wset"}"#, 404),
      (#"{"scope":"everyone","region":"default"}"#, 400),
      (#"{"scope":"everyone","before":1}"#, 400), (#"{"scope":"list"}"#, 400),
      (#"{"scope":"list","entries":[]}"#, 400), (#"{"scope":"list","entries":[1]}"#, 400),
      (#"{"scope":"list","entries":["owner@example.org"],"kind":"app"}"#, 400),
      (#"{"scope":"everyone","skip_unknown":true}"#, 400),
      (#"{"scope":"everyone","entries":["owner@example.org"]}"#, 400),
      (#"{"scope":"everyone","dry_run":1}"#, 400), (#"{"scope":"everyone","reason":"a\nb"}"#, 400),
      (#"{"scope":"everyone","reason":"a\u001bb"}"#, 400),
      (#"{"scope":"everyone","reason":"a\u202eb"}"#, 400),
      (#"{"scope":"everyone","reason":""# + String(repeating: "x", count: 201) + #""}"#, 400),
    ])
  func `a logout that is not clear logs nobody out`(body: String, status: Int) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.order(body)
    #expect(answer.status == status, "\(answer.text)")
    #expect(try await self.isLive(app))
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/audit").text == #"{"entries":[]}"#)
  }

  // MARK: Reasons

  @Test func `whoever is refused is told the operator's reason, wherever it asks`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let decided = try await self.cloud.decide(email: "owner@example.org")
    let items = URLComponents(string: decided.headers[.location] ?? "")?.queryItems
    let code = try #require(items?.first { $0.name == "code" }?.value)
    let reason = "größer als gedacht, \\\"sagt\\\" man"
    #expect(
      try await self.order(#"{"scope":"everyone","reason":"\#(reason)"}"#).status == 200)
    let answers = [
      try await self.cloud.request(.get, "/v1/session", token: app.access),
      try await self.cloud.request(.get, "/v1/events", token: app.access),
      try await self.cloud.refresh(
        camera.refresh, clientID: "relink-camera", peer: CloudFixture.certificate(1)),
      try await self.cloud.exchange(code: code),
    ]
    for answer in answers {
      #expect(try answer.string("reason") == "logged_out")
      #expect(try answer.string("logout_reason") == #"größer als gedacht, "sagt" man"#)
      // Nothing that an operator wrote gets into a header.
      #expect(!answer.headers.contains { $0.value.contains("gedacht") })
    }
    #expect(try await self.order(#"{"scope":"everyone"}"#).status == 200)
    let other = try await self.cloud.signIn("owner@example.org")
    #expect(try await self.order(#"{"scope":"everyone"}"#).status == 200)
    let without = try await self.cloud.request(.get, "/v1/session", token: other.access)
    #expect(try without.json["logout_reason"] == nil)
  }

  // MARK: Lists and dry runs

  @Test func `a list is logged out whole, or not at all`() async throws {
    let apps = [
      try await self.cloud.newOwner("a@example.org"),
      try await self.cloud.newOwner("b@example.org"),
    ]
    let list = #""a@example.org","device nothing","account \#(apps[1].account)""#
    let refused = try await self.order(#"{"scope":"list","entries":[\#(list)]}"#)
    #expect(refused.status == 400)
    #expect(try refused.json["unknown"] == .array([.integer(1)]))
    #expect(try await [isLive(apps[0]), isLive(apps[1])] == [true, true])
    let done = try await self.order(
      #"{"scope":"list","entries":[\#(list)],"skip_unknown":true,"reason":"a list"}"#)
    #expect(
      done.text
        == #"{"logged_out":2,"reason":"a list","scope":"list","sessions":2,"unknown":[1]}"#)
    #expect(try await [isLive(apps[0]), isLive(apps[1])] == [false, false])
    let dead = try await self.cloud.request(.get, "/v1/session", token: apps[1].access)
    #expect(try dead.string("logout_reason") == "a list")
  }

  @Test(
    arguments: [
      (#""scope":"everyone""#, 2, 2, 1), (#""scope":"issued_before""#, 2, 2, 1),
      (#""scope":"region","region":"default""#, 2, 2, 1),
      (#""scope":"kind","kind":"app""#, 2, 2, 0),
      (#""scope":"kind","kind":"camera""#, 1, 0, 1),
      (#""scope":"account","email":"owner@example.org""#, 1, 1, 1),
      (#""scope":"list","entries":["owner@example.org","other@example.org","x"]"#, 2, 2, 1),
    ])
  func `a dry run counts whom it would hit, and changes nothing`(
    scope: String, accounts: Int, apps: Int, cameras: Int
  ) async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.pairedDevice(1, of: app)
    let other = try await self.cloud.newOwner("other@example.org")
    let answer = try await self.order("{\(scope),\"dry_run\":true}")
    #expect(answer.status == 200)
    let reach = try answer.json
    #expect(reach["dry_run"] == .boolean(true))
    #expect(reach["accounts"] == .integer(Int64(accounts)))
    #expect(reach["devices"] == .integer(Int64(cameras)))
    #expect(reach["sessions"]?["app"] == .integer(Int64(apps)))
    #expect(reach["sessions"]?["camera"] == .integer(Int64(cameras)))
    #expect(reach["streams"] == .integer(0))
    #expect(try await [isLive(app), isLive(other)] == [true, true])
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/audit").text == #"{"entries":[]}"#)
  }

  // MARK: The audit log

  @Test func `the audit log keeps each logout with who ordered it, in pages`() async throws {
    let app = try await self.cloud.newOwner()
    #expect(
      try await self.order(#"{"scope":"account","email":"owner@example.org","reason":"lost"}"#)
        .status == 200)
    self.cloud.clock.advance(seconds: 1)
    for _ in 0..<2 {
      #expect(try await self.order(#"{"scope":"kind","kind":"scale"}"#).status == 200)
    }
    let first = try await self.cloud.administer(.get, "/admin/v1/audit?limit=2").json
    #expect(first["next"] == .integer(2))
    let second = try await self.cloud.administer(.get, "/admin/v1/audit?limit=2&before=2")
    let at = self.cloud.clock.now.value - 1_000
    #expect(
      second.text
        == #"{"entries":[{"at":\#(at),"epoch":1,"operator":"admin-token","reason":"lost","#
        + #""scope":"account","sequence":1,"sessions":1,"target":"\#(app.account)"}]}"#)
    #expect(!second.text.contains(self.cloud.adminToken.secret.text))
  }

  @Test(arguments: [
    "limit=0", "limit=10001", "before=0", "before=x", "before=-1", "before=1&before=2",
  ])
  func `a page that is none is a 400`(query: String) async throws {
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/audit?\(query)").status == 400)
  }

  @Test func `a list of many pieces is logged out whole, each of it counted once`() async throws {
    let cloud = TestCloud()
    let owner = try await cloud.newOwner()
    let other = try await cloud.newOwner("other@example.org")
    // Over 256 KB, and what is known far behind what is not.
    var entries = (1...9_000).map { "nobody\($0)@of-no-known-place.example.org" }
    entries[2] = owner.account
    entries[8_998] = "owner@example.org"
    entries[8_999] = "other@example.org"
    let list = entries.map { "\"\($0)\"" }.joined(separator: ",")
    let refused = try await cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"list","entries":[\#(list)]}"#)
    #expect(refused.status == 400)
    #expect(try await cloud.request(.get, "/v1/session", token: other.access).status == 200)
    let done = try await cloud.administer(
      .post, "/admin/v1/logout",
      body: #"{"scope":"list","entries":[\#(list)],"skip_unknown":true}"#)
    #expect(done.status == 200)
    #expect(try done.json["logged_out"] == .integer(2))
    #expect(try done.json["sessions"] == .integer(2))
    guard case .array(let unknown)? = try done.json["unknown"] else {
      Issue.record("no unknown ones")
      return
    }
    #expect(unknown.count == 8_997)
    #expect(unknown.last == .integer(8_997))
    for token in [owner.access, other.access] {
      #expect(try await cloud.request(.get, "/v1/session", token: token).status == 401)
    }
  }
}
