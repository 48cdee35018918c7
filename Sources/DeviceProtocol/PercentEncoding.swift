/// Percent-encoding (RFC 3986 §2.1).
enum PercentEncoding {
  /// Where a `%` stands that two hexadecimal digits do not follow; an index of what was decoded.
  struct BadEscape: Error { let index: Int }

  static func append(_ byte: UInt8, to text: inout [UInt8]) {
    text += "%"
    text.append(Hexadecimal.digit(byte >> 4).asciiUppercased)
    text.append(Hexadecimal.digit(byte & 0xf).asciiUppercased)
  }

  static func decode(_ text: ArraySlice<UInt8>) throws(BadEscape) -> [UInt8] {
    let (bytes, badEscape) = Self.read(text)
    if let badEscape { throw badEscape }
    return bytes
  }

  /// Takes a `%` that two hexadecimal digits do not follow for itself.
  static func decodeLeniently(_ text: ArraySlice<UInt8>) -> [UInt8] { Self.read(text).bytes }

  private static func read(
    _ text: ArraySlice<UInt8>
  ) -> (bytes: [UInt8], firstBadEscape: BadEscape?) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var badEscape: BadEscape?
    var index = text.startIndex
    while index < text.endIndex {
      if text[index] == UInt8(ascii: "%") {
        if text.endIndex - index > 2, let high = Hexadecimal.value(text[index + 1]),
          let low = Hexadecimal.value(text[index + 2])
        {
          bytes.append(high << 4 | low)
          index += 3
          continue
        }
        badEscape = badEscape ?? BadEscape(index: index)
      }
      bytes.append(text[index])
      index += 1
    }
    return (bytes, badEscape)
  }
}

extension UInt8 {
  fileprivate var asciiUppercased: UInt8 {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) ? self & ~0x20 : self
  }
}
