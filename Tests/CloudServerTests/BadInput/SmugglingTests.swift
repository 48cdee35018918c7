import Foundation
import NIOCore
import Testing

@testable import CloudServer

/// Requests over a raw socket whose end two readers may see in two places. The one that is hidden
/// behind it must not be answered.
@Suite(.timeLimit(.minutes(5))) struct SmugglingTests {
  private static let hidden = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
  private static let start = "POST /v1/accounts HTTP/1.1\r\nHost: x\r\n"
  private static let type = "Content-Type: application/json\r\n"

  static let requests: [(name: String, head: String)] = [
    ("CL and TE", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("TE and CL", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    ("two CL", "Content-Length: 2\r\nContent-Length: 200\r\n\r\n{}"),
    ("a list of CL", "Content-Length: 2, 200\r\n\r\n{}"),
    ("CL with a sign", "Content-Length: +2\r\n\r\n{}"),
    ("CL with a minus", "Content-Length: -2\r\n\r\n{}"),
    ("CL in hexadecimal", "Content-Length: 0x2\r\n\r\n{}"),
    ("CL too large", "Content-Length: 99999999999999999999999\r\n\r\n{}"),
    ("CL with text", "Content-Length: 2 x\r\n\r\n{}"),
    ("another coding last", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    ("an unknown coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("two TE", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    ("a space before the colon", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    ("a chunk's size with 0x", "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"),
    ("a chunk's size below 0", "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n"),
    (
      "a chunk's size too large",
      "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"
    ),
    ("no chunk's size", "Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n"),
    ("a chunk longer than said", "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n"),
    ("a chunk that ends in LF", "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n"),
    ("a folded header", "X-A: b\r\n Content-Length: 2\r\nContent-Length: 200\r\n\r\n{}"),
    ("a header without a name", ": x\r\nContent-Length: 200\r\n\r\n{}"),
    ("a header without a colon", "Content-Length\r\n\r\n"),
    ("a CR alone", "X-A: b\rContent-Length: 200\r\n\r\n"),
    ("a NUL in a header", "X-A: b\u{0}c\r\nContent-Length: 200\r\n\r\n"),
  ]

  @Test(arguments: Self.requests.map(\.name))
  func `a request with two ends is refused, and what is behind it not answered`(
    name: String
  ) async throws {
    let request = try #require(Self.requests.first { $0.name == name })
    try await ListenerTests.withListener { port in
      let answer = try await ListenerTests.exchange(
        port: port, Self.start + Self.type + request.head + Self.hidden)
      #expect(Self.statuses(answer) == [400] || answer.isEmpty, "\(answer)")
      #expect(Self.problems(answer) == [], "\(answer)")
    }
  }

  @Test func `lines that end in LF alone are no header`() async throws {
    try await ListenerTests.withListener { port in
      for text in [
        "GET /health HTTP/1.1\nHost: x\n\n", "GET /health HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n",
      ] {
        let answer = try await ListenerTests.exchange(port: port, text + Self.hidden)
        #expect(Self.statuses(answer) == [400] || answer.isEmpty, "\(answer)")
      }
    }
  }

  @Test func `two requests that follow each other rightly are both answered`() async throws {
    try await ListenerTests.withListener { port in
      for head in [
        "Content-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      ] {
        let answer = try await ListenerTests.exchange(
          port: port, Self.start + Self.type + head + Self.hidden)
        #expect(Self.statuses(answer) == [400, 200], "\(answer)")
      }
    }
  }

  /// A byte now and then, each in time for itself: a header or a body that takes for ever.
  @Test(
    arguments: [
      "GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ",
      "POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        + "Content-Length: 60000\r\n\r\n{",
      "POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        + "Transfer-Encoding: chunked\r\n\r\nEA60\r\n{",
    ])
  func `a request that trickles is cut after its time`(start: String) async throws {
    var limits = ConnectionLimits()
    limits.idle = .milliseconds(400)
    limits.requestBody = .milliseconds(400)
    try await ListenerTests.withListener(limits: limits) { port in
      let clock = ContinuousClock()
      let began = clock.now
      let connection = try await ListenerTests.connect(port: port)
      var byteCount = 0
      try? await connection.executeThenClose { _, outbound in
        try await outbound.write(ByteBuffer(string: start))
        // Until a write fails, which it does after the listener has closed the connection.
        while clock.now - began < .seconds(30) {
          try await Task.sleep(for: .milliseconds(50))
          try await outbound.write(ByteBuffer(string: "x"))
          byteCount += 1
        }
      }
      #expect(clock.now - began < .seconds(30), "\(byteCount) bytes were taken")
    }
  }

  /// What is not as the document says in the one answer there is.
  private static func problems(_ answer: String) -> [String] {
    guard let end = answer.firstRange(of: "\r\n\r\n") else { return [] }
    let fields = answer[..<end.lowerBound].split(separator: "\r\n").dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (
        name: String(line[..<colon]),
        value: line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
      )
    }
    return Contract.ofPublicListener.problems(
      "POST", "/v1/accounts", status: Self.statuses(answer).first ?? 0, headers: fields,
      body: String(answer[end.upperBound...]))
  }

  private static func statuses(_ answer: String) -> [Int] {
    answer.matches(of: #/HTTP/1\.1 (\d{3})/#).compactMap { Int($0.1) }
  }
}
