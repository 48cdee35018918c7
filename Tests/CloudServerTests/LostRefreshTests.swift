import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudServer

/// An honest client that loses a response, at whichever byte, is never logged out under
/// `idempotent`.
@Suite(.timeLimit(.minutes(5))) struct LostRefreshTests {
  @Test func `a refresh response that is cut after any byte logs nobody out`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        var token = owner.refreshText
        var count = 0
        var isMissed = false
        while !isMissed {
          try await cloud.order(
            #"{"grant":"refresh_token","after_byte":\#(count)}"#, on: client)
          let lost = try await RawExchange.send(
            RawExchange.refresh(token, clientID: "relink-app"), to: cloud)
          let firing = try await cloud.lastFiring(on: client)
          isMissed = firing["outcome"] == .string(Array("missed".utf8))
          #expect(isMissed ? lost.bytes.count == count - 1 : lost.bytes.count == count)

          let again = try await cloud.refresh(token, clientID: "relink-app", on: client)
          try #require(again.status == 200, "after byte \(count): \(again.text)")
          let successor = try TokenResponse(parsing: Array(again.text.utf8))
          // What was lost is what comes again.
          if isMissed { #expect(lost.text.contains(successor.refreshText)) }
          token = successor.refreshText
          count += 1
        }
        // The status line, the headers and a body with two tokens.
        #expect(count > 400)
        let status = try await cloud.administer("GET", "/admin/v1/status", on: client).json
        #expect(status["sessions"]?["app"] == .integer(1))
      }
    }
  }

  @Test(
    arguments: [
      #""phase":"before_commit""#, #""phase":"after_commit""#,
      #""phase":"before_commit","action":"reset""#, #""phase":"after_commit","action":"reset""#,
      #""after_byte":200,"action":"reset""#, #""after_byte":300,"tls_close":true"#,
      #""status":503,"headers":{"Retry-After":"1"}"#, #""status":503,"phase":"after_commit""#,
      #""status":429,"phase":"after_commit""#, #""malformed":"truncated""#,
      #""malformed":"not_json""#, #""malformed":"wrong_type""#, #""malformed":"empty""#,
      #""malformed":"empty","phase":"before_commit""#, #""delay_ms":50"#, #""bandwidth":5000"#,
    ])
  func `whatever becomes of a refresh response, the client is not logged out`(
    fault: String
  ) async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        try await cloud.order(#"{"grant":"refresh_token",\#(fault)}"#, on: client)
        let lost = try await RawExchange.send(
          RawExchange.refresh(owner.refreshText, clientID: "relink-app"), to: cloud)
        #expect(lost.duration < .seconds(60))
        let again = try await cloud.refresh(
          owner.refreshText, clientID: "relink-app", on: client)
        #expect(again.status == 200)
        let successor = try TokenResponse(parsing: Array(again.text.utf8))
        let session = try await client.send(
          "GET", cloud.origin + "/v1/session", token: successor.accessText)
        #expect(session.status == 200)
        let firing = try await cloud.lastFiring(on: client)
        #expect(firing["outcome"] == .string(Array("struck".utf8)))
      }
    }
  }
}
