/// Base64 with the URL-safe alphabet, without padding (RFC 4648 §5).
package enum Base64URL {
  private static let alphabet: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

  package static func encode(_ bytes: [UInt8]) -> [UInt8] {
    let count = (bytes.count * 4 + 2) / 3
    let digits = self.alphabet.utf8Start
    return [UInt8](unsafeUninitializedCapacity: count) { text, written in
      var index = 0
      while index + 2 < bytes.count {
        let bits = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
        text[written] = digits[bits >> 18]
        text[written + 1] = digits[bits >> 12 & 0x3f]
        text[written + 2] = digits[bits >> 6 & 0x3f]
        text[written + 3] = digits[bits & 0x3f]
        index += 3
        written += 4
      }
      guard index < bytes.count else { return }
      let isPair = index + 1 < bytes.count
      let bits = Int(bytes[index]) << 8 | (isPair ? Int(bytes[index + 1]) : 0)
      text[written] = digits[bits >> 10]
      text[written + 1] = digits[bits >> 4 & 0x3f]
      if isPair { text[written + 2] = digits[bits << 2 & 0x3f] }
      written = count
    }
  }

  /// Nil for a byte outside the alphabet (padding too), a length that no bytes give, or bits left
  /// over that are not 0: each sequence of bytes has one text.
  package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    let count = text.count
    guard count % 4 != 1 else { return nil }
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    // Of all digits together: 64 or more if one of them is none.
    var values: UInt8 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count * 3 / 4) { bytes, written in
      for digit in text {
        let value = Self.bits(of: digit)
        values |= value
        bits = bits << 6 | UInt32(value & 0x3f)
        bitCount += 6
        if bitCount >= 8 {
          bitCount -= 8
          bytes[written] = UInt8(truncatingIfNeeded: bits >> bitCount)
          written += 1
        }
      }
    }
    guard values < 64, bits & (1 << bitCount - 1) == 0 else { return nil }
    return bytes
  }

  #if hasFeature(Embedded)
    /// 64 or more for what is no digit.
    private static func bits(of digit: UInt8) -> UInt8 {
      self.value(digit).map { UInt8($0) } ?? .max
    }
  #else
    /// By digit: 256 bytes, which a chip can do without.
    private static let values: [UInt8] = (0...255).map { digit in
      Self.value(digit).map { UInt8($0) } ?? .max
    }

    /// 64 or more for what is no digit.
    private static func bits(of digit: UInt8) -> UInt8 { self.values[Int(digit)] }
  #endif

  private static func value(_ digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
