import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// Beside `LoginTests`: whom an attacker cannot keep out, and what is bounded.
struct ThrottleTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  private static let home = RemoteAddress("198.51.100.7")

  init() throws { _ = try self.fixture.register(self.owner) }

  enum Answer: Equatable {
    case loggedIn, wrong
    case throttled(UInt32)
  }

  /// One whole attempt. An empty password is wrong without being hashed.
  private func attempt(
    _ password: Secret = Secret(""), as email: EmailAddress? = nil,
    from address: RemoteAddress = CloudFixture.address, marks: [Secret] = []
  ) throws -> Answer {
    let start = try self.fixture.transaction {
      try self.fixture.cloud.beginLogin(
        email: email ?? self.owner, from: address, marks: marks, in: $0, at: self.fixture.now)
    }
    guard case .verify(let challenge) = start else {
      guard case .throttled(let seconds) = start else { throw Unexpected() }
      return .throttled(seconds)
    }
    let verdict = try challenge.hash.verify(password)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.completeLogin(
        challenge, verdict: verdict, in: $0, at: self.fixture.now)
    }
    switch outcome {
    case .loggedIn: return .loggedIn
    case .wrongCredentials, .secondFactorNeeded: return .wrong
    case .throttled(let seconds): return .throttled(seconds)
    }
  }

  private struct Unexpected: Error {}

  /// What the owner's browser keeps of a login.
  private func mark(of email: EmailAddress? = nil) throws -> Secret {
    let owner = try self.fixture.logIn(email ?? self.owner)
    return try #require(
      self.fixture.cloud.browserMark(
        for: owner, marks: [], at: self.fixture.now, random: &self.fixture.random))
  }

  /// Fails from many addresses until the account is throttled for everybody who is not known.
  private func hammer() throws {
    for number in 0..<12 {
      _ = try self.attempt(from: RemoteAddress("203.0.113.\(number)"))
      if case .throttled(let seconds) = try self.attempt(from: RemoteAddress("203.0.113.99")) {
        self.fixture.advance(milliseconds: UInt64(seconds) * 1_000)
      }
    }
    _ = try self.attempt(from: RemoteAddress("203.0.113.200"))
  }

  @Test func `who tries again and again leaves each next attempt to others`() throws {
    let guessers = (1...3).map { RemoteAddress("203.0.113.\($0)") }
    func hammer(forSeconds count: Int) throws {
      for _ in 0..<count * 2 {
        for guesser in guessers { _ = try self.attempt(from: guesser) }
        self.fixture.advance(milliseconds: 500)
      }
    }
    try hammer(forSeconds: 3_600)
    // They ask twice a second, and the owner, from an address that nobody knows, every ten seconds.
    var waits: [UInt32] = []
    for _ in 0..<7 {
      switch try self.attempt(CloudFixture.password, from: Self.home) {
      case .loggedIn:
        #expect(waits.allSatisfy { $0 <= 60 })
        return
      case .throttled(let seconds): waits.append(seconds)
      case .wrong: throw Unexpected()
      }
      try hammer(forSeconds: 10)
    }
    Issue.record("kept out: \(waits)")
  }

  @Test func `an owner who has mistyped twice gets in beside those who have failed more often`()
    throws
  {
    let guesser = RemoteAddress("203.0.113.1")
    for _ in 0..<2_400 {
      _ = try self.attempt(from: guesser)
      self.fixture.advance(milliseconds: 500)
    }
    var failures = 0
    for _ in 0..<1_200 {
      _ = try self.attempt(from: guesser)
      switch try self.attempt(failures < 2 ? Secret("") : CloudFixture.password, from: Self.home) {
      case .loggedIn: return
      case .wrong: failures += 1
      case .throttled: break
      }
      self.fixture.advance(milliseconds: 500)
    }
    Issue.record("kept out after \(failures) failures")
  }

  @Test func `who hammers an account does not keep out a browser that its owner has used`() throws {
    let mark = try self.mark()
    try self.hammer()
    // The owner from a browser that nobody knows has to wait, as the attacker does.
    #expect(try self.attempt(CloudFixture.password, from: Self.home) == .throttled(60))
    #expect(
      try self.attempt(CloudFixture.password, from: Self.home, marks: [mark]) == .loggedIn)
    // Which does not give the attacker a new start.
    #expect(try self.attempt(from: RemoteAddress("203.0.113.201")) == .throttled(60))
  }

  @Test func `a login of one's own gives a guesser's address no new start`() throws {
    let own = try #require(EmailAddress("own@example.org"))
    _ = try self.fixture.register(own)
    func guess(_ number: Int) throws -> Answer {
      let address = String("victim\(number)@example.org")
      let victim: EmailAddress = try #require(EmailAddress(address))
      return try self.attempt(as: victim)
    }
    for number in 1...19 { #expect(try guess(number) == .wrong) }
    #expect(try self.attempt(CloudFixture.password, as: own) == .loggedIn)
    #expect(try guess(20) == .wrong)
    #expect(try guess(21) == .throttled(1))
  }

  @Test func `a mark is of no use to another account, and its own budget has an end`() throws {
    let other = EmailAddress("other@example.org")!
    _ = try self.fixture.register(other)
    let foreign = try self.mark(of: other)
    let mark = try self.mark()
    for _ in 0..<5 { #expect(try self.attempt(marks: [foreign]) == .wrong) }
    #expect(try self.attempt(CloudFixture.password, marks: [foreign]) == .throttled(1))
    for _ in 0..<5 { #expect(try self.attempt(marks: [foreign, mark]) == .wrong) }
    #expect(try self.attempt(CloudFixture.password, marks: [foreign, mark]) == .throttled(1))
  }

  @Test func `a mark is worth nothing after the password was changed, garbled or in 400 days`()
    throws
  {
    let mark = try self.mark()
    try self.hammer()
    let garbled = Secret(String(mark.text.dropLast()) + (mark.text.hasSuffix("A") ? "B" : "A"))
    for bad in [garbled, Secret(""), Secret("x"), Secret(String(repeating: "A", count: 500))] {
      #expect(try self.attempt(CloudFixture.password, marks: [bad]) == .throttled(60))
    }
    #expect(try self.attempt(CloudFixture.password, marks: [mark]) == .loggedIn)

    let other = try PasswordHash(
      of: try #require(Password("another password")), random: &self.fixture.random)
    try self.fixture.transaction { transaction in
      var account = try #require(try transaction.account(email: self.owner))
      account.passwordHash = other
      try transaction.save(account)
    }
    #expect(try self.attempt(Secret("another password"), marks: [mark]) == .throttled(60))

    try self.fixture.transaction { transaction in
      var account = try #require(try transaction.account(email: self.owner))
      account.passwordHash = CloudFixture.passwordHash
      try transaction.save(account)
    }
    self.fixture.advance(milliseconds: 400 * 86_400_000)
    try self.hammer()
    #expect(try self.attempt(CloudFixture.password, marks: [mark]) == .throttled(60))
  }

  @Test func `one browser keeps one mark`() throws {
    let mark = try self.mark()
    let owner = try self.fixture.logIn(self.owner)
    #expect(
      self.fixture.cloud.browserMark(
        for: owner, marks: [mark], at: self.fixture.now, random: &self.fixture.random) == nil)
  }

  @Test func `an IPv6 customer has one budget, whichever addresses it takes`() throws {
    for number in 0..<20 {
      let email = EmailAddress("guess\(number)@example.org")!
      #expect(try self.attempt(as: email, from: RemoteAddress("2001:db8::\(number)")) == .wrong)
    }
    let answer = try self.attempt(
      CloudFixture.password, from: RemoteAddress("2001:db8::ffff:1"))
    #expect(answer == .throttled(1))
    #expect(
      try self.attempt(CloudFixture.password, from: RemoteAddress("2001:db8:0:1::1"))
        == .loggedIn)
  }

  @Test func `an address opens so many accounts an hour, and no other is held up`() throws {
    self.fixture.cloud = Cloud(
      configuration: CloudConfiguration(
        keys: self.fixture.cloud.configuration.keys, registrationsPerHour: 60))
    func admit(_ address: String) throws -> UInt32? {
      try self.fixture.transaction {
        try self.fixture.cloud.admitRegistration(
          from: RemoteAddress(address), in: $0, at: self.fixture.now)
      }
    }
    for number in 0..<60 { #expect(try admit("2001:db8::\(number)") == nil) }
    #expect(try admit("2001:db8::1") == 60)
    #expect(try admit("192.0.2.1") == nil)
    self.fixture.advance(milliseconds: 59_999)
    #expect(try admit("2001:db8::1") == 1)
    self.fixture.advance(milliseconds: 1)
    #expect(try admit("2001:db8::1") == nil)
    #expect(try admit("2001:db8::1") == 60)
    // A clock that jumps back holds up nobody for longer than an hour's worth.
    self.fixture.now = UnixMilliseconds(1_000_000)
    #expect(try admit("2001:db8::1") == nil)
  }

  @Test func `what is remembered of failures has a bound`() throws {
    try self.fixture.transaction { transaction in
      for number in 0..<1_000 {
        try transaction.save(
          LoginAttempts(
            failures: 1, lastFailureAt: UnixMilliseconds(self.fixture.now.value - 3_600_001)),
          for: .account(EmailAddress("guess\(number)@example.org")!))
      }
    }
    #expect(try self.attempt() == .wrong)
    let left = try self.fixture.transaction { transaction in
      try (0..<1_000).filter {
        try transaction.loginAttempts(
          for: .account(EmailAddress("guess\($0)@example.org")!)) != nil
      }.count
    }
    #expect(left == 0)
    #expect(
      try self.fixture.transaction { try $0.loginAttempts(for: .account(self.owner)) }?.failures
        == 1)
  }
}
