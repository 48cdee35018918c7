import CloudCore
import DeviceProtocol

/// How a text must look.
struct TextRule: Sendable {
  /// `1 to 64 printable characters`.
  let phrase: String
  /// For the schema: a regular expression, or the lengths in characters.
  let pattern: String?
  let lengths: ClosedRange<Int>
  let accepts: @Sendable (String) -> Bool

  static let name = printable(upTo: 64)
  static let sentence = printable(upTo: 500)

  static let identifier = TextRule(
    phrase: "1 to 64 letters, digits, '-' or '_' (ASCII)", pattern: "^[A-Za-z0-9_-]{1,64}$",
    lengths: 1...64
  ) { (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy(\.isOfIdentifier) }

  /// It names files and sockets too.
  static let nickname = TextRule(
    phrase: "1 to 32 letters, digits, '-' or '_' (ASCII)", pattern: "^[A-Za-z0-9_-]{1,32}$",
    lengths: 1...32
  ) { (1...32).contains($0.utf8.count) && $0.utf8.allSatisfy(\.isOfIdentifier) }

  static let email = TextRule(
    phrase: "an e-mail address", pattern: "^[^@\\s]+@[^@\\s]+$", lengths: 3...254
  ) { EmailAddress($0) != nil }

  static let password = TextRule(
    phrase: "8 characters or more, at most 1,024 bytes", pattern: nil, lengths: 1...1_024
  ) { Password($0) != nil }

  static let passphrase = TextRule(phrase: "1 to 128 bytes", pattern: nil, lengths: 1...128) {
    (1...128).contains($0.utf8.count)
  }

  static let version = TextRule(
    phrase: "1 to 64 printable ASCII characters", pattern: "^[ -~]{1,64}$", lengths: 1...64
  ) { (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy(\.isPrintableASCII) }

  /// The parser drops a byte order mark at the beginning of a text.
  static let ssid = TextRule(
    phrase: "the name of a network, 1 to 32 bytes of UTF-8", pattern: nil, lengths: 1...32
  ) {
    (1...32).contains($0.utf8.count) && $0.hasNoControlCharacter
      && $0.unicodeScalars.first != "\u{FEFF}"
  }

  static let ssidHexadecimal = TextRule(
    phrase: "the name of a network as hexadecimal, 1 to 32 bytes of two digits each",
    pattern: "^([0-9A-Fa-f]{2}){1,32}$", lengths: 2...64
  ) { (1...32).contains(Hexadecimal.decode(Array($0.utf8))?.count ?? 0) }

  static let region = TextRule(
    phrase: "1 to 32 of a-z, 0-9 and '-', from a letter on, such as eu-west",
    pattern: "^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$", lengths: 1...32
  ) { Region($0) != nil }

  static let path = TextRule(
    phrase: "the path of a file, relative to this one", pattern: nil, lengths: 1...1_024
  ) { (1...1_024).contains($0.utf8.count) && !$0.utf8.contains(0) }

  private static func printable(upTo count: Int) -> TextRule {
    TextRule(
      phrase: "a text of at most \(count) characters", pattern: nil, lengths: 1...count
    ) { (1...count).contains($0.unicodeScalars.count) && $0.hasNoControlCharacter }
  }
}

extension String {
  fileprivate var hasNoControlCharacter: Bool {
    self.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }
}

extension UInt8 {
  fileprivate var isOfIdentifier: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
