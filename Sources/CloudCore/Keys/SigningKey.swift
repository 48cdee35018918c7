import Crypto
import DeviceProtocol

/// Makes ES256 signatures. Behind an interface, because the one that lasts draws random numbers of its
/// own: whoever needs the same bytes each time brings another.
package protocol TokenSigner: Sendable {
  /// - Parameter privateKey: 32 bytes.
  /// - Returns: r and s, 32 bytes each (RFC 7518 §3.4); nil for bytes that are no key.
  func signature(of message: [UInt8], privateKey: [UInt8]) -> [UInt8]?
}

package struct ES256Signer: TokenSigner {
  package init() {}

  package func signature(of message: [UInt8], privateKey: [UInt8]) -> [UInt8]? {
    guard let key = try? P256.Signing.PrivateKey(rawRepresentation: privateKey),
      let signature = try? key.signature(for: message)
    else { return nil }
    return Array(signature.rawRepresentation)
  }
}

extension SigningKeyRecord {
  /// A new one.
  init(
    keys: TokenKeys, sequence: UInt64, createdAt: UnixMilliseconds, signsFrom: UnixMilliseconds,
    longestTokenSeconds: UInt32, random: inout some RandomNumberGenerator
  ) {
    // Nearly every 32 bytes are a key; the others are drawn again.
    var bytes = randomBytes(32, from: &random)
    var key = try? P256.Signing.PrivateKey(rawRepresentation: bytes)
    while key == nil {
      bytes = randomBytes(32, from: &random)
      key = try? P256.Signing.PrivateKey(rawRepresentation: bytes)
    }
    let publicKey = key.map { Array($0.publicKey.rawRepresentation) } ?? []
    self.init(
      id: Self.thumbprint(of: publicKey), sequence: sequence, publicKey: publicKey,
      sealedPrivateKey: keys.sealed(
        bytes, beside: publicKey, nonce: randomBytes(12, from: &random)),
      createdAt: createdAt, signsFrom: signsFrom, longestTokenSeconds: longestTokenSeconds)
  }

  /// RFC 7638 §3: the required members, sorted, without white space.
  static func thumbprint(of publicKey: [UInt8]) -> String {
    let (x, y) = Self.coordinates(of: publicKey)
    let text = #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
    return base64URLText(Array(SHA256.hash(data: Array(text.utf8))))
  }

  private static func coordinates(of publicKey: [UInt8]) -> (x: String, y: String) {
    (base64URLText(Array(publicKey.prefix(32))), base64URLText(Array(publicKey.dropFirst(32))))
  }

  /// As in a JWK (RFC 7518 §6.2.1).
  package var coordinates: (x: String, y: String) { Self.coordinates(of: self.publicKey) }

  /// Nil when these keys have not sealed it, or not beside this public key: the database alone makes
  /// no key that is believed.
  func privateKey(opening keys: TokenKeys) -> [UInt8]? {
    keys.opened(self.sealedPrivateKey, beside: self.publicKey)
  }

  func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard let key = try? P256.Signing.PublicKey(rawRepresentation: self.publicKey),
      let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
    else { return false }
    return key.isValidSignature(signature, for: message)
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
