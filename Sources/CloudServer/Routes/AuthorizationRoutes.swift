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
      try request.query())
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
      return try await self.decide(
        authorization, form: form, browser: LoggingInBrowser(request, context))
    case .refuseWithoutRedirect(let description):
      throw HTTPFailure.invalidRequest(description)
    case .redirectWithError(let uri, let error, let description, let state):
      return self.redirect(
        to: uri, state: state, [("error", error), ("error_description", description)])
    }
  }

  private func decide(
    _ authorization: AuthorizationRequest, form: Form, browser: LoggingInBrowser
  ) async throws -> Response {
    switch try OwnerDecision(form) {
    case .deny:
      return self.redirect(
        to: authorization.redirectURI, state: authorization.state,
        [("error", "access_denied"), ("error_description", "the owner denied access")])
    case .allow:
      let outcome = try await self.signIn(
        form, from: browser, page: AuthorizationPage(authorization: authorization)
      ) { cloud, owner, transaction, now in
        var random = SystemRandomNumberGenerator()
        return try cloud.authorize(
          authorization, by: owner, in: transaction, at: now, random: &random)
      }
      switch outcome {
      case .signedIn(let code, let cookies):
        return self.redirect(
          to: authorization.redirectURI, state: authorization.state, [("code", code.text)]
        ).setting(cookies)
      case .shown(let page):
        return page
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
