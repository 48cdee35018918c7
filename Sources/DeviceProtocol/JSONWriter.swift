/// Writes compact JSON: no white space, members in their order.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []

  /// - Parameter byteCount: Room for so many to begin with.
  init(byteCount: Int = 0) { self.bytes.reserveCapacity(byteCount) }

  /// What is JSON already.
  mutating func writeRaw(_ text: StaticString) { self.bytes += text }

  /// Two digits of a string.
  mutating func writeHexadecimal(_ byte: UInt8) {
    self.bytes.append(Hexadecimal.digit(byte >> 4))
    self.bytes.append(Hexadecimal.digit(byte & 0xf))
  }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: self.bytes += "null"
    case .boolean(let isTrue): self.bytes += isTrue ? "true" : "false"
    case .integer(let number): self.write(number)
    case .decimal(let text): self.bytes += text
    case .string(let text): self.writeString(text)
    case .array(let elements):
      self.bytes += "["
      for index in elements.indices {
        if index > 0 { self.bytes += "," }
        self.write(elements[index])
      }
      self.bytes += "]"
    case .object(let members):
      self.bytes += "{"
      for index in members.indices {
        if index > 0 { self.bytes += "," }
        self.writeString(members[index].key)
        self.bytes += ":"
        self.write(members[index].value)
      }
      self.bytes += "}"
    }
  }

  mutating func write(_ number: Int64) {
    if number < 0 { self.bytes += "-" }
    var rest = number.magnitude
    let first = self.bytes.count
    repeat {
      self.bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    // They were written from the last to the first.
    var (low, high) = (first, self.bytes.count - 1)
    while low < high {
      self.bytes.swapAt(low, high)
      (low, high) = (low + 1, high - 1)
    }
  }

  mutating func writeString(_ text: [UInt8]) {
    self.bytes += "\""
    // Most strings need no escapes: what comes before the first is written at once.
    var index = text.firstIndex { !$0.isPlainInJSON } ?? text.endIndex
    self.bytes.append(contentsOf: text[..<index])
    while index < text.count {
      guard let count = UTF8Sequence.byteCount(in: text, at: index) else {
        self.bytes += UTF8Sequence.replacement
        index += 1
        continue
      }
      if count == 1 {
        self.writeASCII(text[index])
      } else {
        self.bytes.append(contentsOf: text[index..<index + count])
      }
      index += count
    }
    self.bytes += "\""
  }

  private mutating func writeASCII(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): self.bytes += "\\\""
    case UInt8(ascii: "\\"): self.bytes += "\\\\"
    case 0x0a: self.bytes += "\\n"
    case 0x0d: self.bytes += "\\r"
    case 0x09: self.bytes += "\\t"
    case 0..<0x20, 0x7f: self.bytes += [UInt8]("\\u00") + Hexadecimal.encode([byte])
    default: self.bytes.append(byte)
    }
  }
}

extension UInt8 {
  /// Whether it stands for itself in a string, whatever surrounds it.
  fileprivate var isPlainInJSON: Bool {
    self.isPrintableASCII && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
  }
}
