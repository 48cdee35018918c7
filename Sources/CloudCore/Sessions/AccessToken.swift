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
  /// SHA-256 of the certificate that the token is bound to; 32 bytes, or nil for a bearer token.
  let certificateThumbprint: [UInt8]?
}

/// The claims as bytes: version, kind, flags (1 byte each), session, account (16 each), device (16,
/// if flagged), generation, issued, expires, five epochs (8 each, big-endian), thumbprint (32, if
/// flagged), and HMAC-SHA256 over all of it (32).
extension AccessTokenClaims {
  private static let version: UInt8 = 1
  private static let deviceFlag: UInt8 = 1
  private static let thumbprintFlag: UInt8 = 2

  func sealed(with keys: TokenKeys) -> Secret {
    var bytes = [Self.version, self.kind.tokenCode, 0]
    bytes.append(uuid: self.session.text)
    bytes.append(uuid: self.account.text)
    if let device = self.device {
      bytes[2] |= Self.deviceFlag
      bytes.append(uuid: device.text)
    }
    for number in [
      self.generation, self.issuedAt.value, self.expiresAt.value, self.epochs.everyone,
      self.epochs.kind, self.epochs.account, self.epochs.device, self.epochs.session,
    ] {
      bytes.append(bigEndian: number)
    }
    if let thumbprint = self.certificateThumbprint {
      bytes[2] |= Self.thumbprintFlag
      bytes += thumbprint
    }
    bytes += HMAC<SHA256>.authenticationCode(for: bytes, using: keys.accessTokenMAC)
    return TokenPrefix.access.token(of: bytes)
  }

  /// Nil unless these keys sealed it.
  init?(unsealing token: Secret, with keys: TokenKeys) {
    guard let bytes = TokenPrefix.access.bytes(of: token), bytes.count > SHA256.byteCount,
      HMAC<SHA256>.isValidAuthenticationCode(
        bytes.suffix(SHA256.byteCount), authenticating: bytes.dropLast(SHA256.byteCount),
        using: keys.accessTokenMAC)
    else { return nil }
    var reader = ByteReader(bytes.dropLast(SHA256.byteCount))
    guard reader.uint8() == Self.version,
      let kind = reader.uint8().flatMap(ClientKind.init(tokenCode:)),
      let flags = reader.uint8(),
      let session = reader.uuid(), let account = reader.uuid()
    else { return nil }
    let device = flags & Self.deviceFlag == 0 ? nil : reader.uuid()
    var numbers: [UInt64] = []
    while numbers.count < 8, let number = reader.uint64() { numbers.append(number) }
    let thumbprint = flags & Self.thumbprintFlag == 0 ? nil : reader.bytes(32)
    guard numbers.count == 8, reader.isAtEnd else { return nil }
    self.init(
      kind: kind, session: SessionID(session), account: AccountID(account),
      device: device.map { DeviceID($0) }, generation: numbers[0],
      issuedAt: UnixMilliseconds(numbers[1]), expiresAt: UnixMilliseconds(numbers[2]),
      epochs: EpochReading(
        everyone: numbers[3], kind: numbers[4], account: numbers[5], device: numbers[6],
        session: numbers[7]),
      certificateThumbprint: thumbprint)
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
