import CloudCore
import HTTPTypes
import Hummingbird

/// A page with a form in which owners log in and decide.
protocol SignInPage: Sendable {
  /// What the owner logs in for: what was shown for one is worth nothing for another.
  var purpose: LoginPurpose { get }

  /// - Parameter message: What went wrong with the last attempt.
  func response(status: HTTPResponse.Status, step: SignInStep, message: String?) -> Response
}

/// What the form asks for.
enum SignInStep: Sendable {
  case password
  /// The code of the second factor. With what goes on from the password, which was right.
  case code(ticket: Secret)
}

extension SignInPage {
  func response(
    status: HTTPResponse.Status, step: SignInStep = .password
  ) -> Response {
    self.response(status: status, step: step, message: nil)
  }

  func throttled(_ seconds: UInt32, step: SignInStep) -> Response {
    var response = self.response(
      status: .tooManyRequests, step: step,
      message: "Too many failed logins. Try again in \(seconds) seconds.")
    response.headers[.retryAfter] = "\(seconds)"
    return response
  }
}

extension SignInStep {
  /// What is in every such form.
  var fields: String {
    let asked =
      switch self {
      case .password:
        """
        <label>E-mail address
        <input type="email" name="email" autocomplete="username" autofocus></label>
        <label>Password
        <input type="password" name="password" autocomplete="current-password"></label>
        """
      case .code(let ticket):
        """
        \(HTMLPage.hiddenFields([("login", ticket.text)]))
        <label>Code of your authenticator app, or a recovery code
        <input name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false"
        autofocus></label>
        """
      }
    return """
      \(asked)
      <button name="decision" value="allow">Log in and allow</button>
      <button name="decision" value="deny" formnovalidate>Deny</button>
      """
  }
}

/// What the form's `decision` says.
enum OwnerDecision: String {
  case allow, deny

  /// - Throws: `HTTPFailure.invalidRequest` for none or another.
  init(_ form: Form) throws(HTTPFailure) {
    guard let decision = Self(rawValue: try form.require("decision")) else {
      throw .invalidRequest("parameter 'decision' must be allow or deny")
    }
    self = decision
  }
}
