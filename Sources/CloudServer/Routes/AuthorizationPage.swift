import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird

/// The login and consent form.
struct AuthorizationPage: SignInPage {
  let authorization: AuthorizationRequest
  var purpose: LoginPurpose { LoginPurpose(self.authorization) }

  func response(
    status: HTTPResponse.Status, step: SignInStep, message: String?
  ) -> Response {
    HTMLPage(
      title: "Log in to Relink",
      content: """
        <p><b>\(self.authorization.clientID.escapedForHTML)</b> asks to use your account and your
        devices.</p>
        \(HTMLPage.notice(message))
        <form method="post" action="\(OpenRoute.authorizationDecision.route.path)">
        \(HTMLPage.hiddenFields(self.parameters))
        \(step.fields)
        </form>
        """,
      // Browsers hold the redirect that follows the form to `form-action` too.
      formTarget: self.redirectSource
    ).response(status: status)
  }

  private var parameters: [(name: String, value: String)] {
    var parameters = [
      ("response_type", "code"),
      ("client_id", self.authorization.clientID),
      ("redirect_uri", self.authorization.redirectURI),
      ("code_challenge", self.authorization.codeChallenge),
      ("code_challenge_method", "S256"),
    ]
    if let state = self.authorization.state { parameters.append(("state", state)) }
    if let key = self.authorization.dpopKey {
      let text = String(decoding: Base64URL.encode(key.bytes), as: UTF8.self)
      parameters.append(("dpop_jkt", text))
    }
    return parameters
  }

  /// The origin of the redirect URI, or its scheme when it has no host to speak of.
  private var redirectSource: String {
    let uri = self.authorization.redirectURI
    let scheme = uri.prefix { $0 != ":" }
    guard scheme == "http" || scheme == "https" else { return "\(scheme):" }
    let authority = uri.dropFirst(scheme.count + "://".count).prefix { $0 != "/" && $0 != "?" }
    return "\(scheme)://\(authority)"
  }
}
