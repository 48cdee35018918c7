import CloudCore
import DeviceProtocol
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
    let region = try body.region.map { try Region(member: $0) }
    let password = try self.chosen(body.password, for: email, member: "password")
    let address = context.connection.remoteAddress
    let wait = try await self.write { cloud, transaction, now in
      try cloud.admitRegistration(from: address, in: transaction, at: now)
    }
    if let wait { throw HTTPFailure.tooManyRequests(retryAfterSeconds: wait) }
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

  /// A password that somebody chooses.
  ///
  /// - Throws: `HTTPFailure.passwordRefused`.
  private func chosen(
    _ text: PasswordText, for email: EmailAddress, member: String
  ) throws(HTTPFailure) -> Password {
    do {
      return try Password(choosing: text.normalised, for: email, notIn: self.passwordList)
    } catch {
      throw .passwordRefused(error, member: member)
    }
  }

  /// `GET /v1/account`
  @Sendable func showAccount(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    try .json(OwnAccountBody(view: try await self.account(of: caller)))
  }

  private func account(of caller: Authenticated) async throws -> AccountView {
    let view = try await self.read(as: caller) { cloud, reader, _ in
      try cloud.account(of: caller, in: reader)
    }
    guard let view else { throw HTTPFailure.tokenRefused(.tokenUnknown) }
    return view
  }

  /// `POST /v1/account/password`
  @Sendable func changePassword(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(PasswordChangeBody.self, upTo: self.bodyByteCount)
    let account = try await self.account(of: caller).account
    let password = try self.chosen(body.newPassword, for: account.email, member: "new_password")
    let challenge = try await self.challenge(for: caller)
    let (verdict, hash) = try await self.passwords.run(for: .login) {
      let verdict = try body.oldPassword.verify(challenge.hash)
      var random = SystemRandomNumberGenerator()
      // Also when the old one is wrong: one answer takes as long as the other.
      return (verdict, try PasswordHash(of: password, random: &random))
    }
    let origin = EventOrigin.client(context.connection.remoteAddress, certificate: nil)
    let events = try await self.write { cloud, transaction, now in
      try cloud.confirmed(caller, challenge, verdict: verdict, in: transaction, at: now) { owner in
        let events = try cloud.changePassword(
          of: owner, to: hash, endsOthers: body.endOtherSessions ?? true, in: transaction, at: now)
        try cloud.note(events, from: origin, in: transaction, at: now)
        return events
      }
    }.get()
    await self.announce(events)
    return try .json(PasswordChangedBody(endedSessions: events.count))
  }

  /// `POST /v1/account/totp`
  @Sendable func enrolSecondFactor(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(ConfirmationBody.self, upTo: self.bodyByteCount)
    let challenge = try await self.challenge(for: caller)
    let verdict = try await self.passwords.run(for: .login) {
      try body.password.verify(challenge.hash)
    }
    let outcome = try await self.write { cloud, transaction, now in
      try cloud.confirmed(caller, challenge, verdict: verdict, in: transaction, at: now) { owner in
        var random = SystemRandomNumberGenerator()
        return try cloud.enrol(owner, in: transaction, at: now, random: &random)
      }
    }.get()
    return try .json(EnrolmentBody(enrolment: try outcome.value(for: caller)), status: .created)
  }

  private func challenge(for caller: Authenticated) async throws -> LoginChallenge {
    let start = try await self.read(as: caller) { cloud, reader, now in
      try cloud.beginConfirmation(of: caller, in: reader, at: now)
    }
    switch start {
    case .verify(let challenge): return challenge
    case .throttled(let seconds): throw HTTPFailure.tooManyRequests(retryAfterSeconds: seconds)
    }
  }
}

extension Cloud {
  /// Runs the body for a caller who has shown the password. A refusal is a value, so that what it
  /// has counted is kept.
  fileprivate func confirmed<Value>(
    _ caller: Authenticated, _ challenge: LoginChallenge, verdict: PasswordVerdict,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    _ body: (ConfirmedCaller) throws -> Value
  ) throws -> Result<Value, HTTPFailure> {
    switch try self.confirm(caller, challenge, verdict: verdict, in: transaction, at: now) {
    case .confirmed(let owner): .success(try body(owner))
    case .wrongPassword: .failure(.wrongPassword)
    case .throttled(let seconds): .failure(.tooManyRequests(retryAfterSeconds: seconds))
    case .wrongKind: .failure(.wrongKind)
    case .refused(let refusal): .failure(.tokenRefused(refusal, isDPoP: caller.isDPoP))
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
