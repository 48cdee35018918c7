import Crypto
import CryptoExtras

/// What access tokens are signed by, as RFC 7518 §3.1 names it. RFC 9068 §2.1 wants RS256 of everybody;
/// the signatures of ES256 are a quarter as long, and sooner made.
package enum SigningAlgorithm: String, Equatable, Sendable, CaseIterable {
  /// ECDSA on P-256 with SHA-256.
  case es256 = "ES256"
  /// RSASSA-PKCS1-v1_5 with SHA-256, by keys of 2,048 bits.
  case rs256 = "RS256"
}

/// The public half of a signing key, as a JWK has it; each number in base64url.
package enum PublicKeyNumbers: Equatable, Sendable {
  /// A point of P-256 (RFC 7518 §6.2.1).
  case point(x: String, y: String)
  /// The modulus and the exponent (RFC 7518 §6.3.1).
  case rsa(n: String, e: String)

  /// RFC 7638 §3: the required members, sorted, without white space.
  var thumbprint: String {
    let text =
      switch self {
      case .point(let x, let y): #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
      case .rsa(let n, let e): #"{"e":"\#(e)","kty":"RSA","n":"\#(n)"}"#
      }
    return base64URLText(Array(SHA256.hash(data: Array(text.utf8))))
  }
}

extension SigningAlgorithm {
  /// Of a modulus of 2,048 bits, whose highest one is set.
  private static let modulusByteCount = 256

  /// RFC 7518 §3.3 and §3.4.
  var signatureByteCount: Int {
    switch self {
    case .es256: 64
    case .rs256: Self.modulusByteCount
    }
  }

  /// - Parameter publicKey: x and y, 32 bytes each; or n, 256 bytes, and e.
  func numbers(of publicKey: [UInt8]) -> PublicKeyNumbers {
    func halves(at count: Int) -> (String, String) {
      (
        base64URLText(Array(publicKey.prefix(count))),
        base64URLText(Array(publicKey.dropFirst(count)))
      )
    }
    switch self {
    case .es256:
      let (x, y) = halves(at: 32)
      return .point(x: x, y: y)
    case .rs256:
      let (n, e) = halves(at: Self.modulusByteCount)
      return .rsa(n: n, e: e)
    }
  }

  /// False also for bytes that are no key of this algorithm, or no signature.
  ///
  /// - Parameter publicKey: As for `numbers`.
  func verifies(_ signature: [UInt8], of message: [UInt8], publicKey: [UInt8]) -> Bool {
    switch self {
    case .es256:
      guard let key = try? P256.Signing.PublicKey(rawRepresentation: publicKey),
        let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
      else { return false }
      return key.isValidSignature(signature, for: message)
    case .rs256:
      guard
        let key = try? _RSA.Signing.PublicKey(
          n: publicKey.prefix(Self.modulusByteCount),
          e: publicKey.dropFirst(Self.modulusByteCount))
      else { return false }
      return key.isValidSignature(
        _RSA.Signing.RSASignature(rawRepresentation: signature), for: message,
        padding: .insecurePKCS1v1_5)
    }
  }
}

/// Both halves of a key that has signed nothing yet, in the clear.
package struct SigningKeyPair: Sendable, Redacted {
  package let algorithm: SigningAlgorithm
  /// As for `SigningAlgorithm.numbers`.
  let publicKey: [UInt8]
  /// 32 bytes; of an RSA key its PKCS #1 in DER.
  let privateKey: [UInt8]

  package static func es256(random: inout some RandomNumberGenerator) -> SigningKeyPair {
    // Nearly every 32 bytes are a key; the others are drawn again.
    while true {
      let bytes = randomBytes(32, from: &random)
      guard let key = try? P256.Signing.PrivateKey(rawRepresentation: bytes) else { continue }
      return SigningKeyPair(
        algorithm: .es256, publicKey: Array(key.publicKey.rawRepresentation), privateKey: bytes)
    }
  }

  /// Draws the system's random numbers, and takes up to a second: nothing for a transaction.
  package static func rs256() throws -> SigningKeyPair {
    let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    let numbers = try key.publicKey.getKeyPrimitives()
    return SigningKeyPair(
      algorithm: .rs256, publicKey: Array(numbers.modulus + numbers.publicExponent),
      privateKey: Array(key.derRepresentation))
  }
}
