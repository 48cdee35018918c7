import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import NIOCore
import TestSupport
import Testing

@testable import CloudServer

/// Where a fault ends: with its response, its connection or the cloud.
@Suite(.timeLimit(.minutes(5))) struct FaultEndTests {
  private static let two = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n" + RawExchange.health

  @Test(arguments: [
    #""bandwidth":2000"#, #""action":"slow","after_byte":10,"delay_ms":200"#,
    #""bandwidth":2000,"after_byte":10,"action":"slow","delay_ms":50"#,
  ])
  func `requests that follow each other on one connection are struck one after the other`(
    members: String
  ) async throws {
    try await RunningCloud.with { cloud in
      try await cloud.order(#"{"endpoint":"GET /health","count":2,\#(members)}"#)
      let exchange = try await RawExchange.send(Self.two, to: cloud)
      let answers = exchange.text.split(separator: "HTTP/1.1 200 OK\r\n")
      #expect(answers.count == 2)
      #expect(answers.allSatisfy { $0.hasSuffix(#"{"status":"ok"}"#) })
      #expect(try await Self.outcomes(of: cloud) == ["struck", "struck"])
    }
  }

  @Test(arguments: [
    #""bandwidth":2000"#, #""action":"slow","after_byte":10,"delay_ms":300,"bandwidth":4000"#,
  ])
  func `a slow response slows none behind it`(members: String) async throws {
    try await RunningCloud.with { cloud in
      var byteCounts: [JSONValue?] = []
      for requests in [RawExchange.health, Self.two] {
        try await cloud.order(#"{"endpoint":"GET /health","count":1,\#(members)}"#)
        let exchange = try await RawExchange.send(requests, to: cloud)
        #expect(exchange.text.hasSuffix(#"{"status":"ok"}"#))
        let firing = try await cloud.lastFiring()
        #expect(firing["outcome"] == .string(Array("struck".utf8)))
        byteCounts.append(firing["response_bytes"])
      }
      let alone = try #require(byteCounts[0])
      // The first of two is longer by nothing but what it says of the connection.
      guard case .integer(let first)? = byteCounts[1], case .integer(let only) = alone else {
        Issue.record("\(byteCounts)")
        return
      }
      #expect(first <= only)
    }
  }

  @Test func `a request behind one whose connection a fault ends is missed`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.order(
        #"{"endpoint":"/health","count":2,"action":"close","after_byte":10,"delay_ms":200}"#)
      let exchange = try await RawExchange.send(Self.two, to: cloud)
      #expect(exchange.bytes.count == 10)
      #expect(exchange.end == .silence)
      #expect(try await Self.outcomes(of: cloud) == ["struck", "missed"])
    }
  }

  private static func outcomes(of cloud: RunningCloud) async throws -> [String] {
    _ = try await cloud.lastFiring()
    let answer = try await cloud.administer("GET", "/admin/v1/faults/firings")
    guard case .array(let firings)? = try answer.json["firings"] else { return [] }
    return firings.map { firing in
      guard case .string(let word)? = firing["outcome"] else { return "" }
      return String(decoding: word, as: UTF8.self)
    }
  }

  @Test(arguments: [true, false])
  func `a cloud that is shut down waits for no delay and no assertion`(
    isAssertion: Bool
  ) async throws {
    let clock = ContinuousClock()
    // How long it takes on this machine when there is nothing to wait for.
    let idle = try await clock.measure { try await RunningCloud.with { await $0.stop() } }
    let bound = Duration.seconds(7) + idle * 3
    let ended = try await RunningCloud.with { cloud in
      try await cloud.order(
        #"{"endpoint":"/health","action":"slow","phase":"before_commit","delay_ms":600000}"#)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
          // Whatever it is told, or that the connection ends.
          if isAssertion {
            _ = try? await cloud.administer(
              "POST", "/admin/v1/requests/assert", body: #"{"at_least":9,"within_ms":60000}"#)
          } else {
            _ = try? await cloud.withClient {
              try await $0.send("GET", cloud.origin + "/health")
            }
          }
        }
        try await Task.sleep(for: .seconds(1))
        let began = clock.now
        await cloud.stop()
        try await tasks.waitForAll()
        // After 10 s it is ended by force.
        #expect(clock.now - began < bound)
      }
      return clock.now
    }
    #expect(clock.now - ended < bound)
  }
}
