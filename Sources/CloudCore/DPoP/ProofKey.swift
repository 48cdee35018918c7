import Crypto
import DeviceProtocol

/// The public key of a proof, with the algorithm that goes with it (RFC 7518 §6, RFC 8037).
struct ProofKey: Sendable {
  private enum Key {
    case p256(P256.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)
  }

  /// What may sign a proof; asymmetric all.
  enum Algorithm: String, CaseIterable {
    case es256 = "ES256"
    case edDSA = "EdDSA"
  }

  private let key: Key
  /// SHA-256 of the key as a JWK with its required members in order (RFC 7638).
  let thumbprint: Bytes32

  /// Those of private and of symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
  private static let secretMembers: [StaticString] = [
    "d", "p", "q", "dp", "dq", "qi", "oth", "k",
  ]

  /// - Throws: `proofKey`: it is no public key of the algorithm, or it is a private one.
  init(jwk: JSONValue, for algorithm: Algorithm) throws(ProofRefusal) {
    guard Self.secretMembers.allSatisfy({ jwk[$0] == nil }) else {
      throw ProofRefusal(.proofKey)
    }
    let (type, curve): (StaticString, StaticString) =
      switch algorithm {
      case .es256: ("EC", "P-256")
      case .edDSA: ("OKP", "Ed25519")
      }
    guard jwk["kty"]?.isText("\(type)") == true, jwk["crv"]?.isText("\(curve)") == true,
      let x = Self.coordinate(jwk["x"])
    else { throw ProofRefusal(.proofKey) }
    var members: [JSONMember] = [
      JSONMember("crv", .text(curve)), JSONMember("kty", .text(type)),
      JSONMember("x", .string(Base64URL.encode(x))),
    ]
    switch algorithm {
    case .es256:
      guard let y = Self.coordinate(jwk["y"]),
        let key = try? P256.Signing.PublicKey(x963Representation: [4] + x + y)
      else { throw ProofRefusal(.proofKey) }
      self.key = .p256(key)
      members.append(JSONMember("y", .string(Base64URL.encode(y))))
    case .edDSA:
      guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else {
        throw ProofRefusal(.proofKey)
      }
      self.key = .ed25519(key)
    }
    self.thumbprint = Bytes32(SHA256.hash(data: JSONValue.object(members).bytes))
  }

  private static func coordinate(_ value: JSONValue?) -> [UInt8]? {
    guard let text = value?.stringBytes, let bytes = Base64URL.decode(text), bytes.count == 32
    else { return nil }
    return bytes
  }

  func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    switch self.key {
    case .p256(let key):
      guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else {
        return false
      }
      return key.isValidSignature(signature, for: message)
    case .ed25519(let key):
      return signature.count == 64 && key.isValidSignature(signature, for: message)
    }
  }
}
