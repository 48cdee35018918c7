import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudServer

/// What faults do to connections, seen from the other end.
@Suite(.timeLimit(.minutes(5))) struct FaultActionTests {
  @Test(arguments: ["before_commit", "after_commit"])
  func `a connection ends without a byte, in the way that was ordered`(
    phase: String
  ) async throws {
    try await RunningCloud.with { cloud in
      let ways: [(String, RawExchange.End)] = [
        (#""action":"close""#, .silence), (#""tls_close":true"#, .goodbye),
        (#""action":"reset""#, .reset),
      ]
      for (members, end) in ways {
        try await cloud.order(#"{\#(members),"phase":"\#(phase)","endpoint":"GET /health"}"#)
        let exchange = try await RawExchange.send(RawExchange.health, to: cloud)
        #expect(exchange.bytes.isEmpty)
        #expect(exchange.end == end)
        let firing = try await cloud.lastFiring()
        #expect(firing["outcome"] == .string(Array("struck".utf8)))
        #expect(firing["response_bytes"] == .integer(0))
      }
      let whole = try await RawExchange.send(RawExchange.health, to: cloud)
      #expect(whole.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test func `a response ends after exactly so many bytes, in the way that was ordered`()
    async throws
  {
    try await RunningCloud.with { cloud in
      let ways: [(String, RawExchange.End)] = [
        (#""action":"close""#, .silence), (#""tls_close":true"#, .goodbye),
        (#""action":"reset""#, .reset),
      ]
      for (members, end) in ways {
        for count in [0, 1, 15, 17, 100] {
          try await cloud.order(#"{\#(members),"after_byte":\#(count),"endpoint":"/health"}"#)
          let exchange = try await RawExchange.send(RawExchange.health, to: cloud)
          #expect(Array("HTTP/1.1 200 OK\r\n".utf8).starts(with: exchange.bytes.prefix(17)))
          // What has arrived at a reset is the peer's system's business.
          if end != .reset { #expect(exchange.bytes.count == count) }
          #expect(exchange.bytes.count <= count)
          #expect(exchange.end == end)
          let firing = try await cloud.lastFiring()
          #expect(firing["outcome"] == .string(Array("struck".utf8)))
          #expect(firing["response_bytes"] == .integer(Int64(count)))
        }
      }
    }
  }

  @Test func `a byte that the response does not have is missed, and nothing happens`() async throws
  {
    try await RunningCloud.with { cloud in
      let whole = try await RawExchange.send(RawExchange.health, to: cloud)
      try await cloud.order(
        #"{"after_byte":\#(whole.bytes.count + 1),"endpoint":"/health"}"#)
      let exchange = try await RawExchange.send(RawExchange.health, to: cloud)
      #expect(exchange.bytes.count == whole.bytes.count)
      #expect(exchange.end == whole.end)
      let firing = try await cloud.lastFiring()
      #expect(firing["outcome"] == .string(Array("missed".utf8)))
      #expect(firing["response_bytes"] == .integer(Int64(whole.bytes.count)))
    }
  }

  @Test func `a connection that is kept alive serves on after a fault that left it open`()
    async throws
  {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        for fault in [
          #"{"status":503,"endpoint":"/health"}"#, #"{"malformed":"empty","endpoint":"/health"}"#,
          #"{"after_byte":9999,"endpoint":"/health"}"#,
          #"{"bandwidth":100000,"endpoint":"/health"}"#,
        ] {
          try await cloud.order(fault)
          _ = try await Contract.$isHeld.withValue(false) {
            try await client.send("GET", cloud.origin + "/health")
          }
          let after = try await client.send("GET", cloud.origin + "/health")
          #expect(after.text == #"{"status":"ok"}"#)
        }
      }
    }
  }

  @Test(arguments: ["before_commit", "after_commit"])
  func `a delay is waited`(phase: String) async throws {
    try await RunningCloud.with { cloud in
      try await cloud.order(
        #"{"delay_ms":300,"phase":"\#(phase)","endpoint":"/health"}"#)
      let exchange = try await RawExchange.send(RawExchange.health, to: cloud)
      #expect(exchange.text.hasSuffix(#"{"status":"ok"}"#))
      #expect(exchange.duration >= .milliseconds(300))
    }
  }

  @Test func `a response waits in its middle, and comes whole`() async throws {
    try await RunningCloud.with { cloud in
      let whole = try await RawExchange.send(RawExchange.health, to: cloud)
      try await cloud.order(
        #"{"action":"slow","delay_ms":300,"after_byte":20,"endpoint":"/health"}"#)
      let exchange = try await RawExchange.send(RawExchange.health, to: cloud)
      #expect(exchange.bytes.count == whole.bytes.count)
      #expect(exchange.duration >= .milliseconds(300))
    }
  }

  @Test func `a response comes at its bandwidth, whole`() async throws {
    try await RunningCloud.with { cloud in
      let whole = try await RawExchange.send(RawExchange.health, to: cloud)
      try await cloud.order(#"{"bandwidth":400,"endpoint":"/health"}"#)
      let exchange = try await RawExchange.send(RawExchange.health, to: cloud)
      #expect(exchange.bytes.count == whole.bytes.count)
      #expect(exchange.text.hasSuffix(#"{"status":"ok"}"#))
      #expect(exchange.duration >= .milliseconds(Int64(whole.bytes.count - 20) * 1_000 / 400))
    }
  }

  @Test func `a slow response that is cut has both`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.order(
        #"{"action":"close","bandwidth":200,"after_byte":60,"endpoint":"/health"}"#)
      let exchange = try await RawExchange.send(RawExchange.health, to: cloud)
      #expect(exchange.bytes.count == 60)
      #expect(exchange.end == .silence)
      #expect(exchange.duration >= .milliseconds(200))
    }
  }

  @Test func `a stream is cut within an event, and ends where it is replaced`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        let request = """
          GET /v1/events HTTP/1.1\r\nHost: localhost\r
          Authorization: Bearer \(owner.accessText)\r\n\r\n
          """
        try await cloud.order(#"{"endpoint":"GET /v1/events","after_byte":30}"#)
        let cut = try await RawExchange.send(request, to: cloud)
        #expect(cut.bytes.count == 30)
        #expect(cut.end == .silence)

        try await cloud.order(
          #"{"endpoint":"GET /v1/events","status":503,"phase":"after_commit"}"#)
        let replaced = try await RawExchange.send(request, to: cloud)
        #expect(replaced.text.hasPrefix("HTTP/1.1 503 "))
        #expect(replaced.end == .goodbye)
        // By the fault, not by the time after which an idle connection is closed.
        #expect(replaced.duration < .seconds(30))
      }
    }
  }

  @Test func `faults never strike the operator`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.order(#"{"phase":"before_commit","every":1}"#)
      #expect(try await cloud.administer("GET", "/admin/v1/status").status == 200)
      let struck = try await RawExchange.send(RawExchange.health, to: cloud)
      #expect(struck.bytes.isEmpty)
      #expect(try await cloud.administer("DELETE", "/admin/v1/faults").status == 204)
      let whole = try await RawExchange.send(RawExchange.health, to: cloud)
      #expect(whole.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test func `a cloud that waits for a fault still stops`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.order(#"{"delay_ms":600000,"endpoint":"/health"}"#)
      async let waiting = RawExchange.send(RawExchange.health, to: cloud)
      while try await cloud.administer("GET", "/admin/v1/faults/firings").json["count"]
        == .integer(0)
      { try await Task.sleep(for: .milliseconds(5)) }
      await cloud.stop()
      _ = try await waiting
    }
  }
}
