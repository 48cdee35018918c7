import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct SecondFactorTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  private static let browser = Secret("the browser's cookie")

  init() throws { _ = try self.fixture.register(self.owner) }

  // MARK: Enrolment

  private func confirmed(_ caller: Authenticated) throws -> ConfirmedCaller {
    let start = try self.fixture.transaction {
      try self.fixture.cloud.beginConfirmation(of: caller, in: $0, at: self.fixture.now)
    }
    guard case .verify(let challenge) = start else { throw Unexpected() }
    let verdict = try challenge.hash.verify(CloudFixture.password)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.confirm(
        caller, challenge, verdict: verdict, in: $0, at: self.fixture.now)
    }
    guard case .confirmed(let owner) = outcome else { throw Unexpected() }
    return owner
  }

  private struct Unexpected: Error {}

  private func enrol(_ caller: Authenticated) throws -> OneTimePassword {
    let owner = try self.confirmed(caller)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.enrol(
        owner, in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
    guard case .done(let enrolment) = outcome,
      let secret = Base32.decode(enrolment.secret.text.utf8)
    else { throw Unexpected() }
    return OneTimePassword(secret: secret)
  }

  private func code(_ password: OneTimePassword, offset: Int = 0) -> Secret {
    let step = Int(OneTimePassword.step(at: self.fixture.now)) + offset
    return Secret(password.code(counter: UInt64(step)))
  }

  private enum Answer: Equatable {
    case codes([String])
    case done, wrongCode, conflict
    case throttled(UInt32)
  }

  private func answer(_ outcome: SecondFactorOutcome<[Secret]>) throws -> Answer {
    switch outcome {
    case .done(let codes): .codes(codes.map(\.text))
    case .wrongCode: .wrongCode
    case .throttled(let seconds): .throttled(seconds)
    case .conflict: .conflict
    case .refused: throw Unexpected()
    }
  }

  private func confirm(_ code: Secret, by caller: Authenticated) throws -> Answer {
    try self.answer(
      self.fixture.transaction {
        try self.fixture.cloud.confirmSecondFactor(
          code: code, by: caller, in: $0, at: self.fixture.now, random: &self.fixture.random)
      })
  }

  private func renew(_ code: Secret, by caller: Authenticated) throws -> Answer {
    try self.answer(
      self.fixture.transaction {
        try self.fixture.cloud.renewRecoveryCodes(
          code: code, by: caller, in: $0, at: self.fixture.now, random: &self.fixture.random)
      })
  }

  private func disable(_ code: Secret, by caller: Authenticated) throws -> Answer {
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.disableSecondFactor(
        code: code, by: caller, in: $0, at: self.fixture.now)
    }
    switch outcome {
    case .done: return .done
    case .wrongCode: return .wrongCode
    case .throttled(let seconds): return .throttled(seconds)
    case .conflict: return .conflict
    case .refused: throw Unexpected()
    }
  }

  /// An account whose second factor is active; the clock has moved on to the next step.
  private func protected() throws -> (
    caller: Authenticated, password: OneTimePassword, recovery: [String]
  ) {
    let caller = try self.fixture.app(of: self.owner)
    let password = try self.enrol(caller)
    guard case .codes(let codes) = try self.confirm(self.code(password), by: caller) else {
      throw Unexpected()
    }
    self.fixture.advance(milliseconds: 60_000)
    return (caller, password, codes)
  }

  // MARK: Login

  private func ticket(
    _ password: Secret = CloudFixture.password, marks: [Secret] = [], client: String = "relink-app"
  ) throws -> Secret {
    let start = try self.fixture.transaction {
      try self.fixture.cloud.beginLogin(
        email: self.owner, from: CloudFixture.address, marks: marks, in: $0, at: self.fixture.now)
    }
    guard case .verify(let challenge) = start else { throw Unexpected() }
    let verdict = try challenge.hash.verify(password)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.completeLogin(
        challenge, verdict: verdict, in: $0, at: self.fixture.now)
    }
    guard case .secondFactorNeeded(let proof) = outcome else { throw Unexpected() }
    let request = try self.request(client: client)
    return try self.fixture.transaction {
      try self.fixture.cloud.loginTicket(
        for: proof, to: LoginPurpose(request), browser: Self.browser, in: $0, at: self.fixture.now)
    }
  }

  private enum Login: Equatable {
    case loggedIn, wrongCode, startAgain
    case throttled(UInt32)
  }

  private func show(
    _ code: Secret, ticket: Secret, browser: Secret = SecondFactorTests.browser,
    from address: RemoteAddress = CloudFixture.address, marks: [Secret] = [],
    state: String? = "a state", client: String = "relink-app"
  ) throws -> Login {
    let request = try self.request(state: state, client: client)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.completeSecondFactor(
        ticket: ticket, browser: browser, code: code, to: LoginPurpose(request), from: address,
        marks: marks,
        in: $0, at: self.fixture.now)
    }
    switch outcome {
    case .loggedIn: return .loggedIn
    case .wrongCode: return .wrongCode
    case .startAgain: return .startAgain
    case .throttled(let seconds): return .throttled(seconds)
    }
  }

  private func request(
    state: String? = "a state", client: String
  ) throws -> AuthorizationRequest {
    let parameters = AuthorizationParameters(
      responseType: "code", clientID: client, redirectURI: CloudFixture.redirectURI,
      state: state, codeChallenge: CloudFixture.codeChallenge, codeChallengeMethod: "S256")
    guard case .valid(let request) = self.fixture.cloud.validate(parameters) else {
      throw Unexpected()
    }
    return request
  }

  @Test func `the password is enough until a code was shown`() throws {
    let caller = try self.fixture.app(of: self.owner)
    _ = try self.enrol(caller)
    _ = try self.fixture.logIn(self.owner)
    let password = try self.enrol(caller)
    #expect(try self.confirm(Secret("000000"), by: caller) == .wrongCode)
    _ = try self.fixture.logIn(self.owner)
    guard case .codes(let codes) = try self.confirm(self.code(password), by: caller) else {
      throw Unexpected()
    }
    #expect(Set(codes).count == 10)
    #expect(codes.allSatisfy { $0.utf8.count == 19 && $0.split(separator: "-").count == 4 })
    #expect(throws: (any Error).self) { try self.fixture.logIn(self.owner) }
    #expect(throws: (any Error).self) { try self.enrol(caller) }
  }

  @Test func `a code logs in once`() throws {
    let (_, password, _) = try self.protected()
    let ticket = try self.ticket()
    let code = self.code(password)
    #expect(try self.show(Secret("123"), ticket: ticket) == .wrongCode)
    #expect(try self.show(code, ticket: ticket) == .loggedIn)
    #expect(try self.show(code, ticket: ticket) == .wrongCode)
    #expect(try self.show(self.code(password, offset: -1), ticket: ticket) == .wrongCode)
    #expect(try self.show(self.code(password, offset: 1), ticket: ticket) == .loggedIn)
  }

  @Test func `a recovery code logs in once, however it is spelled`() throws {
    let (_, _, recovery) = try self.protected()
    let ticket = try self.ticket()
    let spelled = Secret(recovery[3].uppercased().replacing("-", with: " "))
    #expect(try self.show(spelled, ticket: ticket) == .loggedIn)
    #expect(try self.show(Secret(recovery[3]), ticket: ticket) == .wrongCode)
    #expect(try self.show(Secret(recovery[4]), ticket: ticket) == .loggedIn)
  }

  @Test func `a ticket is for one request, one browser, five minutes and until a logout`() throws {
    let (_, password, _) = try self.protected()
    let ticket = try self.ticket()
    let code = self.code(password)
    #expect(try self.show(code, ticket: ticket, browser: Secret("")) == .startAgain)
    #expect(try self.show(code, ticket: ticket, state: "another state") == .startAgain)
    #expect(try self.show(code, ticket: ticket, state: nil) == .startAgain)
    for bad in ["", "x", String(ticket.text.dropFirst(4)), String(repeating: "A", count: 75)] {
      #expect(try self.show(code, ticket: Secret(bad)) == .startAgain)
    }
    self.fixture.advance(milliseconds: 300_000)
    #expect(try self.show(self.code(password), ticket: ticket) == .startAgain)

    for target in [
      LogoutTarget.everyone, .kind(.app), .region(.standard), .account(self.owner),
      .issuedBefore(nil),
    ] {
      self.fixture.advance(milliseconds: 60_000)
      let second = try self.ticket()
      self.fixture.advance(milliseconds: 1_000)
      try self.fixture.logOut(target)
      #expect(try self.show(self.code(password), ticket: second) == .startAgain, "\(target)")
      #expect(try self.show(self.code(password), ticket: self.ticket()) == .loggedIn)
    }
    let third = try self.ticket()
    self.fixture.advance(milliseconds: 60_000)
    try self.fixture.logOut(.kind(.scale))
    #expect(try self.show(self.code(password), ticket: third) == .loggedIn)
  }

  @Test func `a ticket of a platform's login dies with a logout of that platform`() throws {
    let (_, password, _) = try self.protected()
    let platform = OAuthClient(
      id: "home-platform", kind: .google, redirectURIs: [CloudFixture.redirectURI],
      policy: PolicyPreset.google.policy, authentication: ClientAuthentication.none)
    self.fixture.setClients(OAuthClient.builtIn() + [platform])
    let ticket = try self.ticket(client: platform.id)
    try self.fixture.logOut(.kind(.app))
    #expect(try self.show(self.code(password), ticket: ticket, client: platform.id) == .loggedIn)
    self.fixture.advance(milliseconds: 60_000)
    let second = try self.ticket(client: platform.id)
    try self.fixture.logOut(.kind(.google))
    #expect(try self.show(self.code(password), ticket: second, client: platform.id) == .startAgain)
  }

  @Test func `a ticket dies with the password that it was given for`() throws {
    let (_, password, _) = try self.protected()
    let ticket = try self.ticket()
    let other = try PasswordHash(
      of: try #require(Password("another password")), random: &self.fixture.random)
    try self.fixture.transaction { transaction in
      var account = try #require(try transaction.account(email: self.owner))
      account.passwordHash = other
      try transaction.save(account)
    }
    #expect(try self.show(self.code(password), ticket: ticket) == .startAgain)
  }

  @Test func `wrong codes are throttled, for up to a quarter of an hour`() throws {
    let (_, password, _) = try self.protected()
    for _ in 0..<5 { #expect(try self.show(Secret("000000"), ticket: self.ticket()) == .wrongCode) }
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] as [UInt32] {
      let ticket = try self.ticket()
      #expect(try self.show(self.code(password), ticket: ticket) == .throttled(seconds))
      self.fixture.advance(milliseconds: UInt64(seconds) * 1_000)
      #expect(
        try self.show(
          Secret("000000"), ticket: self.ticket(), from: RemoteAddress("192.0.2.\(seconds % 200)"))
          == .wrongCode)
    }
  }

  @Test func `who knows the password does not keep the owner out`() throws {
    let (_, password, recovery) = try self.protected()
    // The owner has logged in before, so that browser is known.
    let ticket = try self.ticket()
    let request = try self.fixture.authorizationRequest()
    let code = self.code(password)
    let mark = try self.fixture.transaction { transaction in
      let outcome = try self.fixture.cloud.completeSecondFactor(
        ticket: ticket, browser: Self.browser, code: code, to: LoginPurpose(request),
        from: CloudFixture.address, marks: [], in: transaction, at: self.fixture.now)
      guard case .loggedIn(let owner) = outcome else { throw Unexpected() }
      return try #require(
        self.fixture.cloud.browserMark(
          for: owner, marks: [], at: self.fixture.now, random: &self.fixture.random))
    }
    self.fixture.advance(milliseconds: 60_000)
    let attacker = RemoteAddress("203.0.113.1")
    for _ in 0..<5 {
      #expect(try self.show(Secret("000000"), ticket: self.ticket(), from: attacker) == .wrongCode)
    }
    #expect(try self.show(self.code(password), ticket: self.ticket()) == .throttled(1))
    // A recovery code is not guessed, so it is not held up.
    #expect(try self.show(Secret(recovery[0]), ticket: self.ticket()) == .loggedIn)
    // That forgave the failures; the attacker goes on.
    for _ in 0..<5 {
      #expect(try self.show(Secret("000000"), ticket: self.ticket(), from: attacker) == .wrongCode)
    }
    #expect(try self.show(self.code(password), ticket: self.ticket()) == .throttled(1))
    let known = try self.show(self.code(password), ticket: self.ticket(), marks: [mark])
    #expect(known == .loggedIn)
  }

  @Test func `guesses at the code do not forget the wrong passwords`() throws {
    _ = try self.protected()
    for _ in 0..<3 {
      #expect(throws: (any Error).self) { try self.ticket(Secret("wrong")) }
    }
    _ = try self.ticket()
    let attempts = try self.fixture.transaction {
      try $0.loginAttempts(for: .account(self.owner))
    }
    #expect(attempts?.failures == 3)
  }

  @Test func `a login makes the address's next failures as quick to mend as the first were`() throws
  {
    let (_, password, _) = try self.protected()
    /// An empty password is wrong without being hashed.
    func fail() throws {
      #expect(throws: (any Error).self) { try self.ticket(Secret("")) }
      self.fixture.advance(milliseconds: 1_000_000)
    }
    let key = LoginAttemptKey.accountFrom(self.owner, CloudFixture.address.network)
    for _ in 0..<16 { try fail() }
    #expect(try self.fixture.transaction { try $0.loginAttempts(for: key) }?.failures == 16)
    #expect(try self.show(self.code(password), ticket: self.ticket()) == .loggedIn)
    #expect(try self.fixture.transaction { try $0.loginAttempts(for: key) } == nil)
  }

  @Test func `disabling and new recovery codes need a code`() throws {
    let (caller, password, recovery) = try self.protected()
    #expect(try self.renew(Secret("000000"), by: caller) == .wrongCode)
    guard case .codes(let renewed) = try self.renew(self.code(password), by: caller) else {
      throw Unexpected()
    }
    #expect(Set(renewed).isDisjoint(with: recovery))
    #expect(try self.disable(self.code(password), by: caller) == .wrongCode)
    #expect(try self.disable(Secret(recovery[0]), by: caller) == .wrongCode)
    #expect(try self.disable(Secret(renewed[0]), by: caller) == .done)
    _ = try self.fixture.logIn(self.owner)
    #expect(try self.disable(Secret(renewed[1]), by: caller) == .conflict)
    #expect(try self.renew(Secret(renewed[1]), by: caller) == .conflict)
  }

  @Test func `an app's guesses are throttled on their own`() throws {
    let (caller, password, _) = try self.protected()
    for _ in 0..<5 { #expect(try self.disable(Secret("000000"), by: caller) == .wrongCode) }
    #expect(try self.disable(self.code(password), by: caller) == .throttled(1))
    // The login's budget is untouched.
    #expect(try self.show(self.code(password), ticket: self.ticket()) == .loggedIn)
  }

  @Test func `the stored record gives away neither secret nor codes`() throws {
    let caller = try self.fixture.app(of: self.owner)
    let owner = try self.confirmed(caller)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.enrol(
        owner, in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
    guard case .done(let enrolment) = outcome,
      let secret = Base32.decode(enrolment.secret.text.utf8)
    else { throw Unexpected() }
    let stored = try self.fixture.transaction {
      try #require(try $0.secondFactor(of: caller.account))
    }
    #expect(secret.count == 20)
    #expect(stored.sealedSecret.count == 12 + 20 + 16)
    #expect(
      !stored.sealedSecret.indices.contains { stored.sealedSecret[$0...].starts(with: secret) })
    #expect(
      enrolment.uri.text
        == "otpauth://totp/Relink:owner%40example.org?secret=\(enrolment.secret.text)"
        + "&issuer=Relink&algorithm=SHA1&digits=6&period=30")
    #expect(!"\(enrolment)".contains(enrolment.secret.text))
  }

  @Test func `with other keys the secret does not open, and recovery codes still work`() throws {
    let (caller, password, recovery) = try self.protected()
    let other = Cloud(
      configuration: CloudConfiguration(
        keys: self.fixture.cloud.configuration.keys,
        signInKeys: SignInKeys(random: &self.fixture.random)))
    func disable(_ code: Secret) throws -> SecondFactorOutcome<Void> {
      try self.fixture.transaction {
        try other.disableSecondFactor(code: code, by: caller, in: $0, at: self.fixture.now)
      }
    }
    guard case .wrongCode = try disable(self.code(password)) else { throw Unexpected() }
    guard case .done = try disable(Secret(recovery[0])) else { throw Unexpected() }
  }
}
