package import CloudCore
package import HTTPTypes

/// A request that is not served, and why. Every refusal of a handler becomes one of these, and
/// `answer` is the only place that turns it into HTTP:
///
/// | Case | Status | `error` | Headers |
/// |---|---|---|---|
/// | `invalidRequest` | 400 | `invalid_request` | |
/// | `unsupportedGrantType` | 400 | `unsupported_grant_type` | |
/// | `passwordRefused` | 400 | `invalid_request` | |
/// | `grantRefused` | 400; 401 for `invalid_client` | the grant's | `Retry-After`, `WWW-Authenticate` |
/// | `proofRefused` | 400; 401 at a resource | `invalid_dpop_proof`, `use_dpop_nonce` | `DPoP-Nonce`; the challenge of RFC 9449 §7.1 |
/// | `noCredentials` | 401 | `invalid_token` | the bare challenge (RFC 6750 §3) |
/// | `tokenRefused` | 401 | `invalid_token` | the challenge with error and description |
/// | `insufficientScope` | 403 | `insufficient_scope` | the challenge with error and description |
/// | `wrongPassword`, `wrongCode` | 403 | `access_denied` | |
/// | `forbiddenHost` | 421 | `invalid_request` | |
/// | `notFound` | 404 | `not_found` | |
/// | `methodNotAllowed` | 405 | `invalid_request` | `Allow` |
/// | `conflict` | 409 | `conflict` | |
/// | `operatorRefused` | the refusal's | the refusal's | |
/// | `bodyTooLarge` | 413 | `invalid_request` | |
/// | `unsupportedContentType` | 415 | `invalid_request` | |
/// | `tooManyRequests` | 429 | `too_many_requests` | `Retry-After` |
/// | `unavailable` | 503 | `temporarily_unavailable` | `Retry-After` |
/// | `unexpected` | 500 | `server_error` | |
///
/// A body is `{"error","error_description","reason"?,"logout_reason"?,"interval"?}`.
package enum HTTPFailure: Error, Equatable, Sendable {
  case invalidRequest(String)
  case unsupportedGrantType
  case passwordRefused(PasswordRefusal, member: String)
  case grantRefused(GrantRefusal, usedAuthorization: Bool)
  case proofRefused(ProofRefusal, isAtResource: Bool)
  case noCredentials
  /// `isDPoP`: the token came with a proof, or has to.
  case tokenRefused(TokenRefusal, isDPoP: Bool = false)
  case insufficientScope(String, isDPoP: Bool = false)
  case wrongPassword
  case wrongCode
  case forbiddenHost
  case notFound(String)
  case methodNotAllowed(allowed: [HTTPRequest.Method])
  case conflict(String)
  case operatorRefused(OperatorRefusal)
  case bodyTooLarge(limitByteCount: Int)
  case unsupportedContentType(expected: String)
  case tooManyRequests(retryAfterSeconds: UInt32)
  case unavailable(String, retryAfterSeconds: UInt32)
  case unexpected

  /// What the table says.
  struct Answer: Equatable {
    let status: HTTPResponse.Status
    let body: ErrorBody
    var headers = HTTPFields()
  }

  var answer: Answer {
    switch self {
    case .invalidRequest(let description):
      Answer(status: .badRequest, body: ErrorBody("invalid_request", description))
    case .unsupportedGrantType:
      Answer(
        status: .badRequest,
        body: ErrorBody("unsupported_grant_type", "no such grant_type here"))
    case .passwordRefused(let refusal, let member):
      Answer(
        status: .badRequest,
        body: ErrorBody(
          "invalid_request", "member '\(member)' is refused: \(refusal.explanation)",
          reason: refusal.reason))
    case .grantRefused(let refusal, let usedAuthorization):
      Self.answer(to: refusal, usedAuthorization: usedAuthorization)
    case .noCredentials:
      Answer(
        status: .unauthorized, body: ErrorBody("invalid_token", "an access token is needed"),
        headers: [.wwwAuthenticate: #"Bearer realm="relink""#])
    case .proofRefused(let refusal, let isAtResource):
      Self.answer(to: refusal, isAtResource: isAtResource)
    case .tokenRefused(let refusal, let isDPoP):
      Self.challenge(
        .unauthorized, "invalid_token", Self.description(of: refusal), reason: refusal.reason,
        logoutReason: refusal.logoutReason, isDPoP: isDPoP, isOfOtherScheme: refusal == .wrongScheme
      )
    case .insufficientScope(let description, let isDPoP):
      Self.challenge(.forbidden, "insufficient_scope", description, isDPoP: isDPoP)
    case .wrongPassword:
      Answer(
        status: .forbidden,
        body: ErrorBody(
          "access_denied", "the password is not this account's", reason: "wrong_password"))
    case .wrongCode:
      Answer(
        status: .forbidden,
        body: ErrorBody(
          "access_denied", "not a code of this account, or one that was used",
          reason: "wrong_code"))
    case .forbiddenHost:
      Answer(
        status: .misdirectedRequest,
        body: ErrorBody("invalid_request", "the Host header does not name this listener"))
    case .notFound(let description):
      Answer(status: .notFound, body: ErrorBody("not_found", description))
    case .methodNotAllowed(let allowed):
      Answer(
        status: .methodNotAllowed, body: ErrorBody("invalid_request", "method not allowed here"),
        headers: [.allow: allowed.map(\.rawValue).sorted().joined(separator: ", ")])
    case .conflict(let description):
      Answer(status: .conflict, body: ErrorBody("conflict", description))
    case .operatorRefused(let refusal):
      Answer(
        status: refusal.status,
        body: ErrorBody(
          refusal.error, refusal.description, reason: refusal.reason.rawValue))
    case .bodyTooLarge(let limit):
      Answer(
        status: .contentTooLarge,
        body: ErrorBody("invalid_request", "the body is larger than \(limit) bytes"))
    case .unsupportedContentType(let expected):
      Answer(
        status: .unsupportedMediaType,
        body: ErrorBody("invalid_request", "the content type must be \(expected)"))
    case .tooManyRequests(let seconds):
      Answer(
        status: .tooManyRequests,
        body: ErrorBody("too_many_requests", "too many attempts; try again later"),
        headers: [.retryAfter: "\(seconds)"])
    case .unavailable(let description, let seconds):
      Answer(
        status: .serviceUnavailable, body: ErrorBody("temporarily_unavailable", description),
        headers: [.retryAfter: "\(seconds)"])
    case .unexpected:
      Answer(
        status: .internalServerError,
        body: ErrorBody("server_error", "the request could not be served; see the cloud's log"))
    }
  }

  private static func answer(to refusal: GrantRefusal, usedAuthorization: Bool) -> Answer {
    var answer = Answer(
      status: refusal.code == .invalidClient ? .unauthorized : .badRequest,
      body: ErrorBody(
        refusal.code.rawValue, refusal.description, reason: refusal.reason?.rawValue,
        logoutReason: refusal.logoutReason, interval: refusal.intervalSeconds))
    if let seconds = refusal.intervalSeconds { answer.headers[.retryAfter] = "\(seconds)" }
    // RFC 6749 §5.2 requires a challenge then; the scheme for clients is Basic (§2.3.1).
    if refusal.code == .invalidClient, usedAuthorization {
      answer.headers[.wwwAuthenticate] = #"Basic realm="relink""#
    }
    return answer
  }

  private static func challenge(
    _ status: HTTPResponse.Status, _ error: String, _ description: String, reason: String? = nil,
    logoutReason: String? = nil, isDPoP: Bool, isOfOtherScheme: Bool = false
  ) -> Answer {
    let parameters = #"realm="relink", error="\#(error)", error_description="\#(description)""#
    let challenge =
      isDPoP
      ? "DPoP \(parameters), \(Self.algorithms)"
      // RFC 9449 §7.2: a token that came by the wrong scheme can come by the other one.
      : "Bearer \(parameters)" + (isOfOtherScheme ? ", DPoP \(Self.algorithms)" : "")
    return Answer(
      status: status,
      body: ErrorBody(error, description, reason: reason, logoutReason: logoutReason),
      headers: [.wwwAuthenticate: challenge])
  }

  private static let algorithms =
    #"algs="\#(DPoPPolicy.algorithms.joined(separator: " "))""#

  private static func answer(to refusal: ProofRefusal, isAtResource: Bool) -> Answer {
    var answer =
      isAtResource
      ? Self.challenge(
        .unauthorized, refusal.error, refusal.description, reason: refusal.reason.rawValue,
        isDPoP: true)
      : Answer(
        status: .badRequest,
        body: ErrorBody(refusal.error, refusal.description, reason: refusal.reason.rawValue))
    if let nonce = refusal.nonce { answer.headers[.dpopNonce] = nonce }
    return answer
  }

  /// Fixed texts, so that nothing a peer or an operator wrote gets into a header.
  private static func description(of refusal: TokenRefusal) -> String {
    switch refusal {
    case .expired: "the access token has expired"
    case .loggedOut: "the access token was logged out"
    case .sessionEnded: "the session of the access token has ended"
    case .tokenUnknown: "not an access token of this cloud"
    case .wrongCertificate: "the access token is bound to another certificate"
    case .wrongScheme: "the access token is of another scheme: DPoP and Bearer do not mix"
    case .wrongKey: "the access token is bound to another key"
    }
  }
}

/// RFC 6749 §5.2, with the fixed word for programs.
struct ErrorBody: Codable, Equatable, Sendable {
  let error: String
  let errorDescription: String
  let reason: String?
  /// With the reason `logged_out`: the operator's words.
  let logoutReason: String?
  let interval: UInt32?

  init(
    _ error: String, _ description: String, reason: String? = nil, logoutReason: String? = nil,
    interval: UInt32? = nil
  ) {
    self.error = error
    self.errorDescription = description
    self.reason = reason
    self.logoutReason = logoutReason
    self.interval = interval
  }

  enum CodingKeys: String, CodingKey {
    case error
    case errorDescription = "error_description"
    case reason
    case logoutReason = "logout_reason"
    case interval
  }
}
