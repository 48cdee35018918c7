import DeviceProtocol

/// Reads the answers on one HTTP/1.1 connection (RFC 9112), however the bytes are cut into pieces.
///
/// It takes one answer after `begin`; whatever a peer sends, it throws or waits, and never traps.
struct ResponseParser {
  /// The header's limit in bytes, status line and end included; trailers count as well.
  static let headerLimit = 16 * 1_024

  enum Output: Equatable {
    case head(ResponseHead)
    /// Some bytes of the body, never empty.
    case body([UInt8])
    /// The answer is complete.
    case end
  }

  private enum State {
    /// No answer is expected.
    case idle
    case head
    case body(left: UInt64)
    case chunkSize
    case chunk(left: UInt64)
    case chunkEnd
    case trailers
    /// The body lasts as long as the connection.
    case bodyUntilClose
  }

  private var state = State.idle
  /// Received, and not taken yet: less than a line, but in `idle`.
  private var buffer: [UInt8] = []
  /// How many bytes of the header have been searched for its end, or how many the lines of a
  /// chunk's size or of the trailers have had.
  private var headerByteCount = 0

  /// Expects one answer.
  mutating func begin() {
    self.state = .head
    self.headerByteCount = 0
  }

  /// Takes what was received.
  ///
  /// - Returns: What it completes, in order; after `.end` nothing until `begin`.
  /// - Throws: `HTTPError`; the connection is of no more use.
  mutating func receive(_ bytes: [UInt8]) throws(HTTPError) -> [Output] {
    guard !self.isIdle else { throw .unexpectedBytes }
    self.buffer += bytes
    var outputs: [Output] = []
    while !self.isIdle {
      let count = outputs.count
      let wasTaken = try self.step(&outputs)
      if !wasTaken, outputs.count == count { break }
    }
    if self.isIdle, !self.buffer.isEmpty { throw .unexpectedBytes }
    return outputs
  }

  /// The peer has ended the connection.
  ///
  /// - Returns: `.end` for an answer that lasts until then, and nothing when none was expected.
  /// - Throws: `.truncated` within any other.
  mutating func finish() throws(HTTPError) -> [Output] {
    switch self.state {
    case .idle: return []
    case .bodyUntilClose:
      self.state = .idle
      return [.end]
    case .head, .body, .chunkSize, .chunk, .chunkEnd, .trailers: throw .truncated
    }
  }

  private var isIdle: Bool {
    if case .idle = self.state { true } else { false }
  }

  /// Takes one part off the buffer.
  ///
  /// - Returns: Whether there was enough for one.
  private mutating func step(_ outputs: inout [Output]) throws(HTTPError) -> Bool {
    switch self.state {
    case .idle:
      return false
    case .head:
      return try self.takeHead(&outputs)
    case .body(let left):
      guard let (bytes, rest) = self.takeBody(left) else { return false }
      outputs.append(.body(bytes))
      self.state = .body(left: rest)
      if rest == 0 { self.end(&outputs) }
    case .chunkSize:
      guard let line = try self.takeLine() else { return false }
      let size = try chunkSize(line)
      self.headerByteCount = 0
      self.state = size == 0 ? .trailers : .chunk(left: size)
    case .chunk(let left):
      guard let (bytes, rest) = self.takeBody(left) else { return false }
      outputs.append(.body(bytes))
      self.state = rest == 0 ? .chunkEnd : .chunk(left: rest)
    case .chunkEnd:
      guard let line = try self.takeLine() else { return false }
      guard line.isEmpty else { throw .badChunk }
      self.state = .chunkSize
    case .trailers:
      guard let line = try self.takeLine() else { return false }
      if line.isEmpty { self.end(&outputs) }
    case .bodyUntilClose:
      guard !self.buffer.isEmpty else { return false }
      outputs.append(.body(self.buffer))
      self.buffer = []
    }
    return true
  }

  private mutating func end(_ outputs: inout [Output]) {
    outputs.append(.end)
    self.state = .idle
  }

  private mutating func takeHead(_ outputs: inout [Output]) throws(HTTPError) -> Bool {
    guard let bytes = self.headerBlock() else {
      guard self.buffer.count < Self.headerLimit else { throw .headerTooLarge }
      return false
    }
    let head = try ResponseHead(parsing: bytes)
    self.buffer.removeFirst(bytes.count)
    // An interim answer (RFC 9110, section 15.2): the final one follows.
    if (100...199).contains(head.status) {
      guard head.status != 101 else { throw .badStatusLine }
      self.headerByteCount = 0
      return true
    }
    outputs.append(.head(head))
    switch head.framing {
    case .none, .length(0): self.end(&outputs)
    case .length(let count): self.state = .body(left: count)
    case .chunked:
      self.headerByteCount = 0
      self.state = .chunkSize
    case .untilClose: self.state = .bodyUntilClose
    }
    return true
  }

  /// The bytes up to and with the empty line, once they are there and within the limit.
  private mutating func headerBlock() -> ArraySlice<UInt8>? {
    let end = [UInt8]("\r\n\r\n".utf8)
    let searchable = self.buffer.prefix(Self.headerLimit)
    while self.headerByteCount + end.count <= searchable.count {
      let next = self.headerByteCount + end.count
      if searchable[self.headerByteCount..<next].elementsEqual(end) { return searchable[..<next] }
      self.headerByteCount += 1
    }
    return nil
  }

  /// As much of a body as is there, up to `left`, and how much is missing then; nil for nothing.
  private mutating func takeBody(_ left: UInt64) -> (bytes: [UInt8], left: UInt64)? {
    guard !self.buffer.isEmpty else { return nil }
    let count = Int(min(left, UInt64(self.buffer.count)))
    let bytes = [UInt8](self.buffer[..<count])
    self.buffer.removeFirst(count)
    return (bytes, left - UInt64(count))
  }

  /// One line of the chunked coding, without its end; nil while it is incomplete.
  private mutating func takeLine() throws(HTTPError) -> [UInt8]? {
    guard let feed = self.buffer.firstIndex(of: UInt8(ascii: "\n")) else {
      guard self.headerByteCount + self.buffer.count < Self.headerLimit else {
        throw .headerTooLarge
      }
      return nil
    }
    self.headerByteCount += feed + 1
    guard self.headerByteCount <= Self.headerLimit else { throw .headerTooLarge }
    guard feed > 0, self.buffer[feed - 1] == UInt8(ascii: "\r") else { throw .badChunk }
    let line = [UInt8](self.buffer[..<(feed - 1)])
    self.buffer.removeFirst(feed + 1)
    return line
  }
}

/// The size that a chunk begins with; extensions behind a semicolon are passed over.
private func chunkSize(_ line: [UInt8]) throws(HTTPError) -> UInt64 {
  let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
  guard (1...8).contains(digits.count) else { throw .badChunk }
  let evenDigits = (digits.count.isMultiple(of: 2) ? [] : [UInt8(ascii: "0")]) + digits
  guard let bytes = Hexadecimal.decode(evenDigits) else { throw .badChunk }
  return bytes.reduce(0) { size, byte in size << 8 | UInt64(byte) }
}

/// Why what came back is not an answer.
enum HTTPError: Error, Equatable {
  case badStatusLine
  case badHeader
  case badChunk
  case headerTooLarge
  case bodyTooLarge
  /// The connection ended within an answer.
  case truncated
  /// More came than was asked for.
  case unexpectedBytes
}
