import Crypto

/// The cloud's three secret keys, and what is derived from them. They are kept beside the database, never in it: the database
/// alone yields no token. An object, since it is handed on with each request.
package final class TokenKeys: Sendable, Redacted {
  /// Of `bytes`.
  package static let byteCount = 96

  let accessTokenMAC: MACKey
  let refreshTokenTag: MACKey
  let successor: MACKey
  /// Of the codes that people type. Derived.
  let userCodes: MACKey
  /// Of the keys that sign tokens, which lie in the database. Derived.
  let sealing: SymmetricKey

  /// - Parameter bytes: Exactly 96 random bytes; nil otherwise.
  package convenience init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.init(
      accessTokenMAC: SymmetricKey(data: bytes[0..<32]),
      refreshTokenTag: SymmetricKey(data: bytes[32..<64]),
      successor: SymmetricKey(data: bytes[64..<96]))
  }

  /// New keys.
  package convenience init(random: inout some RandomNumberGenerator) {
    self.init(
      accessTokenMAC: SymmetricKey(data: randomBytes(32, from: &random)),
      refreshTokenTag: SymmetricKey(data: randomBytes(32, from: &random)),
      successor: SymmetricKey(data: randomBytes(32, from: &random)))
  }

  private init(
    accessTokenMAC: SymmetricKey, refreshTokenTag: SymmetricKey, successor: SymmetricKey
  ) {
    self.accessTokenMAC = MACKey(accessTokenMAC)
    self.refreshTokenTag = MACKey(refreshTokenTag)
    self.successor = MACKey(successor)
    self.userCodes = MACKey(Self.derived(from: successor, for: "relink user codes"))
    self.sealing = Self.derived(from: successor, for: "relink signing keys")
  }

  private static func derived(from key: SymmetricKey, for purpose: String) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key, info: Array(purpose.utf8), outputByteCount: MACKey.byteCount)
  }

  /// What to keep, in a file that only the cloud can read.
  package var bytes: [UInt8] {
    [self.accessTokenMAC, self.refreshTokenTag, self.successor].flatMap { mac in
      mac.key.withUnsafeBytes { Array($0) }
    }
  }
}
