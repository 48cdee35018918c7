/// What a person types: eight of twenty letters, so one of 25,600 million (RFC 8628 §6.1). Without
/// vowels it spells no words, and none of the letters looks like another or like a digit.
package struct UserCode: Equatable, Sendable, Redacted {
  static let alphabet = Array("BCDFGHJKLMNPQRSTVWXZ".utf8)
  static let letterCount = 8

  let letters: [UInt8]

  init(random: inout some RandomNumberGenerator) {
    self.letters = (0..<Self.letterCount).map { _ in
      Self.alphabet[Int.random(in: Self.alphabet.indices, using: &random)]
    }
  }

  /// - Parameter entered: In either case, with dashes and spaces or without; nil for what cannot be
  ///   a code.
  package init?(entered: String) {
    let letters = entered.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
      .map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }
    guard letters.count == Self.letterCount, letters.allSatisfy(Self.alphabet.contains) else {
      return nil
    }
    self.letters = letters
  }

  /// As it is shown: `WDJB-MJHT`.
  package var text: String {
    let text = String(decoding: self.letters, as: UTF8.self)
    return "\(text.prefix(4))-\(text.suffix(4))"
  }

  func hash(with keys: TokenKeys) -> TokenHash {
    TokenHash(keys.userCodes.code(of: self.letters[...]))
  }
}
