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
    text.withContiguousStorageIfAvailable { self.decoded($0) }
      ?? Array(text).withUnsafeBufferPointer { self.decoded($0) }
  }

  private static func decoded(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    let count = text.count
    guard count % 4 != 1 else { return nil }
    let values = Self.values
    // Of all digits together: 64 or more if one of them is none.
    var all: UInt8 = 0
    // Of the digits after the last four.
    var rest: UInt32 = 0
    func value(at index: Int) -> UInt32 {
      let value = values[text[index]]
      all |= value
      return UInt32(value)
    }
    let bytes = [UInt8](unsafeUninitializedCapacity: count * 3 / 4) { bytes, written in
      var index = 0
      while index + 3 < count {
        let bits =
          value(at: index) << 18 | value(at: index + 1) << 12 | value(at: index + 2) << 6
          | value(at: index + 3)
        bytes[written] = UInt8(truncatingIfNeeded: bits >> 16)
        bytes[written + 1] = UInt8(truncatingIfNeeded: bits >> 8)
        bytes[written + 2] = UInt8(truncatingIfNeeded: bits)
        index += 4
        written += 3
      }
      switch count - index {
      case 2:
        rest = value(at: index) << 6 | value(at: index + 1)
        bytes[written] = UInt8(truncatingIfNeeded: rest >> 4)
        rest &= 0xf
        written += 1
      case 3:
        rest = value(at: index) << 12 | value(at: index + 1) << 6 | value(at: index + 2)
        bytes[written] = UInt8(truncatingIfNeeded: rest >> 10)
        bytes[written + 1] = UInt8(truncatingIfNeeded: rest >> 2)
        rest &= 0x3
        written += 2
      default: break
      }
    }
    return all < 64 && rest == 0 ? bytes : nil
  }

  /// What digits stand for: 64 or more for what is none.
  private struct Values {
    #if hasFeature(Embedded)
      subscript(digit: UInt8) -> UInt8 { Base64URL.value(digit).map { UInt8($0) } ?? .max }
    #else
      /// By digit: 256 bytes, which a chip can do without.
      private let table: [UInt8] = (0...255).map { digit in
        Base64URL.value(digit).map { UInt8($0) } ?? .max
      }

      subscript(digit: UInt8) -> UInt8 { self.table[Int(digit)] }
    #endif
  }

  private static let values = Values()

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
