/// Base32 (RFC 4648 §6) without padding, as authenticator apps take secrets.
package enum Base32 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var (bits, count) = (0 as UInt32, 0)
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 5 {
        count -= 5
        text.append(self.digits[Int(bits >> UInt32(count) & 31)])
      }
    }
    if count > 0 { text.append(self.digits[Int(bits << UInt32(5 - count) & 31)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for another digit, of which letters may be in lower case, or bits left over that are not 0.
  package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (bits, count) = (0 as UInt32, 0)
    for digit in text {
      let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(digit)
      guard let value = self.digits.firstIndex(of: isLower ? digit & ~0x20 : digit) else {
        return nil
      }
      bits = (bits << 5 | UInt32(value)) & 0xFFFF
      count += 5
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    guard count < 5, bits & (1 << UInt32(count) - 1) == 0 else { return nil }
    return bytes
  }
}
