import CloudCore
import HTTPTypes
import Hummingbird

extension CloudService {
  /// `GET /oauth/jwks`: the public keys of access tokens that are JWTs (RFC 7517 §5).
  @Sendable func showKeys(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let keys = try await self.read { cloud, reader, now in
      try cloud.signingKeys(in: reader, at: now)
    }
    var response = try Response.json(KeySetBody(keys: keys.map { KeySetBody.Key($0.record) }))
    // Much shorter than the time for which a key is published before it signs.
    response.headers[.cacheControl] = "public, max-age=60"
    return response
  }
}

struct KeySetBody: Encodable {
  let keys: [Key]

  /// RFC 7518 §6.2.1.
  struct Key: Encodable {
    let kty = "EC"
    let crv = "P-256"
    let alg = "ES256"
    let use = "sig"
    let kid: String
    let x: String
    let y: String

    init(_ record: SigningKeyRecord) {
      self.kid = record.id
      (self.x, self.y) = record.coordinates
    }
  }
}
