import DeviceProtocol

/// A refresh token: version (1 byte), session (16), generation (8, big-endian), secret (32) and the
/// first 16 bytes of an HMAC-SHA256 over all of that. The tag tells an old token that was once
/// genuine from a forged one although only the hashes of the last two are stored.
struct RefreshToken: Sendable {
  let session: SessionID
  let generation: UInt64
  let text: Secret
  /// What the store keeps.
  let hash: TokenHash
  /// All of it, tag included.
  private let bytes: [UInt8]

  private static let version: UInt8 = 1
  private static let secretByteCount = 32
  private static let tagByteCount = 16

  /// The first of a session.
  init(session: SessionID, keys: TokenKeys, random: inout some RandomNumberGenerator) {
    self.init(
      session: session, generation: 1, secret: Bytes32(random: &random), keys: keys)
  }

  /// The token that replaces this one. The same nonce gives the same successor: whoever presents
  /// this token can be given it again, while the database, which has the nonce, yields nothing.
  func successor(nonce: Bytes32, keys: TokenKeys) -> RefreshToken {
    RefreshToken(
      session: self.session, generation: self.generation + 1,
      secret: keys.successor.code(of: self.bytes[...], then: nonce), keys: keys)
  }

  /// Nil unless these keys made it.
  init?(parsing text: Secret, keys: TokenKeys) {
    guard let bytes = TokenPrefix.refresh.bytes(of: text) else { return nil }
    let untagged = bytes.dropLast(Self.tagByteCount)
    var reader = ByteReader(untagged)
    guard
      reader.uint8() == Self.version, let session = reader.uuid(),
      let generation = reader.uint64(), generation < .max,
      reader.skip(Self.secretByteCount), reader.isAtEnd,
      keys.refreshTokenTag.isBeginning(bytes.suffix(Self.tagByteCount), ofCodeOf: untagged)
    else { return nil }
    self.init(
      session: SessionID(bits: session), generation: generation, bytes: bytes, text: text)
  }

  private init(session: SessionID, generation: UInt64, secret: Bytes32, keys: TokenKeys) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1 + 16 + 8 + Self.secretByteCount + Self.tagByteCount)
    bytes.append(Self.version)
    bytes.append(session.bits)
    bytes.append(bigEndian: generation)
    secret.withUnsafeBytes { bytes.append(contentsOf: $0) }
    keys.refreshTokenTag.code(of: bytes[...]).withUnsafeBytes {
      bytes.append(contentsOf: $0.prefix(Self.tagByteCount))
    }
    self.init(
      session: session, generation: generation, bytes: bytes,
      text: TokenPrefix.refresh.token(of: bytes))
  }

  private init(session: SessionID, generation: UInt64, bytes: [UInt8], text: Secret) {
    self.session = session
    self.generation = generation
    self.bytes = bytes
    self.text = text
    self.hash = TokenHash(of: bytes)
  }
}
