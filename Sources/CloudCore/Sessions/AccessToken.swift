import Crypto
import DeviceProtocol

/// What an access token says. It is authenticated by its MAC, so that checking it needs no lookup
/// of the token itself.
struct AccessTokenClaims: Equatable, Sendable {
  let kind: ClientKind
  let session: SessionID
  let account: AccountID
  /// Nil in an app's token.
  let device: DeviceID?
  let generation: UInt64
  let issuedAt: UnixMilliseconds
  let expiresAt: UnixMilliseconds
  let epochs: EpochReading
  /// See `AccessScope`.
  var accessMark: UInt64 = 0
  /// Nil for a bearer token.
  let binding: TokenBinding?
}

/// The claims as bytes: version, kind, flags (1 byte each), session, account (16 each), device (16,
/// if flagged), generation, issued, expires, five epochs (8 each, big-endian), the mark (8, if flagged,
/// else it is 0), the epochs of the region and of cut-offs (8 each, if flagged; else both are 0) and
/// thumbprint of what it is bound to (32, if one of the two flags of bindings is set). An opaque token
/// is these and an HMAC-SHA256 over all of it (32).
extension AccessTokenClaims {
  private static let version: UInt8 = 1
  private static let deviceFlag: UInt8 = 1
  private static let certificateFlag: UInt8 = 2
  private static let dpopFlag: UInt8 = 4
  private static let markFlag: UInt8 = 8
  /// A token without it is one of before there were regions and cut-offs, or could be.
  private static let furtherEpochsFlag: UInt8 = 16
  private static let longestByteCount = 3 + 3 * 16 + 11 * 8 + 32 + SHA256.byteCount

  /// With room for a MAC.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.longestByteCount)
    bytes.append(Self.version)
    bytes.append(self.kind.tokenCode)
    let hasFurtherEpochs = self.epochs.region != 0 || self.epochs.issuedBefore != 0
    bytes.append(
      (self.device == nil ? 0 : Self.deviceFlag) | (self.binding.map(Self.flag) ?? 0)
        | (self.accessMark == 0 ? 0 : Self.markFlag)
        | (hasFurtherEpochs ? Self.furtherEpochsFlag : 0))
    bytes.append(self.session.bits)
    bytes.append(self.account.bits)
    if let device = self.device { bytes.append(device.bits) }
    bytes.append(bigEndian: self.generation)
    bytes.append(bigEndian: self.issuedAt.value)
    bytes.append(bigEndian: self.expiresAt.value)
    bytes.append(bigEndian: self.epochs.everyone)
    bytes.append(bigEndian: self.epochs.kind)
    bytes.append(bigEndian: self.epochs.account)
    bytes.append(bigEndian: self.epochs.device)
    bytes.append(bigEndian: self.epochs.session)
    if self.accessMark > 0 { bytes.append(bigEndian: self.accessMark) }
    if hasFurtherEpochs {
      bytes.append(bigEndian: self.epochs.region)
      bytes.append(bigEndian: self.epochs.issuedBefore)
    }
    switch self.binding {
    case nil: break
    case .certificate(let thumbprint), .dpop(let thumbprint):
      thumbprint.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  func sealed(with keys: TokenKeys) -> Secret {
    var bytes = self.bytes
    keys.accessTokenMAC.code(of: bytes[...]).withUnsafeBytes { bytes.append(contentsOf: $0) }
    return TokenPrefix.access.token(of: bytes)
  }

  /// Nil unless these keys sealed it.
  init?(unsealing token: Secret, with keys: TokenKeys) {
    guard let bytes = TokenPrefix.access.bytes(of: token), bytes.count > SHA256.byteCount,
      keys.accessTokenMAC.isBeginning(
        bytes.suffix(SHA256.byteCount), ofCodeOf: bytes.dropLast(SHA256.byteCount))
    else { return nil }
    self.init(bytes: bytes.dropLast(SHA256.byteCount))
  }

  /// The token's identifier (`jti`): 16 bytes in base64url, the same for the same claims.
  var id: String {
    String(
      decoding: Base64URL.encode(Array(TokenHash(of: self.bytes).digest.bytes.prefix(16))),
      as: UTF8.self)
  }

  /// Of what was found to be authentic; nil unless it is of that shape.
  init?(bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes)
    guard reader.uint8() == Self.version,
      let kind = reader.uint8().flatMap(ClientKind.init(tokenCode:)),
      let flags = reader.uint8(),
      let session = reader.uuid(), let account = reader.uuid()
    else { return nil }
    let device = flags & Self.deviceFlag == 0 ? nil : reader.uuid()
    guard let generation = reader.uint64(), let issuedAt = reader.uint64(),
      let expiresAt = reader.uint64(), let everyone = reader.uint64(),
      let kindEpoch = reader.uint64(),
      let accountEpoch = reader.uint64(), let deviceEpoch = reader.uint64(),
      let sessionEpoch = reader.uint64()
    else { return nil }
    let mark = flags & Self.markFlag == 0 ? 0 : reader.uint64()
    var (region, issuedBefore): (UInt64, UInt64) = (0, 0)
    if flags & Self.furtherEpochsFlag != 0 {
      guard let first = reader.uint64(), let second = reader.uint64() else { return nil }
      (region, issuedBefore) = (first, second)
    }
    let binding: TokenBinding?
    let bindingFlags = flags & (Self.certificateFlag | Self.dpopFlag)
    switch bindingFlags {
    case 0: binding = nil
    case Self.certificateFlag: binding = reader.bytes32().map { .certificate($0) }
    case Self.dpopFlag: binding = reader.bytes32().map { .dpop($0) }
    default: return nil
    }
    guard reader.isAtEnd, let mark, (binding == nil) == (bindingFlags == 0) else { return nil }
    self.init(
      kind: kind, session: SessionID(bits: session), account: AccountID(bits: account),
      device: device.map { DeviceID(bits: $0) }, generation: generation,
      issuedAt: UnixMilliseconds(issuedAt), expiresAt: UnixMilliseconds(expiresAt),
      epochs: EpochReading(
        everyone: everyone, kind: kindEpoch, region: region, account: accountEpoch,
        device: deviceEpoch, session: sessionEpoch, issuedBefore: issuedBefore),
      accessMark: mark, binding: binding)
  }

  private static func flag(of binding: TokenBinding) -> UInt8 {
    switch binding {
    case .certificate: Self.certificateFlag
    case .dpop: Self.dpopFlag
    }
  }
}

extension ClientKind {
  /// In tokens and in the database; never changed.
  package var tokenCode: UInt8 {
    switch self {
    case .app: 0
    case .camera: 1
    case .scale: 2
    case .alexa: 3
    case .google: 4
    case .ifttt: 5
    }
  }

  package init?(tokenCode: UInt8) {
    guard let kind = Self.allCases.first(where: { $0.tokenCode == tokenCode }) else { return nil }
    self = kind
  }
}
