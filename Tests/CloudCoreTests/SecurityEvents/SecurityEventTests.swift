import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct SecurityEventTests {
  private let fixture = CloudFixture()
  private let owner = EmailAddress("owner@example.org")!

  private func receiver() throws -> Receiver {
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.subscribe(
        endpoint: "https://qa.test/events", audience: "qa", authorization: nil, in: $0,
        at: self.fixture.now, random: &self.fixture.random)
    }
    guard case .subscribed(let receiver) = outcome else { throw Unexpected() }
    return receiver
  }

  private struct Unexpected: Error {}

  private func numbered() throws -> [NumberedSecurityEvent] {
    try self.fixture.transaction { try $0.securityEvents(after: 0, limit: 100) }
  }

  private func events() throws -> [SecurityEvent] { try self.numbered().map(\.event) }

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
    let before = UnixMilliseconds(self.fixture.now.value - 1)
    for target in [
      .kind(.camera), .region(.standard), .issuedBefore(before), .account(self.owner),
      .device(device), .session(camera.session),
    ] as [LogoutTarget] {
      try self.fixture.logOut(target)
    }
    let events = try self.events()
    #expect(
      events.map(\.scope) == [
        .kind(.camera), .region(.standard), .issuedBefore, .account(app.account), .device(device),
        .session(camera.session),
      ])
    #expect(events.map(\.before) == [nil, nil, before, nil, nil, nil])
    // Whose device or session it is is told too.
    #expect(events.map(\.account) == [nil, nil, nil, nil, app.account, app.account])
    #expect(events.map(\.device) == [nil, nil, nil, nil, nil, device])
    #expect(events.allSatisfy { $0.initiator == .admin && $0.reason == "exercise" })
  }

  @Test func `each scope of a list is told once, and a move to another region`() throws {
    let app = try self.app()
    let camera = try self.fixture.pairedCamera(1, app: app)
    _ = try self.receiver()
    let device = try #require(camera.device)
    _ = try self.fixture.transaction { transaction in
      var list = ResolvedLogoutList()
      list.add(
        try self.fixture.cloud.resolve(
          ["device \(device.text)", "nobody@example.org", self.owner.text, device.text].map {
            LogoutListEntry($0)
          }, in: transaction, at: self.fixture.now))
      return try self.fixture.cloud.logOut(
        list, reason: "a list", in: transaction, at: self.fixture.now)
    }
    _ = try self.fixture.transaction { transaction in
      try self.fixture.cloud.move(
        self.owner, to: try #require(Region("elsewhere")), reason: "a move", operatorName: "",
        in: transaction, at: self.fixture.now)
    }
    #expect(
      try self.events().map(\.scope) == [
        .device(device), .account(app.account), .account(app.account),
      ])
    #expect(try self.events().map(\.reason) == ["a list", "a list", "a move"])
  }

  @Test func `a session that an operator revokes is told as the operator's wish`() throws {
    let app = try self.app()
    _ = try self.receiver()
    let events = try self.fixture.transaction { transaction in
      try self.fixture.cloud.revokeSessions(
        of: .session(app.session), in: transaction, at: self.fixture.now)
    }
    #expect(events?.count == 1)
    #expect(try self.events().map(\.scope) == [.session(app.session)])
    #expect(try self.events().map(\.initiator) == [.admin])
  }

  @Test func `a session that a logout killed is told once, whoever ends it after that`() throws {
    let app = try self.app()
    let cameras = try [1, 2].map { try self.fixture.pairedCamera($0, app: app) }
    _ = try self.receiver()
    try self.fixture.logOut(.everyone)
    let own = try self.fixture.app(of: self.owner)
    let revoked = try self.fixture.transaction {
      try self.fixture.cloud.revoke(
        app.refreshToken, clientID: "relink-app", certificate: nil, in: $0, at: self.fixture.now)
    }
    #expect(revoked == .done([]))
    let relinked = try self.fixture.relink(1)
    #expect(relinked.events.isEmpty)
    let device = try #require(cameras[1].device)
    let removal = try self.fixture.transaction {
      try self.fixture.cloud.removeDevice(device, by: own, in: $0, at: self.fixture.now)
    }
    #expect(removal == .removed([.deviceRemoved(device, formerOwner: own.account)]))
    #expect(try self.events().map(\.scope) == [.everyone])
    // How the devices got rid of theirs is kept all the same.
    let ends = try self.fixture.transaction { reader in
      try cameras.map { try reader.session($0.session)?.end }
    }
    #expect(ends == [.replaced, .unbound])
    // What has taken the place of a dead one lives, and is told of.
    let replaced = try self.fixture.relink(1).tokens()
    #expect(replaced.device == cameras[0].device)
    let again = try relinked.tokens().session
    #expect(try self.events().map(\.scope) == [.everyone, .session(again)])
  }

  @Test func `a session that was over by time is not told, and ends for good`() throws {
    self.fixture.setPolicy(TokenPolicy(rotation: .strict, idleSeconds: 60))
    let app = try self.app()
    _ = try self.receiver()
    self.fixture.advance(milliseconds: 60_000)
    let events = try self.fixture.transaction {
      try self.fixture.cloud.revokeSessions(
        of: .account(self.owner), in: $0, at: self.fixture.now)
    }
    #expect(events == [.accessTokensEnded(app.session)])
    #expect(try self.events().isEmpty)
    self.fixture.setPolicy(TokenPolicy(rotation: .strict))
    let refresh = try self.fixture.token(
      .refreshToken(token: app.refreshToken, clientID: "relink-app"))
    #expect(refresh.refusal?.reason == .sessionEnded)
  }

  @Test func `an access token that a logout by time has spared dies with its session, untold`()
    throws
  {
    _ = try self.app()
    let first = try self.fixture.signIn(self.owner)
    func refresh() throws -> GrantedTokens {
      try self.fixture.grantedTokens(
        .refreshToken(token: first.refreshToken, clientID: "relink-app"))
    }
    let second = try refresh()
    self.fixture.advance(milliseconds: 1_000)
    let again = try refresh()
    #expect(again.refreshToken == second.refreshToken)
    try self.fixture.logOut(.issuedBefore(self.fixture.now))
    _ = try self.fixture.caller(again)
    _ = try self.receiver()
    let events = try self.fixture.transaction {
      try self.fixture.cloud.revokeSessions(
        of: .account(self.owner), in: $0, at: self.fixture.now)
    }
    #expect(events?.contains(.accessTokensEnded(first.session)) == true)
    #expect(try self.fixture.authenticate(again.accessToken) == .refused(.sessionEnded))
    #expect(try self.events().isEmpty)
  }

  @Test func `access tokens that expire at an operator's wish end no session`() throws {
    _ = try self.app()
    _ = try self.receiver()
    _ = try self.fixture.transaction { transaction in
      try self.fixture.cloud.expireAccessTokens(
        of: .everyone, in: transaction, at: self.fixture.now)
    }
    #expect(try self.events().isEmpty)
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
    let caller = try self.fixture.caller(app)
    _ = try self.fixture.transaction { transaction in
      try self.fixture.cloud.removeDevice(
        removed.device, by: caller, in: transaction, at: self.fixture.now)
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

  @Test func `refresh tokens that die alone are told, and what is left of the session after that`()
    throws
  {
    _ = try self.fixture.register(self.owner)
    _ = try self.receiver()
    let (_, held) = try self.fixture.spentSession(of: self.owner)
    func event(_ initiator: SecurityEvent.Initiator, _ reason: String) -> SecurityEvent {
      SecurityEvent(
        at: self.fixture.now, scope: .session(held.session), account: held.account,
        initiator: initiator, reason: reason)
    }
    let spent = event(
      .policy, "a refresh token was presented after it had been replaced; access tokens live on")
    #expect(try self.events() == [spent])
    _ = try self.fixture.transaction {
      try self.fixture.cloud.revoke(
        held.accessToken, clientID: "relink-app", certificate: nil, in: $0, at: self.fixture.now)
    }
    #expect(try self.events() == [spent, event(.user, "the session was revoked")])
  }

  @Test func `a session that its owner ends is told as the user's wish`() throws {
    let phone = try self.app()
    let tablet = try self.fixture.app(of: self.owner)
    _ = try self.receiver()
    _ = try self.fixture.transaction { transaction in
      try self.fixture.cloud.revokeSession(
        phone.session, by: tablet, in: transaction, at: self.fixture.now)
    }
    #expect(try self.events().map(\.scope) == [.session(phone.session)])
    #expect(try self.events().map(\.initiator) == [.user])
  }

  @Test func `a code, a device's too, that is used twice is told as no wish of the user's`() throws
  {
    _ = try self.fixture.register(self.owner)
    let code = try self.fixture.authorizationCode(of: self.owner)
    let exchange = TokenRequest.authorizationCode(
      code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
      codeVerifier: CloudFixture.codeVerifier)
    _ = try self.receiver()
    let tokens = try self.fixture.grantedTokens(exchange)
    #expect(try self.fixture.token(exchange).refusal != nil)
    let authorization = try self.fixture.beginDevice()
    #expect(
      try self.fixture.decide(.allow(self.fixture.logIn(self.owner)), on: authorization))
    let device = try self.fixture.poll(authorization).tokens()
    #expect(try self.fixture.poll(authorization).refusal?.reason == .deviceCodeUsed)
    #expect(
      try self.events().map(\.scope) == [.session(tokens.session), .session(device.session)])
    #expect(try self.events().map(\.initiator) == [.policy, .policy])
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
    let counts = try self.fixture.transaction { reader in
      try [first, second].map { try reader.securityEventCount(after: $0.position) }
    }
    #expect(counts == [2, 1])
  }

  @Test func `an event is kept until every receiver is done with it`() throws {
    let first = try self.receiver()
    let second = try self.receiver()
    for _ in 0..<3 { try self.fixture.logOut(.everyone) }
    let all = try self.numbered()
    func settle(_ number: UInt64, _ receiver: Receiver, _ result: DeliveryResult) throws {
      try self.fixture.transaction {
        try self.fixture.cloud.settle(
          all[Int(number) - 1], of: receiver.id, as: result, in: $0, at: self.fixture.now)
      }
    }
    func numbers() throws -> [UInt64] { try self.numbered().map(\.number) }
    try settle(1, first, .delivered)
    #expect(try numbers() == [1, 2, 3])
    try settle(1, second, .retried("status 500"))
    try settle(1, second, .retried("no connection"))
    #expect(try numbers() == [1, 2, 3])
    try settle(1, second, .failed("invalid_key"))
    #expect(try numbers() == [2, 3])
    // Late news of an attempt that was settled before.
    try settle(1, second, .delivered)
    let receivers = try self.fixture.transaction { try $0.receivers() }
    // Those of one time come by their ids.
    let states = [first, second].compactMap { receiver in
      receivers.first { $0.id == receiver.id }
    }
    #expect(states.map(\.position) == [1, 1])
    #expect(states.map(\.delivered) == [1, 0])
    #expect(states.map(\.retried) == [0, 2])
    #expect(states.map(\.failed) == [0, 1])
    let id = SecurityEventToken(all[0], for: second, issuer: "").id
    #expect(
      states.map(\.lastFailure) == [
        nil, DeliveryFailure(at: self.fixture.now, event: id, cause: "invalid_key"),
      ])
    // Whoever is removed keeps nothing waiting.
    try settle(3, first, .delivered)
    #expect(try numbers() == [2, 3])
    let isKnown = try self.fixture.transaction {
      try self.fixture.cloud.unsubscribe(second.id, in: $0)
    }
    #expect(isKnown)
    #expect(try numbers().isEmpty)
    let isStillKnown = try self.fixture.transaction {
      try self.fixture.cloud.unsubscribe(second.id, in: $0)
    }
    #expect(!isStillKnown)
  }
}
