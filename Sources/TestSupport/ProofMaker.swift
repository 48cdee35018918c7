package import Crypto
package import DeviceProtocol

/// Makes DPoP proofs as a client does (RFC 9449 §4.2), and as none should.
package struct ProofMaker: Sendable {
  package enum Key: Sendable {
    case p256(P256.Signing.PrivateKey)
    case ed25519(Curve25519.Signing.PrivateKey)
  }

  package let key: Key

  package init(_ key: Key = .p256(P256.Signing.PrivateKey())) { self.key = key }

  package static func ed25519() -> ProofMaker {
    ProofMaker(.ed25519(Curve25519.Signing.PrivateKey()))
  }

  /// The public key as a JWK.
  package var jwk: [JSONMember] {
    switch self.key {
    case .p256(let key):
      let point = Array(key.publicKey.x963Representation)
      return [
        JSONMember("kty", .text("EC")), JSONMember("crv", .text("P-256")),
        JSONMember("x", .string(Base64URL.encode(Array(point[1..<33])))),
        JSONMember("y", .string(Base64URL.encode(Array(point[33...])))),
      ]
    case .ed25519(let key):
      return [
        JSONMember("kty", .text("OKP")), JSONMember("crv", .text("Ed25519")),
        JSONMember("x", .string(Base64URL.encode(Array(key.publicKey.rawRepresentation)))),
      ]
    }
  }

  /// What a proof's header and claims are, for a test to spoil.
  package struct Parts: Sendable {
    package var header: [JSONMember]
    package var claims: [JSONMember]

    package mutating func set(header name: StaticString, _ value: JSONValue?) {
      Self.set(name, value, in: &self.header)
    }

    package mutating func set(claim name: StaticString, _ value: JSONValue?) {
      Self.set(name, value, in: &self.claims)
    }

    private static func set(
      _ name: StaticString, _ value: JSONValue?, in members: inout [JSONMember]
    ) {
      members.removeAll { $0.key == Array("\(name)".utf8) }
      if let value { members.append(JSONMember(name, value)) }
    }
  }

  /// - Parameter now: Its `iat`, in whole seconds.
  package func proof(
    _ method: String, _ uri: String, at now: UnixMilliseconds, id: String? = nil,
    accessToken: String? = nil, nonce: String? = nil, spoil: (inout Parts) -> Void = { _ in }
  ) -> String {
    let algorithm: StaticString =
      switch self.key {
      case .p256: "ES256"
      case .ed25519: "EdDSA"
      }
    var parts = Parts(
      header: [
        JSONMember("typ", .text("dpop+jwt")), JSONMember("alg", .text(algorithm)),
        JSONMember("jwk", .object(self.jwk)),
      ],
      claims: [
        JSONMember("jti", .string(Array((id ?? Self.newID()).utf8))),
        JSONMember("htm", .string(Array(method.utf8))),
        JSONMember("htu", .string(Array(uri.utf8))),
        JSONMember("iat", .integer(Int64(now.value / 1_000))),
      ])
    if let accessToken {
      let hash = Array(SHA256.hash(data: Array(accessToken.utf8)))
      parts.set(claim: "ath", .string(Base64URL.encode(hash)))
    }
    if let nonce { parts.set(claim: "nonce", .string(Array(nonce.utf8))) }
    spoil(&parts)
    return self.signed(parts)
  }

  /// The proof of these parts, as they are.
  package func signed(_ parts: Parts) -> String {
    let input =
      Base64URL.encode(JSONValue.object(parts.header).bytes) + [UInt8(ascii: ".")]
      + Base64URL.encode(JSONValue.object(parts.claims).bytes)
    let text = input + [UInt8(ascii: ".")] + Base64URL.encode(self.signature(of: input))
    return String(decoding: text, as: UTF8.self)
  }

  private func signature(of input: [UInt8]) -> [UInt8] {
    // Signing fails for no input; an empty signature fails the test that wanted one.
    switch self.key {
    case .p256(let key): (try? key.signature(for: input)).map { Array($0.rawRepresentation) } ?? []
    case .ed25519(let key): (try? key.signature(for: input)).map { Array($0) } ?? []
    }
  }

  private static func newID() -> String {
    let number = UInt64.random(in: 0...(.max))
    return String(number, radix: 36)
  }
}
