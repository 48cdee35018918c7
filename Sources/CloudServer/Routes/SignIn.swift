import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird

/// A page with a form in which owners log in and decide.
protocol SignInPage: Sendable {
  /// - Parameter message: What went wrong with the last attempt.
  func response(status: HTTPResponse.Status, message: String?) -> Response
}

extension SignInPage {
  func response(status: HTTPResponse.Status) -> Response {
    self.response(status: status, message: nil)
  }

  /// What is in every such form.
  static var signInFields: String {
    """
    <label>E-mail address
    <input type="email" name="email" autocomplete="username" autofocus></label>
    <label>Password
    <input type="password" name="password" autocomplete="current-password"></label>
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

enum SignInOutcome<Value: Sendable>: Sendable {
  case signedIn(Value)
  /// Nobody is logged in: the page again, with why.
  case shown(Response)
}

extension CloudService {
  /// Logs an owner in by a form's `email` and `password`.
  ///
  /// - Parameter body: Runs for who is logged in, in the transaction that counts the attempt.
  func signIn<Value: Sendable>(
    _ form: Form, from address: RemoteAddress, page: some SignInPage,
    then body:
      @escaping @Sendable (Cloud, LoggedInOwner, any StoreTransaction, UnixMilliseconds) throws
      -> Value
  ) async throws -> SignInOutcome<Value> {
    guard let emailText = form["email"], let password = form["password"] else {
      return .shown(
        page.response(
          status: .badRequest, message: "Enter your e-mail address and password."))
    }
    guard let email = EmailAddress(emailText) else {
      return .shown(
        page.response(status: .badRequest, message: "This is not an e-mail address."))
    }
    switch try await self.logIn(email, password: Secret(password), from: address, then: body) {
    case .loggedIn(let value):
      self.metrics.logins.increment("granted")
      return .signedIn(value)
    case .wrongCredentials:
      self.metrics.logins.increment("wrong_credentials")
      return .shown(
        page.response(status: .forbidden, message: "Wrong e-mail address or password."))
    case .throttled(let seconds):
      self.metrics.logins.increment("throttled")
      var response = page.response(
        status: .tooManyRequests,
        message: "Too many failed logins. Try again in \(seconds) seconds.")
      response.headers[.retryAfter] = "\(seconds)"
      return .shown(response)
    }
  }

  private enum Attempt<Value: Sendable>: Sendable {
    case loggedIn(Value)
    case wrongCredentials
    case throttled(retryAfterSeconds: UInt32)
  }

  /// Checks the password outside a transaction.
  private func logIn<Value: Sendable>(
    _ email: EmailAddress, password: Secret, from address: RemoteAddress,
    then body:
      @escaping @Sendable (Cloud, LoggedInOwner, any StoreTransaction, UnixMilliseconds) throws
      -> Value
  ) async throws -> Attempt<Value> {
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
          return .loggedIn(try body(cloud, owner, transaction, now))
        case .wrongCredentials:
          return .wrongCredentials
        case .throttled(let seconds):
          return .throttled(retryAfterSeconds: seconds)
        }
      }
    }
  }
}
