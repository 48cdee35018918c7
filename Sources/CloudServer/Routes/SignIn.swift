import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird

/// What a browser shows of itself.
struct LoggingInBrowser: Sendable {
  let address: RemoteAddress
  /// Of accounts whose owners have logged in with it.
  let marks: [Secret]
  /// Set with the password, and asked for with the code.
  let login: Secret?

  init(_ request: Request, _ context: CloudRequestContext) {
    self.address = context.connection.remoteAddress
    self.marks = Cookie.browserMarks(of: request)
    self.login = Cookie.login(of: request)
  }
}

enum SignInOutcome<Value: Sendable>: Sendable {
  /// With what the browser is to keep.
  case signedIn(Value, [Cookie])
  /// Nobody is logged in, or not yet: the page, with why or with what is asked for next.
  case shown(Response)
}

/// What comes of one step of a login, in its transaction.
private enum SignInResult<Value: Sendable>: Sendable {
  case signedIn(Value, [Cookie])
  /// The password was right. With what the page and the browser carry on.
  case secondFactorNeeded(ticket: Secret, cookie: Secret)
  case wrong
  case throttled(retryAfterSeconds: UInt32)
  case startAgain
}

extension CloudService {
  /// Runs for who is logged in, in the transaction that counts the attempt.
  typealias SignInBody<Value> =
    @Sendable (Cloud, LoggedInOwner, any StoreTransaction, UnixMilliseconds) throws -> Value

  /// Logs an owner in by a form's `email` and `password` or, if the account has a second factor and
  /// those were right, by its `login` and `code`.
  func signIn<Value: Sendable>(
    _ form: Form, from browser: LoggingInBrowser, page: some SignInPage,
    then body: @escaping SignInBody<Value>
  ) async throws -> SignInOutcome<Value> {
    if let ticket = form["login"] {
      return try await self.show(
        form["code"].map { Secret($0) }, ticket: Secret(ticket), from: browser, page: page,
        then: body)
    }
    func refused(_ status: HTTPResponse.Status, _ message: String) -> SignInOutcome<Value> {
      .shown(page.response(status: status, step: .password, message: message))
    }
    guard let emailText = form["email"], let password = form["password"] else {
      return refused(.badRequest, "Enter your e-mail address and password.")
    }
    guard let email = EmailAddress(emailText) else {
      return refused(.badRequest, "This is not an e-mail address.")
    }
    switch try await self.logIn(
      email, password: PasswordText(password), from: browser, purpose: page.purpose, then: body)
    {
    case .signedIn(let value, let cookies):
      self.metrics.logins.increment("granted")
      return .signedIn(value, cookies)
    case .secondFactorNeeded(let ticket, let cookie):
      self.metrics.logins.increment("second_factor_needed")
      let response = page.response(status: .ok, step: .code(ticket: ticket))
      return .shown(response.setting([Cookie(login: cookie)]))
    case .wrong, .startAgain:
      self.metrics.logins.increment("wrong_credentials")
      return refused(.forbidden, "Wrong e-mail address or password.")
    case .throttled(let seconds):
      self.metrics.logins.increment("throttled")
      return .shown(page.throttled(seconds, step: .password))
    }
  }

  /// Checks the password outside a transaction.
  private func logIn<Value: Sendable>(
    _ email: EmailAddress, password: PasswordText, from browser: LoggingInBrowser,
    purpose: LoginPurpose, then body: @escaping SignInBody<Value>
  ) async throws -> SignInResult<Value> {
    let start = try await self.read { cloud, reader, now in
      try cloud.beginLogin(
        email: email, from: browser.address, marks: browser.marks, in: reader, at: now)
    }
    switch start {
    case .throttled(let seconds):
      return .throttled(retryAfterSeconds: seconds)
    case .verify(let challenge):
      let verdict = try await self.passwords.run(for: .login) {
        try password.verify(challenge.hash)
      }
      return try await self.write { cloud, transaction, now in
        switch try cloud.completeLogin(challenge, verdict: verdict, in: transaction, at: now) {
        case .loggedIn(let owner):
          return .signedIn(
            try body(cloud, owner, transaction, now),
            cloud.newCookies(for: owner, on: browser, at: now))
        case .secondFactorNeeded(let proof):
          var random = SystemRandomNumberGenerator()
          // A new one each time: nobody can have put it there before.
          let cookie = Secret(random: &random)
          return .secondFactorNeeded(
            ticket: try cloud.loginTicket(
              for: proof, to: purpose, browser: cookie, in: transaction, at: now),
            cookie: cookie)
        case .wrongCredentials:
          return .wrong
        case .throttled(let seconds):
          return .throttled(retryAfterSeconds: seconds)
        }
      }
    }
  }

  /// After the password: the code.
  private func show<Value: Sendable>(
    _ code: Secret?, ticket: Secret, from browser: LoggingInBrowser, page: some SignInPage,
    then body: @escaping SignInBody<Value>
  ) async throws -> SignInOutcome<Value> {
    func refused(_ status: HTTPResponse.Status, _ message: String) -> SignInOutcome<Value> {
      .shown(page.response(status: status, step: .code(ticket: ticket), message: message))
    }
    guard let code else { return refused(.badRequest, "Enter a code.") }
    let purpose = page.purpose
    let result: SignInResult<Value> = try await self.write { cloud, transaction, now in
      // A ticket without the cookie that was set with it is somebody else's.
      switch try cloud.completeSecondFactor(
        ticket: ticket, browser: browser.login ?? Secret(""), code: code, to: purpose,
        from: browser.address, marks: browser.marks, in: transaction, at: now)
      {
      case .loggedIn(let owner):
        return .signedIn(
          try body(cloud, owner, transaction, now),
          cloud.newCookies(for: owner, on: browser, at: now) + [.noLogin])
      case .wrongCode: return .wrong
      case .throttled(let seconds): return .throttled(retryAfterSeconds: seconds)
      case .startAgain: return .startAgain
      }
    }
    switch result {
    case .signedIn(let value, let cookies):
      self.metrics.logins.increment("granted")
      return .signedIn(value, cookies)
    case .wrong, .secondFactorNeeded:
      self.metrics.logins.increment("wrong_code")
      return refused(.forbidden, "Wrong code, or one that was used. Each works once.")
    case .throttled(let seconds):
      self.metrics.logins.increment("throttled")
      return .shown(page.throttled(seconds, step: .code(ticket: ticket)))
    case .startAgain:
      return .shown(
        page.response(
          status: .forbidden, step: .password, message: "This took too long. Log in again."))
    }
  }
}

extension Cloud {
  /// What the browser of an owner who has logged in is to keep, unless it has it.
  fileprivate func newCookies(
    for owner: LoggedInOwner, on browser: LoggingInBrowser, at now: UnixMilliseconds
  ) -> [Cookie] {
    var random = SystemRandomNumberGenerator()
    let mark = self.browserMark(for: owner, marks: browser.marks, at: now, random: &random)
    return mark.map { [Cookie(browserMark: $0, of: owner.account.id)] } ?? []
  }
}

extension Secret {
  /// 128 random bits, as text for a cookie.
  fileprivate init(random: inout some RandomNumberGenerator) {
    self.init(String(decoding: Base64URL.encode(randomBytes(16, from: &random)), as: UTF8.self))
  }
}
