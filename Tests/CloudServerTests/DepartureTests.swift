import CloudCore
import DeviceProtocol
import HTTPTypes
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import CloudServer

/// Clients that close their connection while the cloud has them wait.
@Suite(.timeLimit(.minutes(5))) struct DepartureTests {
  /// Sends bytes and closes the connection once the condition holds. Without TLS: what is left of it
  /// at the other end is a FIN.
  private static func leave(
    port: Int, after text: String, when condition: @Sendable () async throws -> Bool
  ) async throws {
    try await ListenerTests.connect(port: port).executeThenClose { _, outbound in
      try await outbound.write(ByteBuffer(string: text))
      while try await !condition() { try await Task.sleep(for: .milliseconds(10)) }
    }
  }

  @Test(arguments: ["before_commit", "after_commit"])
  func `who closes a connection without TLS is not waited for`(phase: String) async throws {
    let cloud = TestCloud()
    let fault =
      #"{"endpoint":"/health","action":"slow","phase":"\#(phase)","delay_ms":600000}"#
    #expect(try await cloud.administer(.post, "/admin/v1/faults", body: fault).status == 201)
    @Sendable func firings() async throws -> String {
      try await cloud.administer(.get, "/admin/v1/faults/firings").text
    }
    try await ListenerTests.withListener(of: cloud) { port in
      try await Self.leave(port: port, after: "GET /health HTTP/1.1\r\nHost: x\r\n\r\n") {
        try await firings().contains("under_way")
      }
      while try await firings().contains("under_way") {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(try await firings().contains(#""outcome":"missed""#))
    }
  }

  /// Over TLS. The journal tells of it what its route would have noted.
  @Test func `a request whose client leaves before it is served is told with all that is known`()
    async throws
  {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        try await cloud.order(
          #"{"grant":"refresh_token","phase":"before_commit","delay_ms":600000}"#, on: client)
        try await cloud.withClient { leaving in
          let asking = Task {
            try await cloud.refresh(owner.refreshText, clientID: "relink-app", on: leaving)
          }
          while try await !cloud.administer("GET", "/admin/v1/faults/firings", on: client).text
            .contains("under_way")
          { try await Task.sleep(for: .milliseconds(10)) }
          // The client closes the connection.
          asking.cancel()
          await #expect(throws: (any Error).self) { _ = try await asking.value }
        }
        #expect(try await cloud.lastFiring(on: client)["outcome"] == .text("missed"))
        var told: JSONValue?
        while told == nil {
          let list = try await cloud.administer(
            "GET", "/admin/v1/requests?fault=true", on: client)
          guard case .array(let requests)? = try list.json["requests"] else { continue }
          told = requests.first
        }
        #expect(told?["status"] == .null)
        #expect(told?["client"] == .text("relink-app"))
        #expect(told?["kind"] == .text("app"))
        #expect(told?["grant"] == .text("refresh_token"))
        #expect(told?["dead_token"] == .boolean(false))
        #expect(told?["generation"] == .integer(1))
        #expect(told?["session_id"] != nil)
        #expect(told?["account_id"] != nil)
        // It was not served.
        let refreshed = try await cloud.refresh(
          owner.refreshText, clientID: "relink-app", on: client)
        #expect(refreshed.status == 200)
        #expect(
          try await cloud.administer(
            "POST", "/admin/v1/requests/assert",
            body: #"{"assertion":"refreshed_exactly_once"}"#, on: client
          ).status == 200)
      }
    }
  }

  @Test func `who has only stopped to send is answered what needs no waiting`() async throws {
    let cloud = TestCloud()
    try await ListenerTests.withListener(of: cloud) { port in
      let answer = try await Self.halfClosed(
        port: port, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200"))
    }
  }

  /// As `nc -N`.
  private static func halfClosed(port: Int, _ text: String) async throws -> String {
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
            wrappingChannelSynchronously: channel,
            configuration: .init(isOutboundHalfClosureEnabled: true))
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: text))
      outbound.finish()
      var answer = ""
      for try await bytes in inbound { answer += String(buffer: bytes) }
      return answer
    }
  }
}
