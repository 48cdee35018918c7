import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudServer

/// Claims about requests after a restart, with which the journal was lost.
@Suite(.timeLimit(.minutes(5))) struct JournalRestartTests {
  @Test func `what a former run noted is not taken for what did not happen`() async throws {
    let folder = try TemporaryFolder()
    let clock = TestClock()
    let storage = CloudStorage.folder(folder.path + "/cloud")
    @Sendable func assert(_ more: String, at cloud: RunningCloud) async throws -> Reply {
      try await cloud.administer(
        "POST", "/admin/v1/requests/assert", body: #"{"assertion":"no_dead_token"\#(more)}"#)
    }
    let cursor = try await RunningCloud.with(storage: storage, clock: clock.read) { cloud in
      // A new one has lost nothing.
      #expect(try await assert("", at: cloud).status == 200)
      let page = try await cloud.administer("GET", "/admin/v1/requests")
      let cursor = try #require(try page.string("cursor"))
      try await cloud.withClient { client in
        let answer = try await client.send("GET", cloud.origin + "/v1/session", token: "rlka_x")
        #expect(answer.status == 401)
      }
      #expect(try await assert(#","cursor":"\#(cursor)""#, at: cloud).status == 409)
      return cursor
    }
    let before = clock.now.value
    clock.advance(seconds: 1)
    try await RunningCloud.with(storage: storage, clock: clock.read) { cloud in
      for more in ["", #","since":\#(before)"#] {
        let lost = try await assert(more, at: cloud)
        #expect(lost.status == 409)
        #expect(try lost.json["complete"] == .boolean(false))
      }
      let gone = try await assert(#","cursor":"\#(cursor)""#, at: cloud)
      #expect(gone.status == 400)
      #expect(gone.text.contains("'cursor'"))
      #expect(
        try await cloud.administer("GET", "/admin/v1/requests?cursor=\(cursor)").status == 400)
      let page = try await cloud.administer("GET", "/admin/v1/requests")
      #expect(try page.json["complete"] == .boolean(false))
      let fresh = try #require(try page.string("cursor"))
      #expect(try await assert(#","cursor":"\#(fresh)""#, at: cloud).status == 200)
      #expect(try await assert(#","since":\#(clock.now.value + 1)"#, at: cloud).status == 200)
    }
  }
}
