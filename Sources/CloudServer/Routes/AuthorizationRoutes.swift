import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird

extension CloudService {
  /// `GET /oauth/authorize`: shows the login form (RFC 6749 §4.1.1).
  @Sendable func showAuthorizationForm(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let parameters = AuthorizationParameters(
      try Form(parsing: Array((request.uri.query ?? "").utf8)))
    switch self.cloud.validate(parameters) {
    case .valid(let authorization):
      return AuthorizationPage(authorization: authorization).response(status: .ok)
    case .refuseWithoutRedirect(let description):
      throw HTTPFailure.invalidRequest(description)
    case .redirectWithError(let uri, let error, let description, let state):
      return self.redirect(
        to: uri, state: state, [("error", error), ("error_description", description)])
    }
  }

  /// `POST /oauth/authorize`: what the owner decided (RFC 6749 §4.1.2, RFC 9207).
  @Sendable func decideAuthorization(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let form = try await request.form(upTo: self.bodyByteCount)
    switch self.cloud.validate(AuthorizationParameters(form)) {
    case .valid(let authorization):
      return try await self.decide(authorization, form: form, context: context)
    case .refuseWithoutRedirect(let description):
      throw HTTPFailure.invalidRequest(description)
    case .redirectWithError(let uri, let error, let description, let state):
      return self.redirect(
        to: uri, state: state, [("error", error), ("error_description", description)])
    }
  }

  private func decide(
    _ authorization: AuthorizationRequest, form: Form, context: CloudRequestContext
  ) async throws -> Response {
    switch try form.require("decision") {
    case "allow":
      break
    case "deny":
      return self.redirect(
        to: authorization.redirectURI, state: authorization.state,
        [("error", "access_denied"), ("error_description", "the owner denied access")])
    default:
      throw HTTPFailure.invalidRequest("parameter 'decision' must be allow or deny")
    }
    let page = AuthorizationPage(authorization: authorization)
    guard let emailText = form["email"], let password = form["password"] else {
      return page.response(status: .badRequest, message: "Enter your e-mail address and password.")
    }
    guard let email = EmailAddress(emailText) else {
      return page.response(status: .badRequest, message: "This is not an e-mail address.")
    }
    switch try await self.logIn(
      email, password: Secret(password), from: context.connection.remoteAddress,
      for: authorization)
    {
    case .code(let code):
      return self.redirect(
        to: authorization.redirectURI, state: authorization.state, [("code", code.text)])
    case .wrongCredentials:
      return page.response(status: .forbidden, message: "Wrong e-mail address or password.")
    case .throttled(let seconds):
      var response = page.response(
        status: .tooManyRequests,
        message: "Too many failed logins. Try again in \(seconds) seconds.")
      response.headers[.retryAfter] = "\(seconds)"
      return response
    }
  }

  private enum CodeOutcome: Sendable {
    case code(Secret)
    case wrongCredentials
    case throttled(retryAfterSeconds: UInt32)
  }

  /// Checks the password outside a transaction, and makes the code in the one that counts the
  /// attempt.
  private func logIn(
    _ email: EmailAddress, password: Secret, from address: RemoteAddress,
    for authorization: AuthorizationRequest
  ) async throws -> CodeOutcome {
    let start = try await self.read { cloud, reader, now in
      try cloud.beginLogin(email: email, from: address, in: reader, at: now)
    }
    switch start {
    case .throttled(let seconds):
      return .throttled(retryAfterSeconds: seconds)
    case .verify(let challenge):
      let verdict = try await self.passwords.run(for: .login) {
        try challenge.hash.verify(password)
      }
      return try await self.write { cloud, transaction, now in
        switch try cloud.completeLogin(challenge, verdict: verdict, in: transaction, at: now) {
        case .loggedIn(let owner):
          var random = SystemRandomNumberGenerator()
          return .code(
            try cloud.authorize(
              authorization, by: owner, in: transaction, at: now, random: &random))
        case .wrongCredentials:
          return .wrongCredentials
        case .throttled(let seconds):
          return .throttled(retryAfterSeconds: seconds)
        }
      }
    }
  }

  /// Sends the browser back to the client, with this cloud's name (RFC 9207).
  private func redirect(
    to uri: String, state: String?, _ parameters: [(name: String, value: String)]
  ) -> Response {
    var parameters = parameters
    if let state { parameters.append(("state", state)) }
    parameters.append(("iss", self.issuer.url))
    let query = FormEncoding.encode(
      parameters.map { FormField(name: Array($0.name.utf8), value: Array($0.value.utf8)) })
    let separator = uri.contains("?") ? "&" : "?"
    return Response(
      status: .seeOther,
      headers: [.location: uri + separator + String(decoding: query, as: UTF8.self)])
  }
}

extension AuthorizationParameters {
  init(_ form: Form) {
    self.init(
      responseType: form["response_type"], clientID: form["client_id"],
      redirectURI: form["redirect_uri"], state: form["state"],
      codeChallenge: form["code_challenge"], codeChallengeMethod: form["code_challenge_method"],
      dpopKey: form["dpop_jkt"])
  }
}
