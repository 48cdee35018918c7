/// The 128 bits of a UUID (RFC 9562 §4). Their order is that of the texts.
package struct UUIDBits: Hashable, Comparable, Sendable {
  /// Bytes 0 to 7, big-endian.
  package let high: UInt64
  /// Bytes 8 to 15, big-endian.
  package let low: UInt64

  package static let textByteCount = 36
  private static let hyphen = UInt8(ascii: "-")

  /// - Parameter text: Lower case, with hyphens; nil for any other spelling.
  package init?(_ text: String) {
    var text = text
    guard let bits = text.withUTF8({ Self(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = bits
  }

  /// As `init(_:)`, of a text that lies elsewhere. Not generic: the store, which is another module, reads
  /// several with each request, and would do so without specialization.
  package init?(utf8 text: UnsafeRawBufferPointer) {
    guard text.count == Self.textByteCount else { return nil }
    var (high, low) = (0 as UInt64, 0 as UInt64)
    for index in 0..<Self.textByteCount {
      switch index {
      case 8, 13, 18, 23:
        guard text[index] == Self.hyphen else { return nil }
      default:
        guard let value = Self.value(text[index]) else { return nil }
        high = high << 4 | low >> 60
        low = low << 4 | UInt64(value)
      }
    }
    self.high = high
    self.low = low
  }

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A random one (version 4), of 16 random bytes.
  package init(random: inout some RandomNumberGenerator) {
    // In the order in which `randomBytes` would give them.
    self.high = random.next().byteSwapped & ~0xF000 | 0x4000
    self.low = random.next().byteSwapped & ~(0b11 << 62) | 0b10 << 62
  }

  /// Lower case, with hyphens.
  package var text: String {
    String(unsafeUninitializedCapacity: Self.textByteCount) { text in
      self.write(to: text)
      return Self.textByteCount
    }
  }

  /// - Parameter text: Gets the text in UTF-8; has room for it.
  package func write(to text: UnsafeMutableBufferPointer<UInt8>) {
    var offset = 0
    for digit in 0..<32 {
      if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
        text[offset] = Self.hyphen
        offset += 1
      }
      let half = digit < 16 ? self.high : self.low
      let value = UInt8(truncatingIfNeeded: half >> UInt64(60 - digit % 16 * 4)) & 0xF
      text[offset] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
      offset += 1
    }
  }

  package static func < (left: UUIDBits, right: UUIDBits) -> Bool {
    left.high == right.high ? left.low < right.low : left.high < right.high
  }

  /// The number that a lower-case digit stands for.
  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
