import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite(.timeLimit(.minutes(5))) struct TokenAdminTests {
  private let cloud = TestCloud()

  private func session(of tokens: TestCloud.Tokens) async throws -> String {
    let answer = try await self.cloud.request(.get, "/v1/session", token: tokens.access)
    return try #require(try answer.string("session_id"))
  }

  private func reason(_ tokens: TestCloud.Tokens) async throws -> String? {
    try await self.cloud.request(.get, "/v1/session", token: tokens.access).string("reason")
  }

  @Test func `expired tokens are refused as such, and a refresh gives a good one`() async throws {
    let app = try await self.cloud.newOwner()
    let session = try await self.session(of: app)
    for (body, scope) in [
      (#"{"session_id":"\#(session)"}"#, "session:\(session)"),
      (#"{"account":"OWNER@example.org"}"#, "account:\(app.account)"),
      (#"{"kind":"app"}"#, "kind:app"), (#"{"client":"relink-app"}"#, "client:relink-app"),
      (#"{"everyone":true}"#, "everyone"),
    ] {
      let app = try await self.cloud.signIn("owner@example.org")
      let target = body.contains("session_id") ? try await self.session(of: app) : session
      let answer = try await self.cloud.administer(
        .post, "/admin/v1/tokens/expire", body: body.replacing(session, with: target))
      #expect(answer.text == #"{"scope":"\#(scope.replacing(session, with: target))"}"#)
      #expect(try await self.reason(app) == "expired")
      let renewed = try await TestCloud.tokens(self.cloud.refresh(app.refresh))
      #expect(try await self.reason(renewed) == nil)
    }
  }

  @Test func `a stream on an expired token ends before the call is answered`() async throws {
    let app = try await self.cloud.newOwner()
    let hub = self.cloud.service.streams
    let outcome = try await self.cloud.service.read { cloud, reader, now in
      try cloud.authenticate(
        Secret(app.access), certificateThumbprint: nil, requiring: [.app], in: reader, at: now)
    }
    guard case .acceptedFirstUse(let caller) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    let stream = try #require(
      hub.open(
        for: caller,
        on: PeerConnection(deviceCertificate: nil, remoteAddress: CloudFixture.address)))
    async let last: EventStream.Step = {
      let step = await stream.next()
      hub.close(stream)
      return step
    }()
    let answer = try await self.cloud.administer(
      .post, "/admin/v1/tokens/expire", body: #"{"kind":"app"}"#)
    #expect(answer.status == 200)
    #expect(hub.streams { _ in true }.isEmpty)
    #expect(await last == .finish(.expired))
  }

  @Test(arguments: ["expire", "revoke"])
  func `a target that is not clear hits nobody`(what: String) async throws {
    let app = try await self.cloud.newOwner()
    for (body, status) in [
      ("{}", 400), (#"{"everyone":false}"#, 400), (#"{"kind":"toaster"}"#, 400),
      (#"{"account":"x"}"#, 400), (#"{"account":"nobody@example.org"}"#, 404),
      (#"{"session_id":"x"}"#, 404), (#"{"device_id":"x"}"#, 404),
      (#"{"session_id":"00000000-0000-4000-8000-000000000000"}"#, 404),
      (#"{"session_id":"x","everyone":true}"#, what == "expire" ? 404 : 404),
      (#"{"device_id":"00000000-0000-4000-8000-000000000000"}"#, 404),
      (#"{"account":"owner@example.org","everyone":true}"#, 400), (#"{"all":true}"#, 400),
      ("[]", 400),
    ] {
      let answer = try await self.cloud.administer(
        .post, "/admin/v1/tokens/\(what)", body: body)
      #expect(answer.status == status, "\(body)")
      if status == 404 {
        // Which one was asked for.
        let name = ["nobody@example.org", "'x'", "00000000-0000-4000-8000-000000000000"]
        #expect(name.contains { answer.text.contains($0) }, "\(answer.text)")
      }
    }
    #expect(try await self.reason(app) == nil)
    #expect(try await self.cloud.refresh(app.refresh).status == 200)
  }

  @Test func `revoked sessions are dead with all their tokens`() async throws {
    let app = try await self.cloud.newOwner()
    let other = try await self.cloud.signIn("owner@example.org")
    let id = try await self.session(of: app)
    let answer = try await self.cloud.administer(
      .post, "/admin/v1/tokens/revoke", body: #"{"session_id":"\#(id)"}"#)
    #expect(answer.text == #"{"revoked":["\#(id)"]}"#)
    #expect(try await self.reason(app) == "session_ended")
    #expect(try await self.cloud.refresh(app.refresh).string("reason") == "session_ended")
    #expect(try await self.reason(other) == nil)
    for body in [#"{"everyone":true}"#, #"{"kind":"app"}"#, #"{"client":"relink-app"}"#] {
      let wide = try await self.cloud.administer(.post, "/admin/v1/tokens/revoke", body: body)
      #expect(wide.status == 400)
    }
    #expect(try await self.reason(other) == nil)
    let typo = try await self.cloud.administer(
      .post, "/admin/v1/tokens/revoke", body: #"{"account":"owner@example.org","client":"nix"}"#)
    #expect(typo.status == 404)
    #expect(try typo.string("reason") == "unknown_client")
    #expect(try await self.reason(other) == nil)
    let rest = try await self.cloud.administer(
      .post, "/admin/v1/tokens/revoke",
      body: #"{"account":"owner@example.org","client":"relink-app"}"#)
    #expect(rest.status == 200)
    #expect(try await self.reason(other) == "session_ended")
  }

  @Test func `those that lived are answered, not those that a logout had killed`() async throws {
    let dead = try await self.session(of: self.cloud.newOwner())
    let logout = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"everyone","reason":"x"}"#)
    #expect(logout.status == 200)
    let live = try await self.session(of: self.cloud.signIn("owner@example.org"))
    let answer = try await self.cloud.administer(
      .post, "/admin/v1/tokens/revoke", body: #"{"account":"owner@example.org"}"#)
    #expect(answer.text == #"{"revoked":["\#(live)"]}"#)
    let history = try await self.cloud.administer(.get, "/admin/v1/sessions/\(dead)/history")
    #expect(history.text.contains(#""state":"logged_out""#))
    #expect(!history.text.contains("revoked"))
  }

  @Test func `sessions are listed in pages, with how they stand`() async throws {
    let app = try await self.cloud.newOwner()
    for _ in 1...4 { _ = try await self.cloud.signIn("owner@example.org") }
    _ = try await self.cloud.newOwner("other@example.org")
    var ids: [JSONValue] = []
    var path = "/admin/v1/sessions?account=owner@example.org&client=relink-app&limit=2"
    var pages = 0
    while true {
      let page = try await self.cloud.administer(.get, path)
      #expect(page.status == 200)
      guard case .array(let sessions)? = try page.json["sessions"] else { break }
      ids += sessions.compactMap { $0["id"] }
      pages += 1
      guard let cursor = try page.string("cursor") else { break }
      path =
        "/admin/v1/sessions?account=owner@example.org&client=relink-app&limit=2&cursor=\(cursor)"
    }
    #expect(ids.count == 5)
    #expect(pages == 3)
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout",
      body: #"{"scope":"account","email":"owner@example.org","reason":"x"}"#
    )
    let dead = try await self.cloud.administer(
      .get, "/admin/v1/sessions?account=\(app.account)&limit=1")
    #expect(dead.text.contains(#""state":"logged_out""#))
    #expect(dead.text.contains(#""reason":"x""#))
    let nobody = try await self.cloud.administer(
      .get, "/admin/v1/sessions?account=nobody@example.org")
    #expect(nobody.status == 400)
    #expect(try nobody.string("reason") == "unknown_account")
    let client = try await self.cloud.administer(.get, "/admin/v1/sessions?client=nix")
    #expect(client.status == 400)
    #expect(try client.string("reason") == "unknown_client")
  }

  @Test(arguments: [
    "limit=0", "limit=1001", "cursor=x", "kind=toaster", "device=x", "account=x", "acount=a@b.c",
    "kind=app&kind=app",
  ])
  func `a filter that is none is a 400`(query: String) async throws {
    let answer = try await self.cloud.administer(.get, "/admin/v1/sessions?\(query)")
    #expect(answer.status == 400)
  }

  @Test func `a history tells who did what, outlives a restart and holds no token`() async throws {
    let folder = try TemporaryFolder()
    let storage = CloudStorage.folder(folder.path + "/data")
    let (path, before, tokens) = try await RunningCloud.with(storage: storage) { cloud in
      try await cloud.withClient { client in
        let app = try await cloud.newOwner("owner@example.org", on: client)
        let first = String(decoding: app.refreshToken, as: UTF8.self)
        let refreshed = try await client.sendForm(
          cloud.origin + "/oauth/token",
          [("grant_type", "refresh_token"), ("refresh_token", first), ("client_id", "relink-app")])
        let second = try #require(try refreshed.string("refresh_token"))
        _ = try await client.sendForm(
          cloud.origin + "/oauth/revoke", [("token", second), ("client_id", "relink-app")])
        let list = try await cloud.administer("GET", "/admin/v1/sessions?account=owner@example.org")
        guard case .array(let sessions)? = try list.json["sessions"],
          case .string(let id)? = sessions.first?["id"]
        else { throw CancellationError() }
        let path = "/admin/v1/sessions/\(String(decoding: id, as: UTF8.self))/history"
        return (path, try await cloud.administer("GET", path).text, [first, second])
      }
    }
    try await RunningCloud.with(storage: storage) { cloud in
      let after = try await cloud.administer("GET", path)
      #expect(after.text == before)
      guard case .array(let entries)? = try after.json["history"] else { return }
      #expect(
        entries.map { $0["event"] } == ["login", "rotation", "end"].map { .string(Array($0.utf8)) })
      #expect(entries.map { $0["generation"] } == [.integer(1), .integer(1), .integer(2)])
      #expect(entries.allSatisfy { $0["address"] == .string(Array("127.0.0.1".utf8)) })
      #expect(entries.last?["ended_as"] == .string(Array("revoked".utf8)))
      for token in tokens { #expect(!after.text.contains(token.dropFirst(5).prefix(20))) }
      let unknown = try await cloud.administer("GET", "/admin/v1/sessions/x/history")
      #expect(unknown.status == 404)
      #expect(try unknown.string("reason") == "unknown_session")
    }
  }
}
