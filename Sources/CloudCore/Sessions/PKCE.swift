import Crypto
import DeviceProtocol

/// Proof Key for Code Exchange (RFC 7636), S256 only.
enum PKCE {
  /// Whether it could be the base64url text of a SHA-256, 43 characters.
  static func isChallenge(_ text: String) -> Bool {
    Base64URL.decode(Array(text.utf8))?.count == 32
  }

  /// - Parameter verifier: 43–128 unreserved characters (§4.1), or it does not verify.
  static func verify(_ verifier: Secret, challenge: String) -> Bool {
    let bytes = Array(verifier.text.utf8)
    guard (43...128).contains(bytes.count), bytes.allSatisfy(self.isUnreserved) else {
      return false
    }
    return Base64URL.encode(Array(SHA256.hash(data: bytes))).elementsEqual(challenge.utf8)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: Array("-._~".utf8).contains(byte)
    }
  }
}
