import Crypto
import DeviceProtocol

/// What a proof must be for.
package struct ProofTarget: Sendable {
  let method: String
  let uri: TargetURI?
  /// Of the access token that comes with it; nil at the token endpoint.
  let accessTokenHash: [UInt8]?

  /// - Parameters:
  ///   - method: Of the request, as it was sent.
  ///   - uri: Of the request by the name that clients have for this cloud; query and fragment do
  ///     not matter.
  ///   - accessToken: That the request presents, at a resource.
  package init(method: String, uri: String, accessToken: Secret?) {
    self.method = method
    self.uri = TargetURI(uri)
    self.accessTokenHash = accessToken.map {
      Base64URL.encode(Array(SHA256.hash(data: Array($0.text.utf8))))
    }
  }
}

/// A proof of which everything was checked but whether it is fresh (RFC 9449 §4.3): that depends on
/// the clock and on what came before, and is `ProofLedger`'s.
package struct DPoPProof: Sendable {
  /// Of the key that signed it (RFC 7638).
  package let keyThumbprint: Bytes32
  let issuedAt: UnixMilliseconds
  let id: [UInt8]
  let nonce: String?

  /// - Parameters:
  ///   - headers: All `DPoP` header fields of the request.
  ///   - target: What the proof must be for.
  /// - Throws: For anything that §4.3 refuses.
  package init(headers: [String], for target: ProofTarget) throws(ProofRefusal) {
    guard let header = headers.first else { throw ProofRefusal(.proofMissing) }
    guard headers.count == 1 else { throw ProofRefusal(.proofDoubled) }
    // No longer than 4,096 bytes: a proof is some 400, of a long URI some more.
    guard let jws = JSONWebToken(parsing: header),
      jws.header["typ"]?.isText("dpop+jwt") == true, jws.header["crit"] == nil
    else { throw ProofRefusal(.proofMalformed) }
    guard let algorithm = jws.header["alg"]?.textOrNil.flatMap(ProofKey.Algorithm.init(rawValue:))
    else {
      throw ProofRefusal(.proofAlgorithm)
    }
    guard let jwk = jws.header["jwk"] else { throw ProofRefusal(.proofKey) }
    let key = try ProofKey(jwk: jwk, for: algorithm)
    guard key.isSignature(jws.signature, of: jws.signedBytes) else {
      throw ProofRefusal(.proofSignature)
    }
    self.keyThumbprint = key.thumbprint
    (self.id, self.issuedAt, self.nonce) = try Self.claims(jws.payload, for: target)
  }

  private static func claims(
    _ claims: JSONValue, for target: ProofTarget
  ) throws(ProofRefusal) -> (id: [UInt8], issuedAt: UnixMilliseconds, nonce: String?) {
    guard let id = claims["jti"]?.stringBytes, !id.isEmpty, let method = claims["htm"]?.textOrNil,
      let uri = claims["htu"]?.textOrNil, let issuedAt = claims["iat"]?.numericDate
    else { throw ProofRefusal(.proofMalformed) }
    guard method.utf8.elementsEqual(target.method.utf8) else { throw ProofRefusal(.proofMethod) }
    guard let expected = target.uri, TargetURI(uri) == expected else {
      throw ProofRefusal(.proofURI)
    }
    if let hash = target.accessTokenHash {
      guard claims["ath"]?.stringBytes == hash else { throw ProofRefusal(.proofToken) }
    }
    let nonce = claims["nonce"]
    guard nonce == nil || nonce?.textOrNil != nil else { throw ProofRefusal(.proofMalformed) }
    return (id, issuedAt, nonce?.textOrNil)
  }
}
