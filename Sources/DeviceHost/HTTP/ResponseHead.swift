/// The status and those headers of an answer that matter to a device.
struct ResponseHead: Equatable {
  /// How the end of the body is known (RFC 9112, section 6.3).
  enum Framing: Equatable {
    case none
    case length(UInt64)
    case chunked
    case untilClose
  }

  let status: UInt16
  let framing: Framing
  /// Of `Retry-After` in seconds; nil when absent or a date.
  let retryAfterSeconds: UInt32?
  /// Of `Content-Type` in lower case, without parameters.
  let mediaType: String?
  /// Whether the connection takes another request after this answer.
  let isKeptAlive: Bool

  /// - Parameter block: The status line and the headers, each with its CR LF, and the empty line.
  init(parsing block: ArraySlice<UInt8>) throws(HTTPError) {
    var lines = try split(block)
    let (status, minorVersion) = try parseStatusLine(lines.removeFirst())
    var headers = Headers()
    for line in lines { try headers.add(line) }
    self.status = status
    self.retryAfterSeconds = headers.retryAfterSeconds
    self.mediaType = headers.mediaType
    self.framing = try headers.framing(status: status)
    self.isKeptAlive =
      !headers.connection.contains("close")
      && (minorVersion >= 1 || headers.connection.contains("keep-alive"))
      && self.framing != .untilClose
  }
}

/// The headers while they are read.
private struct Headers {
  var retryAfterSeconds: UInt32?
  var mediaType: String?
  var connection: [String] = []
  private var contentLength: UInt64?
  private var transferCodings: [String] = []

  mutating func add(_ line: ArraySlice<UInt8>) throws(HTTPError) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(isTokenByte)
    else { throw .badHeader }
    let bytes = line[(colon + 1)...].trimmingWhitespace()
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else { throw .badHeader }
    let value = String(decoding: bytes, as: UTF8.self)
    switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
    case "content-length":
      guard let length = decimalValue(bytes), self.contentLength ?? length == length else {
        throw .badHeader
      }
      self.contentLength = length
    case "transfer-encoding":
      self.transferCodings += listMembers(value)
    case "connection":
      self.connection += listMembers(value)
    case "retry-after":
      self.retryAfterSeconds = decimalValue(bytes).map { UInt32(clamping: $0) }
    case "content-type":
      let type = value.utf8.prefix { $0 != UInt8(ascii: ";") }
      self.mediaType = String(decoding: [UInt8](type)[...].trimmingWhitespace(), as: UTF8.self)
        .lowercased()
    default:
      break
    }
  }

  func framing(status: UInt16) throws(HTTPError) -> ResponseHead.Framing {
    // Both at once, or a coding besides chunked, and the two ends disagree on where it ends.
    guard self.transferCodings.isEmpty || self.contentLength == nil,
      self.transferCodings.isEmpty || self.transferCodings == ["chunked"]
    else { throw .badHeader }
    if status < 200 || status == 204 || status == 304 { return .none }
    if !self.transferCodings.isEmpty { return .chunked }
    return self.contentLength.map { .length($0) } ?? .untilClose
  }
}

/// The lines of a header block, at least the status line; without the empty one at its end.
private func split(_ block: ArraySlice<UInt8>) throws(HTTPError) -> [ArraySlice<UInt8>] {
  var lines: [ArraySlice<UInt8>] = []
  var rest = block
  while let feed = rest.firstIndex(of: UInt8(ascii: "\n")) {
    guard feed > rest.startIndex, rest[feed - 1] == UInt8(ascii: "\r") else { throw .badHeader }
    lines.append(rest[..<(feed - 1)])
    rest = rest[(feed + 1)...]
  }
  guard lines.count >= 2, lines.removeLast().isEmpty else { throw .badStatusLine }
  return lines
}

/// Reads `HTTP/1.x NNN reason`.
private func parseStatusLine(_ line: ArraySlice<UInt8>) throws(HTTPError) -> (
  status: UInt16, minorVersion: UInt8
) {
  let bytes = [UInt8](line)
  let prefix = [UInt8]("HTTP/1.".utf8)
  guard bytes.count >= 12, bytes.starts(with: prefix), bytes.count == 12 || bytes[12] == 0x20,
    bytes[8] == 0x20, let minorVersion = decimalValue(bytes[7..<8]),
    let status = decimalValue(bytes[9..<12]), (100...599).contains(status)
  else { throw .badStatusLine }
  return (UInt16(status), UInt8(minorVersion))
}

private func listMembers(_ value: String) -> [String] {
  value.lowercased().utf8.split(separator: UInt8(ascii: ",")).map {
    String(decoding: [UInt8]($0)[...].trimmingWhitespace(), as: UTF8.self)
  }
}

/// Digits only; nil for anything else and for what does not fit.
private func decimalValue(_ bytes: ArraySlice<UInt8>) -> UInt64? {
  guard !bytes.isEmpty else { return nil }
  var value: UInt64 = 0
  for byte in bytes {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
    let (tens, tensOverflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, sumOverflow) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
    guard !tensOverflow, !sumOverflow else { return nil }
    value = sum
  }
  return value
}

/// Of a header's name (RFC 9110, section 5.6.2).
private func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default:
    "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}

extension ArraySlice<UInt8> {
  /// Without spaces and tabs at both ends.
  fileprivate func trimmingWhitespace() -> ArraySlice<UInt8> {
    let isWhitespace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let front = self.drop(while: isWhitespace)
    guard let last = front.lastIndex(where: { !isWhitespace($0) }) else { return [] }
    return front[...last]
  }
}
