import Crypto

/// The keys of sign-in. Kept beside the database, as `TokenKeys` are, and apart from those: they
/// outlive a change of the token keys, since what they seal can't be made again.
package final class SignInKeys: Sendable, Redacted {
  /// Of `bytes`.
  package static let byteCount = 96

  /// Seals the secrets of second factors.
  let seal: SymmetricKey
  let browserMark: MACKey
  let loginTicket: MACKey

  /// - Parameter bytes: Exactly 96 random bytes; nil otherwise.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.seal = SymmetricKey(data: bytes[0..<32])
    self.browserMark = MACKey(SymmetricKey(data: bytes[32..<64]))
    self.loginTicket = MACKey(SymmetricKey(data: bytes[64..<96]))
  }

  /// New keys.
  package convenience init(random: inout some RandomNumberGenerator) {
    // As many as are needed.
    self.init(bytes: randomBytes(Self.byteCount, from: &random))!
  }

  /// For a cloud that keeps none: as secret as the token keys are, and gone with them.
  convenience init(of keys: TokenKeys) {
    let labels: [String] = ["second factor", "browser mark", "login ticket"]
    self.init(
      bytes: labels.flatMap { label in
        keys.successor.code(of: Array("sign-in: \(label)".utf8)[...]).bytes
      })!
  }

  /// What to keep, in a file that only the cloud can read.
  package var bytes: [UInt8] {
    [self.seal, self.browserMark.key, self.loginTicket.key].flatMap { key in
      key.withUnsafeBytes { Array($0) }
    }
  }
}
