import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudServer

/// Token requests whose connection is cut on purpose.
@Suite(.timeLimit(.minutes(5))) struct FaultTests {
  @Test(arguments: ["before_commit", "after_commit"])
  func `the request that a fault matches gets no answer, and the next ones do`(
    phase: String
  ) async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        let other = try await cloud.newOwner("other@example.org", on: client)
        let added = try await cloud.administer(
          "POST", "/admin/v1/faults",
          body: """
            {"grant":"refresh_token","phase":"\(phase)","account_email":"owner@example.org",
             "skip":1}
            """)
        #expect(added.status == 201)

        let first = try await cloud.refresh(
          owner.refreshText, clientID: "relink-app", on: client)
        #expect(first.status == 200)
        let second = try TokenResponse(parsing: Array(first.text.utf8))
        await #expect(throws: (any Error).self) {
          try await cloud.refresh(second.refreshText, clientID: "relink-app", on: client)
        }
        let bystander = try await cloud.refresh(
          other.refreshText, clientID: "relink-app", on: client)
        #expect(bystander.status == 200)

        // After a lost answer the token is still good for the same successor.
        let again = try await cloud.refresh(
          second.refreshText, clientID: "relink-app", on: client)
        #expect(again.status == 200)
        let faults = try await cloud.administer("GET", "/admin/v1/faults")
        #expect(faults.text.contains(#""fired":1"#))
      }
    }
  }

  @Test(arguments: [("before_commit", 1), ("after_commit", 2)])
  func `only what was committed has happened`(phase: String, generation: Int64) async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        try await cloud.withClient(device: cloud.issueDevice(1)) { deviceClient in
          let device = try await cloud.pair(
            owner: owner, ownerClient: client, deviceClient: deviceClient)
          let id = CloudFixture.certificate(1).deviceID.text
          _ = try await cloud.administer(
            "POST", "/admin/v1/faults",
            body: #"{"grant":"refresh_token","phase":"\#(phase)","device_id":"\#(id)"}"#)
          await #expect(throws: (any Error).self) {
            try await cloud.refresh(
              device.refreshText, clientID: "relink-camera", on: deviceClient)
          }
        }
        let status = try await cloud.administer("GET", "/admin/v1/status").json
        guard case .array(let devices)? = status["devices"] else {
          Issue.record("no devices")
          return
        }
        #expect(devices.first?["generation"] == .integer(generation))
      }
    }
  }
}
