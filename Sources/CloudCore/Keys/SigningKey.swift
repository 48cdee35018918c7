import Crypto
import CryptoExtras
import DeviceProtocol

/// Makes signatures. Behind an interface, because the one that lasts draws random numbers of its own:
/// whoever needs the same bytes each time brings another.
package protocol TokenSigner: Sendable {
  /// - Parameter privateKey: As in `SigningKeyPair`.
  /// - Returns: r and s, 32 bytes each (RFC 7518 §3.4), or 256 bytes (§3.3); nil for bytes that are no
  ///   key of this algorithm.
  func signature(
    of message: [UInt8], by algorithm: SigningAlgorithm, privateKey: [UInt8]
  ) -> [UInt8]?
}

package struct SystemTokenSigner: TokenSigner {
  package init() {}

  package func signature(
    of message: [UInt8], by algorithm: SigningAlgorithm, privateKey: [UInt8]
  ) -> [UInt8]? {
    switch algorithm {
    case .es256:
      let key = try? P256.Signing.PrivateKey(rawRepresentation: privateKey)
      return (try? key?.signature(for: message)).map { Array($0.rawRepresentation) }
    case .rs256:
      let key = try? _RSA.Signing.PrivateKey(derRepresentation: privateKey)
      return (try? key?.signature(for: message, padding: .insecurePKCS1v1_5)).map {
        Array($0.rawRepresentation)
      }
    }
  }
}

extension SigningKeyRecord {
  /// A new one.
  init(
    _ pair: SigningKeyPair, keys: TokenKeys, sequence: UInt64, createdAt: UnixMilliseconds,
    signsFrom: UnixMilliseconds, longestTokenSeconds: UInt32,
    random: inout some RandomNumberGenerator
  ) {
    self.init(
      id: pair.algorithm.numbers(of: pair.publicKey).thumbprint, sequence: sequence,
      algorithm: pair.algorithm, publicKey: pair.publicKey,
      sealedPrivateKey: keys.sealed(
        pair.privateKey, beside: pair.publicKey, nonce: randomBytes(12, from: &random)),
      createdAt: createdAt, signsFrom: signsFrom, longestTokenSeconds: longestTokenSeconds)
  }

  /// As in a JWK.
  package var numbers: PublicKeyNumbers { self.algorithm.numbers(of: self.publicKey) }

  /// Nil when these keys have not sealed it, or not beside this public key: the database alone makes
  /// no key that is believed.
  func privateKey(opening keys: TokenKeys) -> [UInt8]? {
    keys.opened(self.sealedPrivateKey, beside: self.publicKey)
  }

  func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    self.algorithm.verifies(signature, of: message, publicKey: self.publicKey)
  }
}

/// - Returns: Base64url without padding.
func base64URLText(_ bytes: [UInt8]) -> String {
  String(decoding: Base64URL.encode(bytes), as: UTF8.self)
}

extension TokenKeys {
  /// - Parameter nonce: 12 bytes, never the same twice.
  func sealed(_ secret: [UInt8], beside data: [UInt8], nonce: [UInt8]) -> [UInt8] {
    guard let nonce = try? AES.GCM.Nonce(data: nonce),
      let box = try? AES.GCM.seal(secret, using: self.sealing, nonce: nonce, authenticating: data),
      let combined = box.combined
    else { return [] }
    return Array(combined)
  }

  func opened(_ box: [UInt8], beside data: [UInt8]) -> [UInt8]? {
    guard let box = try? AES.GCM.SealedBox(combined: box),
      let secret = try? AES.GCM.open(box, using: self.sealing, authenticating: data)
    else { return nil }
    return Array(secret)
  }
}
