import Crypto
import CryptoExtras
import DeviceProtocol

/// What a receiver checks before it takes an event, written apart from what makes them: by the
/// published keys, and by whom and for whom it is to be.
struct EventVerifier: Sendable {
  let issuer: String
  let audience: String
  /// `GET /oauth/jwks`.
  let keySet: @Sendable () async throws -> JSONValue

  /// - Returns: A word of RFC 8935 §2.4; nil for an event to be taken.
  func refusal(of token: String) async -> String? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.object(parts[0]),
      let claims = Self.object(parts[1]), let signature = Base64URL.decode(Array(parts[2].utf8)),
      header["typ"] == .text("secevent+jwt"), let algorithm = header["alg"],
      claims["jti"]?.stringBytes?.isEmpty == false, claims["iat"]?.integer != nil,
      claims["sub_id"]?["format"]?.stringBytes != nil, claims["exp"] == nil,
      claims["sub"] == nil, case .object(let events)? = claims["events"], events.count == 1
    else { return "invalid_request" }
    guard claims["iss"] == .string(Array(self.issuer.utf8)) else { return "invalid_issuer" }
    guard claims["aud"] == .string(Array(self.audience.utf8)) else { return "invalid_audience" }
    // By the key's own algorithm: not by whatever the header asks for.
    guard let key = await self.publicKey(header["kid"]), key["alg"] == algorithm,
      Self.verifies(signature, of: Array("\(parts[0]).\(parts[1])".utf8), by: key)
    else { return "invalid_key" }
    return nil
  }

  private func publicKey(_ id: JSONValue?) async -> JSONValue? {
    guard let id, case .array(let keys)? = try? await self.keySet()["keys"] else { return nil }
    return keys.first { $0["kid"] == id }
  }

  /// RFC 7518 §3.3, §3.4, §6.
  private static func verifies(
    _ signature: [UInt8], of message: [UInt8], by key: JSONValue
  ) -> Bool {
    func number(_ name: StaticString) -> [UInt8]? {
      key[name]?.stringBytes.flatMap { Base64URL.decode($0) }
    }
    if key["alg"] == .text("RS256"), let n = number("n"), let e = number("e") {
      guard let publicKey = try? _RSA.Signing.PublicKey(n: n, e: e) else { return false }
      return publicKey.isValidSignature(
        _RSA.Signing.RSASignature(rawRepresentation: signature), for: message,
        padding: .insecurePKCS1v1_5)
    }
    guard key["alg"] == .text("ES256"), let x = number("x"), let y = number("y"),
      let publicKey = try? P256.Signing.PublicKey(x963Representation: [4] + x + y),
      let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
    else { return false }
    return publicKey.isValidSignature(signature, for: message)
  }

  static func object(_ part: Substring) -> JSONValue? {
    Base64URL.decode(Array(part.utf8)).flatMap { try? JSONValue(parsing: $0) }
  }
}
