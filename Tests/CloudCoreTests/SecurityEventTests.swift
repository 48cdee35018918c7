import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct SecurityEventTests {
  private let fixture = CloudFixture()
  private let owner = EmailAddress("owner@example.org")!

  private func subscribe(
    _ endpoint: String = "https://qa.test/events", audience: String = "qa",
    authorization: String? = nil
  ) throws -> SubscribeOutcome {
    try self.fixture.transaction {
      try self.fixture.cloud.subscribe(
        endpoint: endpoint, audience: audience, authorization: authorization.map { Secret($0) },
        in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
  }

  private func receiver() throws -> Receiver {
    guard case .subscribed(let receiver) = try self.subscribe() else { throw Unexpected() }
    return receiver
  }

  private struct Unexpected: Error {}

  private func events() throws -> [SecurityEvent] {
    try self.fixture.transaction {
      try $0.securityEvents(after: 0, limit: 100).map(\.event)
    }
  }

  private func app() throws -> GrantedTokens {
    _ = try self.fixture.register(self.owner)
    return try self.fixture.signIn(self.owner)
  }

  // MARK: What is told

  @Test func `without a receiver nothing is kept`() throws {
    _ = try self.app()
    try self.fixture.logOut(.everyone)
    #expect(try self.events().isEmpty)
  }

  @Test func `everyone's logout is one event, however many are logged out`() throws {
    let app = try self.app()
    for number in UInt8(1)...5 { _ = try self.fixture.pairedCamera(number, app: app) }
    _ = try self.receiver()
    try self.fixture.logOut(.everyone)
    #expect(
      try self.events() == [
        SecurityEvent(
          at: self.fixture.now, scope: .everyone, initiator: .admin, reason: "exercise")
      ])
  }

  @Test func `each scope of a forced logout is told as itself`() throws {
    let app = try self.app()
    let camera = try self.fixture.pairedCamera(1, app: app)
    _ = try self.receiver()
    let device = try #require(camera.device)
    for target in [
      .kind(.camera), .account(self.owner), .device(device), .session(camera.session),
    ] as [LogoutTarget] {
      try self.fixture.logOut(target)
    }
    let events = try self.events()
    #expect(
      events.map(\.scope) == [
        .kind(.camera), .account(app.account), .device(device), .session(camera.session),
      ])
    // Whose device or session it is is told too.
    #expect(events.map(\.account) == [nil, nil, app.account, app.account])
    #expect(events.map(\.device) == [nil, nil, nil, device])
    #expect(events.allSatisfy { $0.initiator == .admin && $0.reason == "exercise" })
  }

  @Test func `a replay, a revocation and a removal are told, each once`() throws {
    let app = try self.app()
    let replayed = try self.fixture.pairedCamera(1, app: app)
    let removed = try self.fixture.pairedCamera(2, app: app)
    _ = try self.receiver()

    let second = try self.fixture.refresh(replayed.refreshToken, camera: 1).tokens()
    _ = try self.fixture.refresh(second.refreshToken, camera: 1)
    #expect(
      try self.fixture.refresh(replayed.refreshToken, camera: 1).refusal?.reason == .replayed)
    // Its session is dead by now: nothing more to tell.
    #expect(try self.fixture.refresh(replayed.refreshToken, camera: 1).refusal != nil)
    _ = try self.fixture.transaction { transaction in
      let caller = try self.fixture.caller(app)
      return try self.fixture.cloud.removeDevice(
        try #require(removed.device), by: caller, in: transaction, at: self.fixture.now)
    }
    for _ in 0..<2 {
      _ = try self.fixture.transaction {
        try self.fixture.cloud.revoke(
          app.refreshToken, clientID: "relink-app", certificate: nil, in: $0, at: self.fixture.now)
      }
    }
    let events = try self.events()
    #expect(
      events.map(\.scope) == [
        .session(replayed.session), .session(removed.session), .session(app.session),
      ])
    #expect(events.map(\.initiator) == [.policy, .user, .user])
    #expect(events.map(\.device) == [replayed.device, removed.device, nil])
  }

  @Test func `a code that is used twice is told as no wish of the user's`() throws {
    _ = try self.fixture.register(self.owner)
    let code = try self.fixture.authorizationCode(of: self.owner)
    let exchange = TokenRequest.authorizationCode(
      code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
      codeVerifier: CloudFixture.codeVerifier)
    _ = try self.receiver()
    let tokens = try self.fixture.grantedTokens(exchange)
    #expect(try self.fixture.token(exchange).refusal != nil)
    #expect(try self.events().map(\.scope) == [.session(tokens.session)])
    #expect(try self.events().map(\.initiator) == [.policy])
  }

  @Test func `what is not done is not told`() throws {
    _ = try self.app()
    _ = try self.receiver()
    struct Abort: Error {}
    #expect(throws: Abort.self) {
      try self.fixture.transaction { transaction in
        _ = try self.fixture.cloud.logOut(
          .everyone, reason: "", in: transaction, at: self.fixture.now)
        throw Abort()
      }
    }
    #expect(try self.events().isEmpty)
    #expect(try self.fixture.transaction { try $0.newestSecurityEventNumber() } == 0)
  }

  // MARK: How far each receiver is

  @Test func `a receiver is told what happens after it was subscribed`() throws {
    let first = try self.receiver()
    try self.fixture.logOut(.everyone)
    let second = try self.receiver()
    #expect(second.position == 1)
    try self.fixture.logOut(.everyone)
    try self.fixture.transaction { reader in
      #expect(try reader.securityEventCount(after: first.position) == 2)
      #expect(try reader.securityEventCount(after: second.position) == 1)
    }
  }

  @Test func `an event is kept until every receiver is done with it`() throws {
    let first = try self.receiver()
    let second = try self.receiver()
    for _ in 0..<3 { try self.fixture.logOut(.everyone) }
    func settle(_ number: UInt64, _ receiver: Receiver, _ result: DeliveryResult) throws {
      try self.fixture.transaction {
        try self.fixture.cloud.settle(number, of: receiver.id, as: result, in: $0)
      }
    }
    func numbers() throws -> [UInt64] {
      try self.fixture.transaction {
        try $0.securityEvents(after: 0, limit: 10).map(\.number)
      }
    }
    try settle(1, first, .delivered)
    #expect(try numbers() == [1, 2, 3])
    try settle(1, second, .retried)
    try settle(1, second, .retried)
    #expect(try numbers() == [1, 2, 3])
    try settle(1, second, .failed)
    #expect(try numbers() == [2, 3])
    // Late news of an attempt that was settled before.
    try settle(1, second, .delivered)
    let states = try self.fixture.transaction { try $0.receivers() }
    #expect(states.map(\.position) == [1, 1])
    #expect(states.map(\.delivered) == [1, 0])
    #expect(states.map(\.retried) == [0, 2])
    #expect(states.map(\.failed) == [0, 1])
    // Whoever is removed keeps nothing waiting.
    let isKnown = try self.fixture.transaction {
      try settle2(3, first, in: $0)
      return try self.fixture.cloud.unsubscribe(second.id, in: $0)
    }
    #expect(isKnown)
    #expect(try numbers().isEmpty)
    #expect(try !self.fixture.transaction { try self.fixture.cloud.unsubscribe(second.id, in: $0) })

    func settle2(_ number: UInt64, _ receiver: Receiver, in transaction: any StoreTransaction)
      throws
    {
      try self.fixture.cloud.settle(number, of: receiver.id, as: .delivered, in: transaction)
    }
  }

  // MARK: Who may be subscribed

  @Test(arguments: [
    "https://qa.test/events", "https://qa.test:9000", "HTTPS://qa.test/?x=y",
    "http://127.0.0.1:9000/events", "http://localhost/", "http://[::1]:9/x",
  ])
  func `an endpoint is https, or on this machine`(endpoint: String) throws {
    guard case .subscribed = try self.subscribe(endpoint) else { throw Unexpected() }
  }

  @Test(arguments: [
    "", "qa.test", "http://qa.test/events", "http://127.0.0.1.evil.test/", "http://127.0.0.2/",
    "ftp://127.0.0.1/", "http://localhost@evil.test/", "https://user@qa.test/", "https://",
    "https://qa.test/#fragment", "https://qa.test/ x", "https://qa.test/\r\nX: y",
    "https://qa.test/" + String(repeating: "a", count: 2_048), "http://[::1",
    "http://[::1].evil.test/",
  ])
  func `any other endpoint is refused`(endpoint: String) throws {
    guard case .invalid = try self.subscribe(endpoint) else { throw Unexpected() }
  }

  @Test func `an audience and a header are of their shape`() throws {
    for audience in ["", " ", "a b", "a\u{0}", String(repeating: "a", count: 257)] {
      guard case .invalid = try self.subscribe(audience: audience) else { throw Unexpected() }
    }
    for header in ["", " x", "Bearer x\r\nX: y", "ü", String(repeating: "a", count: 4_097)] {
      guard case .invalid = try self.subscribe(authorization: header) else { throw Unexpected() }
    }
    guard case .subscribed = try self.subscribe(authorization: "Bearer x") else {
      throw Unexpected()
    }
  }

  @Test func `there is a bound on receivers`() throws {
    for _ in 0..<16 { _ = try self.receiver() }
    guard case .tooMany(let limit) = try self.subscribe() else { throw Unexpected() }
    #expect(limit == 16)
  }

  // MARK: The token

  private func token(
    _ event: SecurityEvent, for receiver: Receiver, number: UInt64 = 7
  ) -> SecurityEventToken {
    SecurityEventToken(
      NumberedSecurityEvent(number: number, event: event), for: receiver,
      issuer: "https://lab.test")
  }

  @Test func `a token names the event, the audience and the session`() throws {
    let receiver = try self.receiver()
    let event = SecurityEvent(
      at: UnixMilliseconds(1_577_352_060_999), scope: .session(Sample.sessionID(1)),
      account: Sample.accountID(2), device: Sample.deviceID(3), initiator: .policy,
      reason: "ein \"Grund\" – 🏠")
    let token = self.token(event, for: receiver)
    let expected = """
      {"iss":"https://lab.test","jti":"\(token.id)","iat":1577352060,"aud":"qa",\
      "sub_id":{"format":"complex",\
      "user":{"format":"iss_sub","iss":"https://lab.test","sub":"\(Sample.accountID(2).text)"},\
      "device":{"format":"opaque","id":"\(Sample.deviceID(3).text)"},\
      "session":{"format":"opaque","id":"\(Sample.sessionID(1).text)"}},\
      "events":{"https://schemas.openid.net/secevent/caep/event-type/session-revoked":\
      {"event_timestamp":1577352060,"initiating_entity":"policy",\
      "reason_admin":{"en":"ein \\"Grund\\" – 🏠"},"reason_user":{"en":"ein \\"Grund\\" – 🏠"}}}}
      """
    #expect(try JSONValue(parsing: Array(expected.utf8)) == token.claims)
  }

  @Test(
    arguments: [
      (
        RevocationScope.everyone,
        #"{"format":"complex","tenant":{"format":"opaque","id":"https://lab.test"}}"#
      ),
      (
        .kind(.camera),
        #"{"format":"complex","application":{"format":"opaque","id":"camera"},"tenant":{"format":"opaque","id":"https://lab.test"}}"#
      ),
      (
        .account(Sample.accountID(1)),
        #"{"format":"iss_sub","iss":"https://lab.test","sub":"\#(Sample.uuid(1))"}"#
      ),
      (
        .device(Sample.deviceID(1)),
        #"{"format":"complex","device":{"format":"opaque","id":"\#(Sample.uuid(1))"}}"#
      ),
      (
        .session(Sample.sessionID(1)),
        #"{"format":"complex","session":{"format":"opaque","id":"\#(Sample.uuid(1))"}}"#
      ),
    ])
  func `a subject says whom it covers`(scope: RevocationScope, subject: String) throws {
    let event = SecurityEvent(
      at: UnixMilliseconds(0), scope: scope, initiator: .admin, reason: "")
    let token = self.token(event, for: try self.receiver())
    #expect(try token.claims["sub_id"] == JSONValue(parsing: Array(subject.utf8)))
    let events = try #require(token.claims["events"])
    guard case .object(let members) = events else { throw Unexpected() }
    #expect(members.count == 1)
    #expect(members[0].value["reason_admin"] == nil)
  }

  @Test func `an event keeps its name for one receiver, and has another for each other`() throws {
    let (one, two) = (try self.receiver(), try self.receiver())
    let event = SecurityEvent(
      at: UnixMilliseconds(5), scope: .everyone, initiator: .admin, reason: "a")
    let later = SecurityEvent(
      at: UnixMilliseconds(6), scope: .everyone, initiator: .admin, reason: "a")
    #expect(self.token(event, for: one).id == self.token(event, for: one).id)
    let ids = [
      self.token(event, for: one), self.token(event, for: two),
      self.token(event, for: one, number: 8), self.token(later, for: one),
    ].map(\.id)
    #expect(Set(ids).count == 4)
    #expect(ids.allSatisfy { $0.utf8.count == 22 })
  }
}
