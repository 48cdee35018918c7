import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite(.timeLimit(.minutes(5))) struct SnapshotRouteTests {
  private let cloud = TestCloud()

  private func restore(_ body: String? = nil, _ name: String = "paired") async throws -> Answer {
    try await self.cloud.administer(
      .post, "/admin/v1/snapshots/\(name)/restore", body: body)
  }

  private func save(_ name: String = "paired") async throws -> Answer {
    try await self.cloud.administer(.put, "/admin/v1/snapshots/\(name)")
  }

  private func reason(_ tokens: TestCloud.Tokens) async throws -> String? {
    try await self.cloud.request(.get, "/v1/session", token: tokens.access).string("reason")
  }

  @Test func `tokens of the saved state live again, those of the time since are unknown`()
    async throws
  {
    let app = try await self.cloud.newOwner()
    let saved = try await self.save()
    #expect(saved.status == 201)
    #expect(try saved.json["at"] == .integer(1_577_352_060_000))
    let renewed = try await TestCloud.tokens(self.cloud.refresh(app.refresh))
    let later = try await self.cloud.signIn("owner@example.org")
    _ = try await self.cloud.administer(
      .post, "/admin/v1/clock/advance", body: #"{"seconds":7200}"#)
    #expect(try await self.reason(app) == "expired")
    #expect(try await self.restore().status == 200)
    #expect(try await self.reason(app) == nil)
    #expect(try await self.reason(renewed) == "token_unknown")
    #expect(try await self.reason(later) == "token_unknown")
    #expect(try await self.cloud.refresh(app.refresh).status == 200)
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/clock").json["at"]
        == .integer(1_577_352_060_000))
  }

  @Test func `whoever was logged out since stays so, unless the tester asks otherwise`()
    async throws
  {
    let app = try await self.cloud.newOwner()
    _ = try await self.save()
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"everyone","reason":"exercise"}"#)
    _ = try await self.restore()
    #expect(try await self.reason(app) == "logged_out")
    _ = try await self.restore(#"{"epochs":"as_saved"}"#)
    #expect(try await self.reason(app) == nil)
  }

  @Test func `the clock may stay where it is`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.administer(.post, "/admin/v1/clock/freeze")
    _ = try await self.save()
    _ = try await self.cloud.administer(.post, "/admin/v1/clock/resume")
    self.cloud.clock.advance(seconds: 3_600)
    _ = try await self.restore(#"{"clock":"kept"}"#)
    #expect(try await self.reason(app) == "expired")
    // Its course too: it was frozen when the state was saved.
    let kept = try await self.cloud.administer(.get, "/admin/v1/clock").json
    #expect(kept["frozen"] == .boolean(false))
    _ = try await self.restore(#"{"clock":"as_saved"}"#)
    #expect(try await self.reason(app) == nil)
    let clock = try await self.cloud.administer(.get, "/admin/v1/clock").json
    #expect(clock["frozen"] == .boolean(true))
  }

  @Test func `streams that are open have ended when the restore is answered`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.request(.get, "/v1/session", token: app.access)
    _ = try await self.save()
    let outcome = try await self.cloud.service.read { cloud, reader, now in
      try cloud.authenticate(
        Secret(app.access), certificateThumbprint: nil, requiring: [.app], in: reader, at: now)
    }
    guard case .accepted(let caller) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    let hub = self.cloud.service.streams
    let stream = try #require(
      hub.open(
        for: caller,
        on: PeerConnection(deviceCertificate: nil, remoteAddress: CloudFixture.address)))
    async let last: EventStream.Step = {
      let step = await stream.next()
      hub.close(stream)
      return step
    }()
    #expect(try await self.restore().status == 200)
    #expect(hub.streams { _ in true }.isEmpty)
    #expect(await last == .finish(nil))
  }

  @Test func `faults are saved and restored with the state`() async throws {
    let fault = #"{"grant":"refresh_token","phase":"before_commit"}"#
    func add() async throws -> JSONValue? {
      let answer = try await self.cloud.administer(.post, "/admin/v1/faults", body: fault)
      #expect(answer.status == 201)
      return try answer.json["id"]
    }
    #expect(try await add() == .integer(1))
    _ = try await self.save()
    let before = try await self.cloud.administer(.get, "/admin/v1/faults").text
    _ = try await self.cloud.administer(.delete, "/admin/v1/faults")
    #expect(try await add() == .integer(2))
    _ = try await self.restore()
    #expect(try await self.cloud.administer(.get, "/admin/v1/faults").text == before)
    // Whoever looks for what a fault did finds that of no other.
    #expect(try await add() == .integer(3))
  }

  @Test func `faults in force stay when a snapshot of a former run is restored`() async throws {
    let store = MemoryStore()
    let former = TestCloud(store: store)
    #expect(try await former.administer(.put, "/admin/v1/snapshots/paired").status == 201)
    let cloud = TestCloud(store: store)
    let fault = #"{"grant":"refresh_token","phase":"before_commit"}"#
    #expect(try await cloud.administer(.post, "/admin/v1/faults", body: fault).status == 201)
    let before = try await cloud.administer(.get, "/admin/v1/faults").text
    let restored = try await cloud.administer(.post, "/admin/v1/snapshots/paired/restore")
    #expect(restored.status == 200)
    #expect(try await cloud.administer(.get, "/admin/v1/faults").text == before)
  }

  @Test func `snapshots are listed, replaced and deleted`() async throws {
    #expect(try await self.save().status == 201)
    #expect(try await self.save().status == 200)
    #expect(try await self.save("b").status == 201)
    let list = try await self.cloud.administer(.get, "/admin/v1/snapshots").json
    guard case .array(let snapshots)? = list["snapshots"] else {
      Issue.record("no list")
      return
    }
    #expect(
      snapshots.map { $0["name"] } == [.string(Array("b".utf8)), .string(Array("paired".utf8))])
    #expect(try await self.cloud.administer(.delete, "/admin/v1/snapshots/b").status == 204)
    let again = try await self.cloud.administer(.delete, "/admin/v1/snapshots/b")
    #expect(again.status == 404)
    #expect(try again.string("reason") == "unknown_snapshot")
    #expect(try await self.restore(nil, "b").status == 404)
  }

  @Test func `a damaged file does not hide the others`() async throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    try await RunningCloud.with(storage: .folder(data)) { cloud in
      for name in ["one", "two"] {
        #expect(try await cloud.administer("PUT", "/admin/v1/snapshots/\(name)").status == 201)
      }
      try Data("no database".utf8).write(to: URL(filePath: data + "/snapshots/two.sqlite"))
      let list = try await cloud.administer("GET", "/admin/v1/snapshots")
      #expect(list.status == 200)
      let json = try JSONValue(parsing: Array(list.text.utf8))
      guard case .array(let snapshots)? = json["snapshots"],
        case .array(let damaged)? = json["damaged"]
      else {
        Issue.record("no lists: \(list.text)")
        return
      }
      #expect(snapshots.map { $0["name"] } == [.text("one")])
      #expect(damaged.map { $0["name"] } == [.text("two")])
      #expect(damaged.first?["detail"]?.stringBytes?.isEmpty == false)
    }
  }

  @Test(arguments: [".hidden", "..", "a%20b", "%2e%2e%2fx", "-x"])
  func `a name that is none is refused`(name: String) async throws {
    let answer = try await self.save(name)
    #expect(answer.status == 400)
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/snapshots").text == #"{"snapshots":[]}"#)
  }

  @Test(arguments: [#"{"epochs":"lower"}"#, #"{"clock":true}"#, #"{"force":true}"#, "[]"])
  func `a restore that is not clear changes nothing`(body: String) async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.save()
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"everyone"}"#)
    #expect(try await self.restore(body).status == 400)
    #expect(try await self.reason(app) == "logged_out")
  }

  @Test func `a cloud on disk saves, is restarted, and restores`() async throws {
    let folder = try TemporaryFolder()
    let storage = CloudStorage.folder(folder.path + "/data")
    let access = try await RunningCloud.with(storage: storage) { cloud in
      try await cloud.withClient { client in
        let app = try await cloud.newOwner("owner@example.org", on: client)
        #expect(try await cloud.administer("PUT", "/admin/v1/snapshots/one").status == 201)
        _ = try await client.sendForm(
          cloud.origin + "/oauth/revoke",
          [
            ("token", String(decoding: app.refreshToken, as: UTF8.self)),
            ("client_id", "relink-app"),
          ])
        return String(decoding: app.accessToken, as: UTF8.self)
      }
    }
    try await RunningCloud.with(storage: storage) { cloud in
      try await cloud.withClient { client in
        let dead = try await client.send("GET", cloud.origin + "/v1/session", token: access)
        #expect(dead.status == 401)
        let answer = try await cloud.administer("POST", "/admin/v1/snapshots/one/restore")
        #expect(answer.status == 200)
        let alive = try await client.send("GET", cloud.origin + "/v1/session", token: access)
        #expect(alive.status == 200)
      }
    }
  }
}
