import Crypto
import DeviceProtocol

/// The cloud's nonces for proofs (RFC 9449 §8). None is kept: each says when it was made, under a
/// key of this run of the cloud. The text is base64url of a count (8 bytes), the time in
/// milliseconds (8, big-endian both), and the first 16 bytes of an HMAC-SHA256 over them.
struct ProofNonces: Sendable {
  enum Standing {
    case fresh
    /// Good, but in the second half of its life.
    case ageing
    /// Garbled, of another run, too old, or dropped.
    case unknown
  }

  private let key: MACKey
  private let lifeMilliseconds: UInt64
  private var dropCount: UInt64 = 0

  private static let tagByteCount = 16

  init(seconds: UInt32, random: inout some RandomNumberGenerator) {
    self.key = MACKey(SymmetricKey(data: randomBytes(MACKey.byteCount, from: &random)))
    self.lifeMilliseconds = UInt64(seconds) * 1_000
  }

  /// From now on none that was given before is good.
  mutating func dropAll() { self.dropCount += 1 }

  func nonce(at now: UnixMilliseconds) -> String {
    var bytes: [UInt8] = []
    bytes.append(bigEndian: self.dropCount)
    bytes.append(bigEndian: now.value)
    bytes += self.key.code(of: bytes[...]).bytes.prefix(Self.tagByteCount)
    return String(decoding: Base64URL.encode(bytes), as: UTF8.self)
  }

  func standing(of nonce: String, at now: UnixMilliseconds) -> Standing {
    guard let bytes = Base64URL.decode(Array(nonce.utf8)), bytes.count == 16 + Self.tagByteCount,
      self.key.isBeginning(bytes.suffix(Self.tagByteCount), ofCodeOf: bytes.prefix(16))
    else { return .unknown }
    var reader = ByteReader(bytes.prefix(16))
    guard reader.uint64() == self.dropCount, let made = reader.uint64() else { return .unknown }
    let age = now.milliseconds(since: UnixMilliseconds(made))
    guard age <= self.lifeMilliseconds else { return .unknown }
    return age * 2 > self.lifeMilliseconds ? .ageing : .fresh
  }
}
