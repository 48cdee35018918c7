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

  /// RFC 7518 §6.2.1, §6.3.1.
  struct Key: Encodable {
    let record: SigningKeyRecord

    init(_ record: SigningKeyRecord) { self.record = record }

    enum CodingKeys: String, CodingKey { case kty, crv, alg, use, kid, x, y, n, e }

    func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: CodingKeys.self)
      switch self.record.numbers {
      case .point(let x, let y):
        try members.encode("EC", forKey: .kty)
        try members.encode("P-256", forKey: .crv)
        try members.encode(x, forKey: .x)
        try members.encode(y, forKey: .y)
      case .rsa(let n, let e):
        try members.encode("RSA", forKey: .kty)
        try members.encode(n, forKey: .n)
        try members.encode(e, forKey: .e)
      }
      try members.encode(self.record.algorithm.rawValue, forKey: .alg)
      try members.encode("sig", forKey: .use)
      try members.encode(self.record.id, forKey: .kid)
    }
  }
}
