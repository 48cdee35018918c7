import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct LoginTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!

  init() throws { _ = try self.fixture.register(self.owner) }

  enum Answer: Equatable {
    case loggedIn, wrongCredentials
    case throttled(UInt32)
  }

  /// One whole attempt.
  private func attempt(
    _ password: Secret, as email: EmailAddress? = nil,
    from address: RemoteAddress = CloudFixture.address
  ) throws -> Answer {
    let start = try self.fixture.transaction {
      try self.fixture.cloud.beginLogin(
        email: email ?? self.owner, from: address, in: $0, at: self.fixture.now)
    }
    switch start {
    case .throttled(let seconds): return .throttled(seconds)
    case .verify(let challenge): return try self.complete(challenge, password)
    }
  }

  private func complete(_ challenge: LoginChallenge, _ password: Secret) throws -> Answer {
    let verdict = try challenge.hash.verify(password)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.completeLogin(
        challenge, verdict: verdict, in: $0, at: self.fixture.now)
    }
    switch outcome {
    case .loggedIn: return .loggedIn
    case .wrongCredentials, .secondFactorNeeded: return .wrongCredentials
    case .throttled(let seconds): return .throttled(seconds)
    }
  }

  private let wrong = Secret("wrong horse battery")
  /// Wrong without being hashed, which for an unknown account takes the full cost.
  private let empty = Secret("")

  @Test func `an address is registered once, whatever the case of its letters`() throws {
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.register(
        email: EmailAddress("OWNER@Example.ORG")!, passwordHash: CloudFixture.passwordHash,
        in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
    #expect(outcome == .emailTaken)
  }

  @Test func `the right password logs in, the wrong one does not`() throws {
    #expect(try self.attempt(CloudFixture.password) == .loggedIn)
    #expect(try self.attempt(self.wrong) == .wrongCredentials)
  }

  @Test func `an unknown account is refused as a wrong password is`() throws {
    let nobody = EmailAddress("nobody@example.org")!
    #expect(try self.attempt(CloudFixture.password, as: nobody) == .wrongCredentials)
    for _ in 0..<4 { #expect(try self.attempt(self.empty, as: nobody) == .wrongCredentials) }
    #expect(try self.attempt(CloudFixture.password, as: nobody) == .throttled(1))
  }

  @Test func `after five failures each further one doubles the wait, up to a minute`() throws {
    for _ in 0..<5 { #expect(try self.attempt(self.wrong) == .wrongCredentials) }
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] as [UInt32] {
      #expect(try self.attempt(CloudFixture.password) == .throttled(seconds))
      self.fixture.advance(milliseconds: UInt64(seconds) * 1_000 - 1)
      #expect(try self.attempt(self.wrong) == .throttled(1))
      self.fixture.advance(milliseconds: 1)
      #expect(try self.attempt(self.wrong) == .wrongCredentials)
    }
    self.fixture.advance(milliseconds: 60_000)
    #expect(try self.attempt(CloudFixture.password) == .loggedIn)
  }

  @Test func `a success forgets the account's failures`() throws {
    for _ in 0..<4 { #expect(try self.attempt(self.wrong) == .wrongCredentials) }
    #expect(try self.attempt(CloudFixture.password) == .loggedIn)
    for _ in 0..<5 { #expect(try self.attempt(self.wrong) == .wrongCredentials) }
    #expect(try self.attempt(self.wrong) == .throttled(1))
  }

  @Test func `one address that tries many accounts is slowed down, others are not`() throws {
    for number in 0..<20 {
      let email = EmailAddress("guess\(number)@example.org")!
      #expect(try self.attempt(self.empty, as: email) == .wrongCredentials)
    }
    #expect(try self.attempt(CloudFixture.password) == .throttled(1))
    #expect(
      try self.attempt(CloudFixture.password, from: RemoteAddress("192.0.2.2")) == .loggedIn)
  }

  @Test func `attempts that began before a failure was counted do not slip through`() throws {
    let start = try self.fixture.transaction {
      try self.fixture.cloud.beginLogin(
        email: self.owner, from: CloudFixture.address, in: $0, at: self.fixture.now)
    }
    guard case .verify(let challenge) = start else { throw FixtureFailure() }
    for _ in 0..<5 { #expect(try self.complete(challenge, self.wrong) == .wrongCredentials) }
    #expect(try self.complete(challenge, CloudFixture.password) == .throttled(1))
  }

  @Test func `a clock that jumps back locks nobody out for longer`() throws {
    for _ in 0..<5 { #expect(try self.attempt(self.wrong) == .wrongCredentials) }
    #expect(try self.attempt(CloudFixture.password) == .throttled(1))
    self.fixture.now = UnixMilliseconds(1_000)
    // The first failure by the new clock counts from then.
    #expect(try self.attempt(self.wrong) == .wrongCredentials)
    #expect(try self.attempt(CloudFixture.password) == .throttled(2))
    self.fixture.now = UnixMilliseconds(61_000)
    #expect(try self.attempt(CloudFixture.password) == .loggedIn)
  }

  @Test func `failures are forgotten after an hour`() throws {
    for _ in 0..<5 { _ = try self.attempt(self.wrong) }
    self.fixture.advance(milliseconds: 3_600_000)
    #expect(try self.attempt(self.wrong) == .wrongCredentials)
    #expect(try self.attempt(CloudFixture.password) == .loggedIn)
  }

  @Test func `a verdict on another hash is refused`() throws {
    let start = try self.fixture.transaction {
      try self.fixture.cloud.beginLogin(
        email: self.owner, from: CloudFixture.address, in: $0, at: self.fixture.now)
    }
    guard case .verify(let challenge) = start else { throw FixtureFailure() }
    let verdict = try challenge.hash.verify(CloudFixture.password)
    // The password is changed before the login is completed.
    let changed = try PasswordHash(
      of: try #require(Password("another password")), random: &self.fixture.random)
    let outcome = try self.fixture.transaction { transaction in
      var account = try #require(try transaction.account(email: self.owner))
      account.passwordHash = changed
      try transaction.save(account)
      return try self.fixture.cloud.completeLogin(
        challenge, verdict: verdict, in: transaction, at: self.fixture.now)
    }
    guard case .wrongCredentials = outcome else {
      Issue.record("accepted: \(outcome)")
      return
    }
  }
}
