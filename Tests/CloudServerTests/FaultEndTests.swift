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
}
