import Crypto

/// The cloud's three secret keys. They are kept beside the database, never in it: the database
/// alone yields no token. An object, since it is handed on with each request.
package final class TokenKeys: Sendable, Redacted {
  /// Of `bytes`.
  package static let byteCount = 96

  let accessTokenMAC: MACKey
  let refreshTokenTag: MACKey
  let successor: MACKey

  /// - Parameter bytes: Exactly 96 random bytes; nil otherwise.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.accessTokenMAC = MACKey(SymmetricKey(data: bytes[0..<32]))
    self.refreshTokenTag = MACKey(SymmetricKey(data: bytes[32..<64]))
    self.successor = MACKey(SymmetricKey(data: bytes[64..<96]))
  }

  /// New keys.
  package init(random: inout some RandomNumberGenerator) {
    self.accessTokenMAC = MACKey(SymmetricKey(data: randomBytes(32, from: &random)))
    self.refreshTokenTag = MACKey(SymmetricKey(data: randomBytes(32, from: &random)))
    self.successor = MACKey(SymmetricKey(data: randomBytes(32, from: &random)))
  }

  /// What to keep, in a file that only the cloud can read.
  package var bytes: [UInt8] {
    [self.accessTokenMAC, self.refreshTokenTag, self.successor].flatMap { mac in
      mac.key.withUnsafeBytes { Array($0) }
    }
  }
}
