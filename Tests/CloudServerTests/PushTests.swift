import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudServer

/// Event streams over real sockets.
@Suite(.timeLimit(.minutes(5))) struct PushTests {
  @Test func `a logout ends every stream that it kills, and no other`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let first = try await cloud.newOwner("first@example.org", on: client)
        let second = try await cloud.newOwner("second@example.org", on: client)
        let dying = try await cloud.events(first.accessText, on: client)
        let living = try await cloud.events(second.accessText, on: client)
        #expect(try await dying.next() == "ready {}")
        #expect(try await living.next() == "ready {}")

        let answer = try await cloud.administer(
          "POST", "/admin/v1/logout",
          body: #"{"scope":"account","email":"first@example.org","reason":"a \"leak\""}"#)
        #expect(answer.status == 200)
        #expect(
          try await dying.next() == #"logged_out {"reason":"a \"leak\"","scope":"account"}"#)
        #expect(try await dying.next() == nil)

        _ = try await cloud.administer(
          "POST", "/admin/v1/logout", body: #"{"scope":"everyone","reason":"all"}"#)
        #expect(try await living.next() == #"logged_out {"reason":"all","scope":"everyone"}"#)
        #expect(try await living.next() == nil)
      }
    }
  }

  @Test(
    arguments: [
      (#""scope":"region","region":"eu-west""#, "region"),
      (#""scope":"list","entries":["west@example.org"]"#, "account"),
      (#""scope":"issued_before""#, "issued_before"),
    ])
  func `each further scope ends the streams that it covers before it is acknowledged`(
    order: String, scope: String
  ) async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let account = try await client.send(
          "POST", cloud.origin + "/v1/accounts",
          body:
            #"{"email":"west@example.org","password":"\#(TestCloud.password)","region":"eu-west"}"#)
        #expect(account.status == 201)
        let west = try await cloud.signIn("west@example.org", on: client)
        let dying = try await cloud.events(west.accessText, on: client)
        #expect(try await dying.next() == "ready {}")
        let reach = try await cloud.administer(
          "POST", "/admin/v1/logout", body: "{\(order),\"dry_run\":true}")
        #expect(try reach.json["streams"] == .integer(1))

        let other = try await cloud.newOwner("other@example.org", on: client)
        let living = try await cloud.events(other.accessText, on: client)
        #expect(try await living.next() == "ready {}")
        #expect(
          try await cloud.administer(
            "POST", "/admin/v1/logout", body: "{\(order),\"reason\":\"a leak\"}"
          ).status == 200)
        #expect(try await dying.next() == #"logged_out {"reason":"a leak","scope":"\#(scope)"}"#)
        #expect(try await dying.next() == nil)
        if scope == "issued_before" {
          #expect(try await living.next()?.hasPrefix("logged_out") == true)
        } else {
          let session = try await client.send(
            "GET", cloud.origin + "/v1/session", token: other.accessText)
          #expect(session.status == 200)
        }
      }
    }
  }

  @Test func `a stream is not opened with a dead token`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        _ = try await cloud.administer(
          "POST", "/admin/v1/logout", body: #"{"scope":"everyone"}"#)
        let answer = try await client.send(
          "GET", cloud.origin + "/v1/events", token: owner.accessText)
        #expect(answer.status == 401)
        #expect(try answer.string("reason") == "logged_out")
      }
    }
  }

  @Test func `an owner's app follows its devices, and another's does not`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        let other = try await cloud.newOwner("other@example.org", on: client)
        let events = try await cloud.events(owner.accessText, on: client)
        let otherEvents = try await cloud.events(other.accessText, on: client)
        #expect(try await events.next() == "ready {}")
        #expect(try await otherEvents.next() == "ready {}")

        let id = CloudFixture.certificate(1).deviceID.text
        try await cloud.withClient(device: cloud.issueDevice(1)) { deviceClient in
          let device = try await cloud.pair(
            owner: owner, ownerClient: client, deviceClient: deviceClient)
          #expect(try await events.next() == Self.event(id, "paired"))
          let deviceEvents = try await cloud.events(device.accessText, on: deviceClient)
          #expect(try await deviceEvents.next() == "ready {}")
          #expect(try await events.next() == Self.event(id, "online"))
          let shown = try await client.send(
            "GET", cloud.origin + "/v1/devices/\(id)", token: owner.accessText)
          #expect(try shown.json["online"] == .boolean(true))
          for _ in 0..<2 {
            // The second time there is nothing new to tell.
            let recorded = try await deviceClient.send(
              "POST", cloud.origin + "/v1/device/motions",
              body: #"{"motions":[{"sequence":1,"at":1}]}"#, token: device.accessText)
            #expect(recorded.status == 200)
          }
          #expect(try await events.next() == Self.event(id, "motion"))
        }
        // The device's client is gone, and its stream with it.
        #expect(try await events.next() == Self.event(id, "offline"))

        let removed = try await client.send(
          "DELETE", cloud.origin + "/v1/devices/\(id)", token: owner.accessText)
        #expect(removed.status == 204)
        #expect(try await events.next() == Self.event(id, "removed"))
        // Whatever the other's app might have got came before this.
        _ = try await cloud.administer(
          "POST", "/admin/v1/logout", body: #"{"scope":"everyone","reason":""}"#)
        #expect(try await otherEvents.next() == #"logged_out {"reason":"","scope":"everyone"}"#)
      }
    }
  }

  @Test func `a removed device's stream ends`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        try await cloud.withClient(device: cloud.issueDevice(1)) { deviceClient in
          let device = try await cloud.pair(
            owner: owner, ownerClient: client, deviceClient: deviceClient)
          let events = try await cloud.events(device.accessText, on: deviceClient)
          #expect(try await events.next() == "ready {}")
          _ = try await client.send(
            "DELETE", cloud.origin + "/v1/devices/\(CloudFixture.certificate(1).deviceID.text)",
            token: owner.accessText)
          #expect(try await events.next() == nil)
        }
      }
    }
  }

  @Test func `a stream ends with its token`() async throws {
    let clock = TestClock()
    try await RunningCloud.with(clock: clock.read) { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        let events = try await cloud.events(owner.accessText, on: client)
        #expect(try await events.next() == "ready {}")
        clock.advance(seconds: 3_600)
        #expect(try await events.next() == "expired {}")
        #expect(try await events.next() == nil)
      }
    }
  }

  @Test func `streams end when the cloud is shut down`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        let events = try await cloud.events(owner.accessText, on: client)
        #expect(try await events.next() == "ready {}")
        await cloud.stop()
        #expect(try await events.next() == nil)
      }
    }
  }

  private static func event(_ device: String, _ change: String) -> String {
    #"device {"change":"\#(change)","device_id":"\#(device)"}"#
  }
}
