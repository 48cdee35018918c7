import DeviceProtocol

/// UUIDs as text, lower case with hyphens (RFC 9562 §4), and as 16 bytes.
package enum UUIDText {
  private static let hyphens = [8, 13, 18, 23]

  /// A random one (version 4).
  static func random(from random: inout some RandomNumberGenerator) -> String {
    var bytes = randomBytes(16, from: &random)
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    return self.text(of: bytes)
  }

  /// - Parameter bytes: 16 of them.
  static func text(of bytes: [UInt8]) -> String {
    var text = Hexadecimal.encode(bytes)
    for index in self.hyphens { text.insert(UInt8(ascii: "-"), at: index) }
    return String(decoding: text, as: UTF8.self)
  }

  /// - Returns: 16 bytes; nil unless the text is a UUID in lower case.
  package static func bytes(of text: String) -> [UInt8]? {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    guard let bytes = Hexadecimal.decode(digits), bytes.count == 16,
      self.text(of: bytes) == text
    else { return nil }
    return bytes
  }
}
