import DeviceCore
import DeviceProtocol
import Testing

@testable import DeviceHost

/// The outputs of an answer, adjacent body parts joined, so that they do not depend on how it was
/// cut into pieces.
private func joined(_ outputs: [ResponseParser.Output]) -> [ResponseParser.Output] {
  outputs.reduce(into: []) { joined, output in
    if case .body(let part) = output, case .body(let before) = joined.last {
      joined[joined.count - 1] = .body(before + part)
    } else {
      joined.append(output)
    }
  }
}

/// Reads a whole answer, and the end of the connection behind it when `isEnded`.
private func parse(_ text: String, pieceByteCount: Int = .max, isEnded: Bool = false) throws
  -> [ResponseParser.Output]
{
  var parser = ResponseParser()
  parser.begin()
  var outputs: [ResponseParser.Output] = []
  var rest = [UInt8](text.utf8)[...]
  while !rest.isEmpty {
    outputs += try parser.receive([UInt8](rest.prefix(pieceByteCount)))
    rest = rest.dropFirst(pieceByteCount)
  }
  return joined(outputs + (isEnded ? try parser.finish() : []))
}

@Suite struct ResponseParserTests {
  struct Good: CustomTestStringConvertible {
    let testDescription: String
    let text: String
    var isEnded = false
    var status: UInt16 = 200
    let body: String
    var retryAfterSeconds: UInt32? = nil
    var isKeptAlive = true
  }

  static let good: [Good] = [
    Good(
      testDescription: "content-length", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      body: "hello"),
    Good(
      testDescription: "no reason phrase", text: "HTTP/1.1 200\r\ncontent-length:0\r\n\r\n",
      body: ""),
    Good(
      testDescription: "the same length twice",
      text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", body: "ok"),
    Good(
      testDescription: "no content", text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, body: ""),
    Good(
      testDescription: "not modified ignores a length",
      text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", status: 304, body: ""),
    Good(
      testDescription: "chunked with extension and trailer",
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "5;a=b\r\nhello\r\n00A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n", body: "hello0123456789"),
    Good(
      testDescription: "an interim answer before",
      text: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", body: "a"),
    Good(
      testDescription: "until the end of the connection", text: "HTTP/1.1 200 OK\r\n\r\nall",
      isEnded: true, body: "all", isKeptAlive: false),
    Good(
      testDescription: "connection close",
      text: "HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close\r\nContent-Length: 0\r\n\r\n",
      body: "", isKeptAlive: false),
    Good(
      testDescription: "HTTP/1.0 closes", text: "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
      body: "", isKeptAlive: false),
    Good(
      testDescription: "HTTP/1.0 that keeps alive",
      text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", body: ""),
    Good(
      testDescription: "retry after seconds",
      text: "HTTP/1.1 503 No\r\nRetry-After:  17 \r\nContent-Length: 0\r\n\r\n", status: 503,
      body: "", retryAfterSeconds: 17),
    Good(
      testDescription: "retry after more than fits",
      text: "HTTP/1.1 429 No\r\nRetry-After: 99999999999\r\nContent-Length: 0\r\n\r\n",
      status: 429, body: "", retryAfterSeconds: .max),
    Good(
      testDescription: "retry after a date",
      text: "HTTP/1.1 429 No\r\nRetry-After: Fri, 07 Nov 2026 23:59:59 GMT\r\n"
        + "Content-Length: 0\r\n\r\n", status: 429, body: ""),
  ]

  @Test(arguments: good) func `an answer is read however it is cut`(_ test: Good) throws {
    for pieceByteCount in [1, 2, 3, 7, 1_000] {
      let outputs = try parse(test.text, pieceByteCount: pieceByteCount, isEnded: test.isEnded)
      guard case .head(let head) = outputs.first else {
        Issue.record("no head in pieces of \(pieceByteCount)")
        return
      }
      #expect(head.status == test.status)
      #expect(head.retryAfterSeconds == test.retryAfterSeconds)
      #expect(head.isKeptAlive == test.isKeptAlive)
      let body: [ResponseParser.Output] =
        test.body.isEmpty ? [] : [.body([UInt8](test.body.utf8))]
      #expect(outputs.dropFirst() == (body + [.end])[...], "in pieces of \(pieceByteCount)")
    }
  }

  static let bad: [(text: String, error: HTTPError)] = [
    ("SSH-2.0-OpenSSH_9.2\r\n\r\n", .badStatusLine),
    ("HTTP/2 200\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 2x0 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 099 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 600 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 2000 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1  200 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 101 Switching\r\n\r\n", .badStatusLine),
    ("\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\n: empty\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\nA B: c\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\nA: b\nB: c\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\nA: \u{1}\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .badHeader),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .badHeader
    ),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .badHeader),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", .badChunk),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", .badChunk),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789\r\n", .badChunk),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", .badChunk),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n", .badChunk),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", .unexpectedBytes),
  ]

  @Test(arguments: bad) func `what is not an answer is refused`(text: String, error: HTTPError) {
    #expect(throws: error) { try parse(text) }
    #expect(throws: error) { try parse(text, pieceByteCount: 1) }
  }

  @Test(arguments: [1, 1_000])
  func `headers and trailers over the limit are refused`(pieceByteCount: Int) {
    let header = "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 20_000)
    let trailers =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
      + String(repeating: "A: b\r\n", count: 4_000)
    for text in [header, trailers] {
      #expect(throws: HTTPError.headerTooLarge) {
        try parse(text, pieceByteCount: pieceByteCount)
      }
    }
  }

  @Test(arguments: [
    "", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
  ])
  func `an answer that the connection's end cuts is not complete`(text: String) {
    #expect(throws: HTTPError.truncated) { try parse(text, isEnded: true) }
  }

  /// The status line, a header, the body, or only the last byte is missing: all are one to a device,
  /// which is why the simulation has one event for them (`docs/simulation.md`).
  @Test func `an answer to a refresh is one as a whole, and cut after any byte it fails`() throws {
    let tokens = TokenResponse(
      accessToken: [UInt8](repeating: 97, count: 180), expiresInSeconds: 3_600,
      refreshToken: [UInt8](repeating: 98, count: 60), deviceID: [UInt8](repeating: 99, count: 36),
      accountID: [UInt8](repeating: 100, count: 36))
    let body = String(decoding: tokens.bytes, as: UTF8.self)
    let answer =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    for byteCount in 0..<answer.utf8.count {
      var parser = ResponseParser()
      parser.begin()
      let outputs = try parser.receive([UInt8](answer.utf8.prefix(byteCount)))
      #expect(!outputs.contains(.end), "after \(byteCount) bytes")
      let error = #expect(throws: HTTPError.self) { try parser.finish() }
      #expect(error.map { ConnectionFailure(answer: $0).failure } == .reset)
    }
    let whole = try parse(answer, isEnded: true)
    #expect(whole.dropFirst() == [.body([UInt8](body.utf8)), .end])
  }

  @Test func `bytes before a request are refused`() {
    var parser = ResponseParser()
    #expect(throws: HTTPError.unexpectedBytes) { try parser.receive([1]) }
  }

  @Test func `an ended connection between two answers is no error`() throws {
    var parser = ResponseParser()
    #expect(try parser.finish() == [])
  }

  @Test func `garbage never traps`() {
    var generator = SeededGenerator(seed: 42)
    let seeds = Self.good.map(\.text) + Self.bad.map(\.text)
    var acceptedCount = 0
    var refusedCount = 0
    for round in 0..<4_000 {
      var bytes = [UInt8](seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1 where bytes.count > 1: bytes.remove(at: index)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
        default: bytes.swapAt(index, bytes.count - 1)
        }
      }
      var parser = ResponseParser()
      parser.begin()
      let cut = Int.random(in: 0...bytes.count, using: &generator)
      do {
        _ = try parser.receive([UInt8](bytes[..<cut]))
        _ = try parser.receive([UInt8](bytes[cut...]))
        _ = try parser.finish()
        acceptedCount += 1
      } catch {
        refusedCount += 1
      }
    }
    #expect(acceptedCount > 100 && refusedCount > 100, "both outcomes were met")
  }
}
