/// What a token is for; the beginning of its text.
package enum TokenPrefix: WireWord {
  case access, refresh, pairing, authorizationCode, deviceCode, resourceServer, admin

  package var text: StaticString {
    switch self {
    case .access: "rlka"
    case .refresh: "rlkr"
    case .pairing: "rlkp"
    case .authorizationCode: "rlkc"
    case .deviceCode: "rlkd"
    case .resourceServer: "rlks"
    case .admin: "rlkadm"
    }
  }
}

/// A token as text: `PREFIX_`, its bytes in base64url without padding, and 6 base-62 digits (0–9,
/// A–Z, a–z; most significant first) of a CRC-32 over all that precedes them.
///
/// The prefix lets a scanner find a leaked token; the checksum tells it from noise.
package struct TokenText: Equatable, Sendable {
  package let prefix: TokenPrefix
  package let payload: [UInt8]

  package init(prefix: TokenPrefix, payload: [UInt8]) {
    self.prefix = prefix
    self.payload = payload
  }

  /// - Throws: Why this is not a token's text; the offsets and the text itself are left out, since
  ///   they could betray a token.
  package init(parsing text: [UInt8]) throws(TokenTextError) {
    guard let separator = text.firstIndex(of: UInt8(ascii: "_")),
      let prefix = TokenPrefix.allCases.first(where: { text[..<separator].isText($0.text) })
    else { throw .unknownPrefix }
    let body = text[(separator + 1)...]
    guard body.count >= Self.checksumDigitCount else { throw .tooShort }
    let end = body.endIndex - Self.checksumDigitCount
    let checksum = Self.checksum(of: text[..<end])
    for index in checksum.indices where text[end + index] != checksum[index] {
      throw .wrongChecksum
    }
    guard let payload = Base64URL.decode(text[body.startIndex..<end]) else { throw .notBase64URL }
    self.init(prefix: prefix, payload: payload)
  }

  package var bytes: [UInt8] {
    let encoded = Base64URL.encode(self.payload)
    var text: [UInt8] = []
    text.reserveCapacity(8 + encoded.count + Self.checksumDigitCount)
    text += self.prefix.text
    text += "_"
    text += encoded
    let checksum = Self.checksum(of: text[...])
    for index in checksum.indices { text.append(checksum[index]) }
    return text
  }

  private static let checksumDigitCount = 6

  private static func checksum(of text: ArraySlice<UInt8>) -> InlineArray<6, UInt8> {
    var digits = InlineArray<6, UInt8>(repeating: 0)
    var rest = CRC32.of(text)
    for index in digits.indices.reversed() {
      let value = UInt8(truncatingIfNeeded: rest % 62)
      switch value {
      case 0..<10: digits[index] = UInt8(ascii: "0") + value
      case 10..<36: digits[index] = UInt8(ascii: "A") + value - 10
      default: digits[index] = UInt8(ascii: "a") + value - 36
      }
      rest /= 62
    }
    return digits
  }
}

/// Why bytes are not a token's text.
package enum TokenTextError: Error, Equatable, Sendable {
  case unknownPrefix, tooShort, wrongChecksum, notBase64URL
}
