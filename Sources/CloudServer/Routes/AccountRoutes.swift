import CloudCore
import Hummingbird

extension CloudService {
  /// `POST /v1/accounts`
  @Sendable func register(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(RegistrationBody.self, upTo: self.bodyByteCount)
    guard let email = EmailAddress(body.email) else {
      throw HTTPFailure.invalidRequest("member 'email' is not an e-mail address")
    }
    guard let password = Password(body.password.text) else {
      throw HTTPFailure.invalidRequest("member 'password' must have 8 to 128 bytes")
    }
    let region = try body.region.map { try Region(member: $0) }
    let hash = try await self.passwords.run(for: .registration) {
      var random = SystemRandomNumberGenerator()
      return try PasswordHash(of: password, random: &random)
    }
    let outcome = try await self.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      return try cloud.register(
        email: email, passwordHash: hash, region: region, in: transaction, at: now, random: &random)
    }
    switch outcome {
    case .created(let account):
      return try .json(
        AccountBody(account), status: .created)
    case .emailTaken:
      throw HTTPFailure.conflict("there is an account with this e-mail address")
    }
  }
}

extension Region {
  /// - Parameter text: Of a body's member `region`.
  init(member text: String) throws(HTTPFailure) {
    guard let region = Region(text) else {
      throw .invalidRequest(
        "member 'region' must be a word of 1 to 32 of a to z, 0 to 9 and hyphens, such as eu-west")
    }
    self = region
  }
}
