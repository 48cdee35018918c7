import Crypto

/// The cloud's three secret keys. They are kept beside the database, never in it: the database
/// alone yields no token.
package struct TokenKeys: Sendable, Redacted {
  /// Of `bytes`.
  package static let byteCount = 96

  let accessTokenMAC: SymmetricKey
  let refreshTokenTag: SymmetricKey
  let successor: SymmetricKey

  /// - Parameter bytes: Exactly 96 random bytes; nil otherwise.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.accessTokenMAC = SymmetricKey(data: bytes[0..<32])
    self.refreshTokenTag = SymmetricKey(data: bytes[32..<64])
    self.successor = SymmetricKey(data: bytes[64..<96])
  }

  /// New keys.
  package init(random: inout some RandomNumberGenerator) {
    self.accessTokenMAC = SymmetricKey(data: randomBytes(32, from: &random))
    self.refreshTokenTag = SymmetricKey(data: randomBytes(32, from: &random))
    self.successor = SymmetricKey(data: randomBytes(32, from: &random))
  }

  /// What to keep, in a file that only the cloud can read.
  package var bytes: [UInt8] {
    [self.accessTokenMAC, self.refreshTokenTag, self.successor].flatMap { key in
      key.withUnsafeBytes { Array($0) }
    }
  }
}
