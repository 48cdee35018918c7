import DeviceProtocol

/// What an owner without the authenticator logs in with, once: 80 random bits, shown as
/// `abcd-efgh-ijkl-mnop` (base32). Nobody guesses one, so a plain hash of it is stored.
struct RecoveryCode {
  static let count = 10
  private static let byteCount = 10
  private let bytes: [UInt8]

  init(random: inout some RandomNumberGenerator) {
    self.bytes = randomBytes(Self.byteCount, from: &random)
  }

  /// Nil for what no recovery code looks like; spaces, hyphens and case do not matter.
  init?(_ text: String) {
    guard text.utf8.count <= 64,
      let bytes = Base32.decode(text.utf8.filter { $0 != UInt8(ascii: "-") && $0 != 0x20 }),
      bytes.count == Self.byteCount
    else { return nil }
    self.bytes = bytes
  }

  var hash: TokenHash { TokenHash(of: Array("recovery code".utf8) + self.bytes) }

  var text: Secret {
    let digits = Array(Base32.encode(self.bytes).utf8.map(\.asciiLowercased))
    let groups = stride(from: 0, to: digits.count, by: 4).map { start in
      String(decoding: digits[start..<min(start + 4, digits.count)], as: UTF8.self)
    }
    return Secret(groups.joined(separator: "-"))
  }
}
