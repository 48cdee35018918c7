package import DeviceProtocol

/// Finds tokens in text off line: in a log, a dump, an image of a disk. It knows them by their prefix and
/// checksum, JWT access tokens by their shape.
/// The text comes in pieces of any size; what is kept of it is bounded.
package struct TokenScanner: Sendable {
  package enum Kind: Equatable, Sendable {
    case token(TokenPrefix)
    case accessJWT

    package var word: String {
      switch self {
      case .token(let prefix): prefix.word
      case .accessJWT: "access_jwt"
      }
    }
  }

  package struct Finding: Equatable, Sendable {
    package let kind: Kind
    /// From 1.
    package let line: Int
    /// Of its first byte in the line, in bytes, from 1.
    package let column: Int
    /// Its prefix and the four characters after it: no more of it is ever shown.
    package let shortened: String
  }

  /// A longer run of a token's characters is no token; access tokens have some 200.
  private static let longestPrefixedByteCount = 1_024
  /// Of a token of any kind.
  static let longestByteCount = max(Self.longestPrefixedByteCount, JSONWebToken.longestByteCount)
  /// The shortest payload is a pairing token's.
  private static let leastPayloadByteCount = 16

  /// What may be the beginning of a token that ends in the next piece.
  private var carry: [UInt8] = []
  private var line = 1
  private var column = 1

  package init() {}

  /// - Parameter isLast: Whether nothing follows.
  /// - Returns: What ends in this piece, in the order of the text.
  package mutating func scan(_ piece: [UInt8], isLast: Bool = false) -> [Finding] {
    let bytes = self.carry.isEmpty ? piece : self.carry + piece
    let limit = isLast ? bytes.count : max(0, bytes.count - Self.longestByteCount)
    var findings: [Finding] = []
    var index = 0
    bytes.withUnsafeBufferPointer { text in
      while index < limit {
        switch text[index] {
        case UInt8(ascii: "r"), UInt8(ascii: "e"):
          if let (kind, byteCount) = Self.found(at: index, in: text) {
            findings.append(
              Finding(
                kind: kind, line: self.line, column: self.column,
                shortened: Self.shortened(Array(text[index..<(index + byteCount)]))))
            self.column += byteCount
            index += byteCount
            continue
          }
          self.column += 1
        case UInt8(ascii: "\n"):
          self.line += 1
          self.column = 1
        default: self.column += 1
        }
        index += 1
      }
    }
    // A token that was found may reach beyond the limit.
    self.carry = Array(bytes[index...])
    return findings
  }

  /// A token's text without its secret, such as `rlka_AQAB…`.
  ///
  /// - Parameter text: Of a token; of a JWT no more than four characters.
  package static func shortened(_ text: [UInt8]) -> String {
    let prefix = text.prefix(8).firstIndex(of: UInt8(ascii: "_")) ?? -1
    let end = min(prefix + 5, text.count)
    return String(decoding: text[..<end], as: UTF8.self) + "…"
  }

  private static func found(
    at start: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> (Kind, byteCount: Int)? {
    if text[start] == UInt8(ascii: "e") {
      return self.accessJWTByteCount(at: start, in: text).map { (.accessJWT, $0) }
    }
    return self.token(at: start, in: text).map { (.token($0), $1) }
  }

  private static func token(
    at start: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> (TokenPrefix, byteCount: Int)? {
    for prefix in TokenPrefix.allCases {
      let word = prefix.bytes
      let payload = start + word.count + 1
      guard payload < text.count, text[payload - 1] == UInt8(ascii: "_"),
        zip(text[start...], word).allSatisfy({ $0 == $1 })
      else { continue }
      var end = payload
      while end < text.count, end - start < self.longestPrefixedByteCount,
        self.isTokenByte(text[end])
      {
        end += 1
      }
      // What follows a token at once may look like more of it: the longest that is right counts.
      for end in TokenText.ends(of: Array(text[start..<end])).reversed() {
        let candidate = Array(text[start..<(start + end)])
        if let token = try? TokenText(parsing: candidate), token.prefix == prefix,
          token.payload.count >= self.leastPayloadByteCount
        {
          return (prefix, end)
        }
      }
      return nil
    }
    return nil
  }

  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
