import Crypto
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
      header["typ"] == .text("secevent+jwt"), header["alg"] == .text("ES256"),
      claims["jti"]?.stringBytes?.isEmpty == false, claims["iat"]?.integer != nil,
      claims["sub_id"]?["format"]?.stringBytes != nil, claims["exp"] == nil,
      claims["sub"] == nil, case .object(let events)? = claims["events"], events.count == 1
    else { return "invalid_request" }
    guard claims["iss"] == .string(Array(self.issuer.utf8)) else { return "invalid_issuer" }
    guard claims["aud"] == .string(Array(self.audience.utf8)) else { return "invalid_audience" }
    guard let key = await self.publicKey(header["kid"]),
      let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature),
      key.isValidSignature(signature, for: Array("\(parts[0]).\(parts[1])".utf8))
    else { return "invalid_key" }
    return nil
  }

  private func publicKey(_ id: JSONValue?) async -> P256.Signing.PublicKey? {
    guard let id, case .array(let keys)? = try? await self.keySet()["keys"],
      let key = keys.first(where: { $0["kid"] == id }),
      let x = key["x"]?.stringBytes.flatMap({ Base64URL.decode($0) }),
      let y = key["y"]?.stringBytes.flatMap({ Base64URL.decode($0) })
    else { return nil }
    return try? P256.Signing.PublicKey(x963Representation: [4] + x + y)
  }

  static func object(_ part: Substring) -> JSONValue? {
    Base64URL.decode(Array(part.utf8)).flatMap { try? JSONValue(parsing: $0) }
  }
}
