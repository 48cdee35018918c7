import CloudCore
import Hummingbird

/// What an owner's app asks for about the second factor, beside enrolment.
extension CloudService {
  /// `POST /v1/account/totp/confirm`
  @Sendable func confirmSecondFactor(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(CodeBody.self, upTo: self.bodyByteCount)
    let outcome = try await self.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      return try cloud.confirmSecondFactor(
        code: body.code, by: caller, in: transaction, at: now, random: &random)
    }
    return try .json(RecoveryCodesBody(codes: try outcome.value(for: caller)))
  }

  /// `POST /v1/account/recovery-codes`
  @Sendable func renewRecoveryCodes(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(CodeBody.self, upTo: self.bodyByteCount)
    let outcome = try await self.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      return try cloud.renewRecoveryCodes(
        code: body.code, by: caller, in: transaction, at: now, random: &random)
    }
    return try .json(RecoveryCodesBody(codes: try outcome.value(for: caller)))
  }

  /// `POST /v1/account/totp/disable`
  @Sendable func disableSecondFactor(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(CodeBody.self, upTo: self.bodyByteCount)
    let outcome = try await self.write { cloud, transaction, now in
      try cloud.disableSecondFactor(code: body.code, by: caller, in: transaction, at: now)
    }
    try outcome.value(for: caller)
    return .noContent
  }
}

extension SecondFactorOutcome {
  /// - Throws: `HTTPFailure`.
  func value(for caller: Authenticated) throws(HTTPFailure) -> Value {
    switch self {
    case .done(let value): return value
    case .wrongCode: throw .wrongCode
    case .throttled(let seconds): throw .tooManyRequests(retryAfterSeconds: seconds)
    case .conflict(let description): throw .conflict(description)
    case .refused(let refusal): throw .tokenRefused(refusal, isDPoP: caller.isDPoP)
    }
  }
}
