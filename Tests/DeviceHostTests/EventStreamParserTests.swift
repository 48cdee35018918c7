import Testing

@testable import DeviceHost

private typealias Event = EventStreamParser.Event

private func event(_ name: String, _ data: String) -> Event {
  Event(name: [UInt8](name.utf8), data: [UInt8](data.utf8))
}

@Suite struct EventStreamParserTests {
  static let cases: [(text: String, events: [EventStreamParser.Event])] = [
    ("event: ready\ndata: {}\n\n", [event("ready", "{}")]),
    ("event:ready\r\ndata:{}\r\n\r\n", [event("ready", "{}")]),
    ("event: ready\rdata: {}\r\r", [event("ready", "{}")]),
    ("\u{feff}data: x\n\n", [event("message", "x")]),
    (": comment\n\n: another\ndata: x\n\n", [event("message", "x")]),
    ("data: one\ndata: two\n\n", [event("message", "one\ntwo")]),
    ("data\n\n", [event("message", "")]),
    ("data:  two spaces\n\n", [event("message", " two spaces")]),
    ("event: nothing\n\ndata: x\n\n", [event("message", "x")]),
    ("id: 7\nretry: 5\nunknown: y\ndata: x\n\n", [event("message", "x")]),
    ("event: a\nevent: b\ndata: x\n\nevent: c\ndata: y\n\n", [event("b", "x"), event("c", "y")]),
    ("data: incomplete\n", []),
    ("data: a\n\n\n\n\ndata: b\r\n\r\n", [event("message", "a"), event("message", "b")]),
  ]

  @Test(arguments: cases)
  func `events are read however they are cut`(text: String, events: [EventStreamParser.Event])
    throws
  {
    for pieceByteCount in [1, 2, 5, 1_000] {
      var parser = EventStreamParser()
      var read: [Event] = []
      var rest = [UInt8](text.utf8)[...]
      while !rest.isEmpty {
        read += try parser.receive([UInt8](rest.prefix(pieceByteCount)))
        rest = rest.dropFirst(pieceByteCount)
      }
      #expect(read == events, "in pieces of \(pieceByteCount)")
    }
  }

  @Test func `a line without end is refused at the limit`() throws {
    var parser = EventStreamParser()
    let part = [UInt8](repeating: UInt8(ascii: "x"), count: EventStreamParser.limit)
    #expect(try parser.receive(part) == [])
    #expect(throws: HTTPError.bodyTooLarge) { try parser.receive([UInt8(ascii: "x")]) }
  }

  @Test func `an event without end is refused at the limit`() {
    var parser = EventStreamParser()
    let line = [UInt8](("data: " + String(repeating: "x", count: 1_000) + "\n").utf8)
    #expect(throws: HTTPError.bodyTooLarge) {
      for _ in 0..<70 { _ = try parser.receive(line) }
    }
  }
}
