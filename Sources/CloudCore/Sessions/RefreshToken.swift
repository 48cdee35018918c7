import DeviceProtocol

/// A refresh token: version (1 byte), session (16), generation (8, big-endian), when it was minted
/// (8) and after how many cut-offs (8), secret (32) and the first 16 bytes of an HMAC-SHA256 over all
/// of that. The tag tells an old token that was once genuine from a forged one although only the
/// hashes of the last two are stored.
///
/// Those of version 1, which are still taken, do not say when they were minted.
struct RefreshToken: Sendable {
  let session: SessionID
  let generation: UInt64
  /// Nil in version 1.
  let minted: MintMark?
  let text: Secret
  /// What the store keeps.
  let hash: TokenHash
  /// All of it, tag included.
  private let bytes: [UInt8]

  private static let secretByteCount = 32
  private static let tagByteCount = 16

  /// The first of a session.
  init(
    session: SessionID, minted: MintMark, keys: TokenKeys, random: inout some RandomNumberGenerator
  ) {
    self.init(
      session: session, generation: 1, minted: minted, secret: Bytes32(random: &random),
      keys: keys)
  }

  /// The token that replaces this one. The same nonce and mark give the same successor: whoever
  /// presents this token can be given it again, while the database, which has both, yields nothing.
  ///
  /// - Parameter minted: Nil for one of version 1.
  func successor(nonce: Bytes32, minted: MintMark?, keys: TokenKeys) -> RefreshToken {
    RefreshToken(
      session: self.session, generation: self.generation + 1, minted: minted,
      secret: keys.successor.code(of: self.bytes[...], then: nonce), keys: keys)
  }

  /// The live token of the session, whose predecessor this is, made again.
  ///
  /// - Returns: Nil if that can't be made of this one: no other is ever handed out in its place.
  func successor(of session: Session, nonce: Bytes32, keys: TokenKeys) -> RefreshToken? {
    // Without a mark: as version 1 made it.
    [session.liveMint, nil].lazy
      .map { self.successor(nonce: nonce, minted: $0, keys: keys) }
      .first { $0.hash == session.liveHash }
  }

  /// What is known of its minting. Of a former token of version 1 no more than that it is not older
  /// than its session.
  func minted(in session: Session) -> MintMark {
    if let minted = self.minted { return minted }
    return self.hash == session.liveHash
      ? session.liveMint
      : MintMark(at: session.createdAt, cutOffs: 0)
  }

  /// Nil unless these keys made it.
  init?(parsing text: Secret, keys: TokenKeys) {
    guard let bytes = TokenPrefix.refresh.bytes(of: text) else { return nil }
    let untagged = bytes.dropLast(Self.tagByteCount)
    var reader = ByteReader(untagged)
    guard let version = reader.uint8(), version == 1 || version == 2,
      let session = reader.uuid(), let generation = reader.uint64(), generation < .max
    else { return nil }
    var minted: MintMark?
    if version == 2 {
      guard let at = reader.uint64(), let cutOffs = reader.uint64() else { return nil }
      minted = MintMark(at: UnixMilliseconds(at), cutOffs: cutOffs)
    }
    guard reader.skip(Self.secretByteCount), reader.isAtEnd,
      keys.refreshTokenTag.isBeginning(bytes.suffix(Self.tagByteCount), ofCodeOf: untagged)
    else { return nil }
    self.init(
      session: SessionID(bits: session), generation: generation, minted: minted, bytes: bytes,
      text: text)
  }

  private init(
    session: SessionID, generation: UInt64, minted: MintMark?, secret: Bytes32, keys: TokenKeys
  ) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1 + 16 + 3 * 8 + Self.secretByteCount + Self.tagByteCount)
    bytes.append(minted == nil ? 1 : 2)
    bytes.append(session.bits)
    bytes.append(bigEndian: generation)
    if let minted {
      bytes.append(bigEndian: minted.at.value)
      bytes.append(bigEndian: minted.cutOffs)
    }
    secret.withUnsafeBytes { bytes.append(contentsOf: $0) }
    keys.refreshTokenTag.code(of: bytes[...]).withUnsafeBytes {
      bytes.append(contentsOf: $0.prefix(Self.tagByteCount))
    }
    self.init(
      session: session, generation: generation, minted: minted, bytes: bytes,
      text: TokenPrefix.refresh.token(of: bytes))
  }

  private init(
    session: SessionID, generation: UInt64, minted: MintMark?, bytes: [UInt8], text: Secret
  ) {
    self.session = session
    self.generation = generation
    self.minted = minted
    self.bytes = bytes
    self.text = text
    self.hash = TokenHash(of: bytes)
  }
}
