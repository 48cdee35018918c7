import CloudCore
import DeviceProtocol
import Simulation
import TestSupport

/// Carries requests to a real cloud and back, as the server's routes do.
struct RealCloud {
  let fixture: CloudFixture

  /// - Parameter certificate: The number of the device that shows it; nil for none.
  func perform(
    _ request: ObservedRequest, certificate: UInt8? = nil
  ) throws -> ObservedExchange {
    ObservedExchange(
      at: self.fixture.now, certificate: certificate.map { CloudFixture.certificate($0).deviceID },
      request: request, answer: try self.answer(to: request, certificate))
  }

  private func answer(
    to request: ObservedRequest, _ certificate: UInt8?
  ) throws -> ObservedAnswer {
    switch request {
    case .register(let email, let region):
      return try self.register(email, region)
    case .authorize(let email, let isPasswordRight):
      return try self.authorize(email, isPasswordRight ? Self.right : Self.wrong)
    case .exchangeCode(let code, _):
      return try self.token(
        .authorizationCode(
          code: Secret(code), redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
          codeVerifier: CloudFixture.codeVerifier), certificate)
    case .refresh(let token, let kind):
      return try self.token(
        .refreshToken(token: Secret(token), clientID: "relink-\(kind.rawValue)"), certificate)
    case .pair(let token, let kind):
      return try self.token(
        .pairing(
          token: Secret(token), clientID: "relink-\(kind.text)", model: "RC-1",
          firmwareVersion: "1.0.0"), certificate)
    case .relink:
      let client = Self.kind(ofDevice: certificate ?? 1)
      return try self.token(
        .relink(clientID: "relink-\(client.text)", firmwareVersion: "1.0.0"), certificate)
    case .revoke(let token, let kind):
      return try self.revoke(token, kind, certificate)
    case .resource(let token, let resource):
      return try self.answer(to: resource, with: token, certificate)
    }
  }

  /// Devices with an odd number are cameras.
  static func kind(ofDevice number: UInt8) -> DeviceKind { number % 2 == 1 ? .camera : .scale }

  /// Checked once: hashing takes long.
  private static let right = Result { try CloudFixture.passwordHash.verify(CloudFixture.password) }
  private static let wrong = Result { try CloudFixture.passwordHash.verify(Secret("a guess")) }

  private func register(_ email: String, _ region: Region) throws -> ObservedAnswer {
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.register(
        email: try Self.address(email), passwordHash: CloudFixture.passwordHash, region: region,
        in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
    switch outcome {
    case .created(let account): return .registered(account.id)
    case .emailTaken: return .refused(status: 409, reason: "conflict")
    }
  }

  static func address(_ email: String) throws -> EmailAddress {
    guard let address = EmailAddress(email) else { throw BadAddress() }
    return address
  }

  private struct BadAddress: Error {}

  private func authorize(
    _ email: String, _ verdict: Result<PasswordVerdict, any Error>
  ) throws -> ObservedAnswer {
    let start = try self.fixture.transaction {
      try self.fixture.cloud.beginLogin(
        email: try Self.address(email), from: CloudFixture.address, in: $0, at: self.fixture.now)
    }
    guard case .verify(let challenge) = start else {
      return .refused(status: 429, reason: "too_many_requests")
    }
    let verdict = try verdict.get()
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.completeLogin(
        challenge, verdict: verdict, in: $0, at: self.fixture.now)
    }
    switch outcome {
    case .throttled: return .refused(status: 429, reason: "too_many_requests")
    case .wrongCredentials, .secondFactorNeeded: return .refused(status: 403, reason: "")
    case .loggedIn(let owner):
      let request = try self.fixture.authorizationRequest()
      let code = try self.fixture.transaction {
        try self.fixture.cloud.authorize(
          request, by: owner, in: $0, at: self.fixture.now, random: &self.fixture.random)
      }
      return .code(code.text)
    }
  }

  private func token(_ request: TokenRequest, _ certificate: UInt8?) throws -> ObservedAnswer {
    let outcome = try self.fixture.token(
      request, certificate: certificate.map { CloudFixture.certificate($0) })
    switch outcome.answer {
    case .granted(let tokens):
      return .tokens(
        access: tokens.accessToken.text, refresh: tokens.refreshToken.text,
        expiresInSeconds: tokens.expiresInSeconds, account: tokens.account,
        device: tokens.device, session: tokens.session, generation: tokens.generation)
    case .refused(let refusal): return Self.answer(refusal)
    }
  }

  private func revoke(
    _ token: String, _ kind: ClientKind, _ certificate: UInt8?
  ) throws -> ObservedAnswer {
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.revoke(
        Secret(token), clientID: "relink-\(kind.rawValue)",
        certificate: certificate.map { CloudFixture.certificate($0) }, in: $0, at: self.fixture.now)
    }
    switch outcome {
    case .done: return .done
    case .refused(let refusal): return Self.answer(refusal)
    }
  }

  private static func answer(_ refusal: GrantRefusal) -> ObservedAnswer {
    .refused(
      status: refusal.code == .invalidClient ? 401 : 400,
      reason: refusal.reason?.rawValue ?? refusal.code.rawValue)
  }
}
