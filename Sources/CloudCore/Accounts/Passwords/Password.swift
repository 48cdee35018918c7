import DeviceProtocol

/// A password of a length that can be used: 8 to 1,024 bytes of UTF-8, at least 8 characters
/// (Unicode scalars; NIST SP 800-63B §5.1.1.2), whatever they are.
package struct Password: Sendable, Redacted {
  package static let leastCharacterCount = 8
  package static let longestByteCount = 1_024
  let secret: Secret

  /// Nil when it is too short or too long.
  package init?(_ text: String) {
    guard text.unicodeScalars.count >= Self.leastCharacterCount,
      text.utf8.count <= Self.longestByteCount
    else { return nil }
    self.secret = Secret(text)
  }

  /// One that somebody chooses: beside its length, that it is not among the first that a guesser
  /// tries. There are no rules of composition.
  ///
  /// - Parameters:
  ///   - text: Normalised (NFKC), as is whatever is verified later.
  ///   - email: Of the account that it is for.
  ///   - list: The operator's, of passwords that are known to others.
  package init(
    choosing text: String, for email: EmailAddress, notIn list: PasswordList
  ) throws(PasswordRefusal) {
    guard text.unicodeScalars.count >= Self.leastCharacterCount else { throw .tooShort }
    guard text.utf8.count <= Self.longestByteCount else { throw .tooLong }
    let folded = text.utf8.map(\.asciiLowercased)
    guard !PasswordContext(email).isMostOf(folded) else { throw .context }
    guard !CommonPasswords.contain(folded), !list.contains(folded) else { throw .common }
    self.secret = Secret(text)
  }
}

/// Why a password is not taken; `docs/sign-in.md`.
package enum PasswordRefusal: Error, Equatable, Sendable, CaseIterable {
  case tooShort, tooLong
  /// It is in a list of those that guessers try first, or follows a pattern of theirs.
  case common
  /// Little is left of it without the account's address and the name of the service.
  case context

  /// The fixed word on the wire.
  package var reason: String {
    switch self {
    case .tooShort: "password_too_short"
    case .tooLong: "password_too_long"
    case .common: "password_common"
    case .context: "password_context"
    }
  }

  package var explanation: String {
    switch self {
    case .tooShort: "it needs at least \(Password.leastCharacterCount) characters"
    case .tooLong: "it may have at most \(Password.longestByteCount) bytes of UTF-8"
    case .common: "it is among the passwords that guessers try first"
    case .context: "it is little more than the e-mail address or the name of this service"
    }
  }
}

/// The words that a guesser of this account's password would begin with.
struct PasswordContext {
  private static let service = Array("relink".utf8)
  /// Shorter ones occur in good passwords by chance.
  private static let leastByteCount = 4
  private let words: [[UInt8]]

  init(_ email: EmailAddress) {
    let address = email.text.utf8.map(\.asciiLowercased)
    let parts = address.split { !$0.isLetterOrDigit }.map { Array($0) }
    let sides = address.split(separator: UInt8(ascii: "@")).map { Array($0) }
    // The longest first: what remains of the address without its parts says nothing.
    self.words = ([address] + sides + parts + [Self.service])
      .filter { $0.count >= Self.leastByteCount }
      .sorted { $0.count > $1.count }
  }

  /// Whether fewer characters than a password needs are left without these words.
  func isMostOf(_ folded: [UInt8]) -> Bool {
    var rest = folded
    for word in self.words { rest = rest.removing(word) }
    guard rest.count < folded.count else { return false }
    let characters = String(decoding: rest, as: UTF8.self).unicodeScalars.count
    return characters < Password.leastCharacterCount
  }
}

extension [UInt8] {
  fileprivate func removing(_ word: [UInt8]) -> [UInt8] {
    var rest: [UInt8] = []
    var index = 0
    while index < self.count {
      if self[index...].starts(with: word) {
        index += word.count
      } else {
        rest.append(self[index])
        index += 1
      }
    }
    return rest
  }
}

extension UInt8 {
  fileprivate var isLetterOrDigit: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
      true
    default: false
    }
  }
}
