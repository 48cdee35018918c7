/// Reads server-sent events (WHATWG HTML, section 9.2.6), however the bytes are cut into pieces.
struct EventStreamParser {
  struct Event: Equatable {
    /// `message` where the server names none.
    let name: [UInt8]
    let data: [UInt8]
  }

  /// The largest event, and the longest line, in bytes.
  static let limit = 64 * 1_024

  private var line: [UInt8] = []
  private var name: [UInt8] = []
  private var data: [UInt8] = []
  /// A line feed that comes now belongs to the carriage return before it.
  private var skipsLineFeed = false
  private var isFirstLine = true

  /// - Returns: The events that the bytes complete.
  /// - Throws: `.bodyTooLarge` for an event over the limit.
  mutating func receive(_ bytes: [UInt8]) throws(HTTPError) -> [Event] {
    var events: [Event] = []
    for byte in bytes {
      let isPartOfEnd = self.skipsLineFeed && byte == UInt8(ascii: "\n")
      self.skipsLineFeed = byte == UInt8(ascii: "\r")
      if isPartOfEnd { continue }
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        if let event = try self.endLine() { events.append(event) }
      } else {
        guard self.line.count < Self.limit else { throw .bodyTooLarge }
        self.line.append(byte)
      }
    }
    return events
  }

  private mutating func endLine() throws(HTTPError) -> Event? {
    var line = self.line[...]
    let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
    if self.isFirstLine, line.starts(with: byteOrderMark) { line = line.dropFirst(3) }
    self.isFirstLine = false
    defer { self.line = [] }
    if line.isEmpty { return self.endEvent() }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
    if line[..<colon].elementsEqual("event".utf8) {
      self.name = [UInt8](value)
    } else if line[..<colon].elementsEqual("data".utf8) {
      guard self.data.count + value.count < Self.limit else { throw .bodyTooLarge }
      self.data += value
      self.data.append(UInt8(ascii: "\n"))
    }
    // A comment, `id`, `retry` or an unknown field: of no use to a device.
    return nil
  }

  /// An event without data is none.
  private mutating func endEvent() -> Event? {
    defer {
      self.name = []
      self.data = []
    }
    guard !self.data.isEmpty else { return nil }
    let name = self.name.isEmpty ? [UInt8]("message".utf8) : self.name
    return Event(name: name, data: [UInt8](self.data.dropLast()))
  }
}
