import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct LogoutTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  let app: GrantedTokens
  let camera: GrantedTokens

  init() throws {
    _ = try self.fixture.register(self.owner)
    self.app = try self.fixture.signIn(self.owner)
    self.camera = try self.fixture.pairedCamera(1, app: self.app)
  }

  private func target(_ scope: String) -> LogoutTarget {
    switch scope {
    case "kind": .kind(.camera)
    case "region": .region(.standard)
    case "issued_before": .issuedBefore(nil)
    case "account": .account(self.owner)
    case "device": .device(CloudFixture.certificate(1).deviceID)
    case "session": .session(self.camera.session)
    default: .everyone
    }
  }

  private var cameraIsAlive: Bool {
    get throws {
      switch try self.fixture.authenticate(self.camera.accessToken, camera: 1) {
      case .accepted, .acceptedFirstUse: true
      case .wrongKind, .refused: false
      }
    }
  }

  @Test(arguments: [
    "everyone", "issued_before", "kind", "region", "account", "device", "session",
  ])
  func `a logout in the millisecond of the minting kills access and refresh tokens`(
    scope: String
  ) throws {
    #expect(try self.cameraIsAlive)
    let outcome = try self.fixture.logOut(self.target(scope))
    guard case .loggedOut(let record) = outcome else {
      Issue.record("not logged out: \(outcome)")
      return
    }
    #expect(record.epoch == 1)
    #expect(
      try self.fixture.authenticate(self.camera.accessToken, camera: 1)
        == .refused(.loggedOut(record)))
    let refresh = try self.fixture.refresh(self.camera.refreshToken, camera: 1)
    #expect(refresh.refusal?.reason == .loggedOut)
    #expect(refresh.events.isEmpty)
  }

  @Test(arguments: [
    ("everyone", false), ("issued_before", false), ("region", false), ("account", false),
    ("kind", true), ("device", true), ("session", true),
  ])
  func `a logout of one scope leaves the others`(scope: String, appIsAlive: Bool) throws {
    try self.fixture.logOut(self.target(scope))
    let outcome = try self.fixture.authenticate(self.app.accessToken)
    if case .acceptedFirstUse = outcome {
      #expect(appIsAlive)
    } else {
      #expect(!appIsAlive)
    }
  }

  @Test func `two scopes that moved combine: neither forgives the other`() throws {
    try self.fixture.logOut(.kind(.camera))
    let relinked = try self.fixture.relink(1).tokens()
    try self.fixture.logOut(.everyone)
    try self.fixture.logOut(.kind(.camera))
    #expect(
      try self.fixture.refresh(relinked.refreshToken, camera: 1).refusal?.reason == .loggedOut)
    _ = try self.fixture.signIn(self.owner)
    let again = try self.fixture.relink(1).tokens()
    #expect(try self.fixture.caller(again).epochs.kind == 2)
    #expect(try self.fixture.caller(again).epochs.everyone == 1)
  }

  @Test func `a logout of everyone counts although the kind was logged out before`() throws {
    try self.fixture.logOut(.kind(.camera))
    let relinked = try self.fixture.relink(1).tokens()
    let outcome = try self.fixture.logOut(.everyone)
    guard case .loggedOut(let record) = outcome else {
      Issue.record("not logged out: \(outcome)")
      return
    }
    #expect(
      try self.fixture.authenticate(relinked.accessToken, camera: 1)
        == .refused(.loggedOut(record)))
  }

  @Test(
    arguments: ["device", "session", "issued_before", "region", "kind", "everyone"],
    ["everyone", "account", "issued_before", "kind"])
  func `of several logouts the first is told, whatever their scopes and the clock`(
    first: String, second: String
  ) throws {
    guard case .loggedOut(let killer) = try self.fixture.logOut(self.target(first)) else {
      throw FixtureFailure()
    }
    self.fixture.now = UnixMilliseconds(self.fixture.now.value - 5)
    for scope in [second, first, "session"] { try self.fixture.logOut(self.target(scope)) }
    #expect(
      try self.fixture.authenticate(self.camera.accessToken, camera: 1)
        == .refused(.loggedOut(killer)))
    let shown = try self.fixture.transaction { reader in
      try self.fixture.cloud.sessions(
        where: SessionFilter(device: self.camera.device), after: nil, limit: 9, in: reader,
        at: self.fixture.now)
    }
    #expect(shown.map(\.logout?.record) == [killer])
  }

  @Test func `a move to a region that was logged out before is told as the move`() throws {
    let elsewhere = try #require(Region("elsewhere"))
    let other = EmailAddress("other@example.org")!
    _ = try self.fixture.register(other)
    func move(_ email: EmailAddress) throws -> LogoutRecord? {
      let outcome = try self.fixture.transaction {
        try self.fixture.cloud.move(
          email, to: elsewhere, reason: "a move", operatorName: "", in: $0, at: self.fixture.now)
      }
      guard case .moved(_, _, let record) = outcome else { throw FixtureFailure() }
      return record
    }
    _ = try move(other)
    try self.fixture.logOut(.region(elsewhere))
    self.fixture.advance(milliseconds: 1)
    let app = try self.fixture.signIn(self.owner)
    let record = try #require(try move(self.owner))
    #expect(
      try self.fixture.authenticate(app.accessToken) == .refused(.loggedOut(record)))
  }

  @Test(arguments: [[.app], Set(ClientKind.allCases)])
  func `a route refuses who was logged out, whoever may call it`(kinds: Set<ClientKind>) throws {
    try self.fixture.logOut(.account(self.owner))
    let outcome = try self.fixture.authenticate(self.app.accessToken, requiring: kinds)
    guard case .refused(.loggedOut) = outcome else {
      Issue.record("not refused: \(outcome)")
      return
    }
  }

  @Test func `what is minted after a logout lives although the clock jumped back`() throws {
    try self.fixture.logOut(.everyone)
    self.fixture.now = UnixMilliseconds(5)
    let app = try self.fixture.signIn(self.owner)
    let camera = try self.fixture.relink(1).tokens()
    #expect(try self.fixture.caller(app).account == app.account)
    #expect(try self.fixture.refresh(camera.refreshToken, camera: 1).tokens().generation == 2)
  }

  @Test(
    arguments: [
      .account(EmailAddress("nobody@example.org")!), .device(Sample.deviceID(7)),
      .session(Sample.sessionID(7)),
    ] as [LogoutTarget])
  func `an unknown target is refused and moves no epoch`(target: LogoutTarget) throws {
    #expect(try self.fixture.logOut(target) == .unknownTarget)
    #expect(try self.cameraIsAlive)
    #expect(try self.fixture.transaction { try $0.logouts(limit: 1) }.isEmpty)
  }

  @Test func `a long reason is cut`() throws {
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.logOut(
        .everyone, reason: String(repeating: "é", count: 300), in: $0, at: self.fixture.now)
    }
    guard case .loggedOut(let record) = outcome else { throw FixtureFailure() }
    #expect(record.reason.count == 200)
  }

  @Test func `a device keeps its binding and its settings`() throws {
    let before = try self.fixture.transaction { try $0.devices(limit: 1) }
    try self.fixture.logOut(.everyone)
    #expect(try self.fixture.transaction { try $0.devices(limit: 1) } == before)
  }

  @Test func `a code and a pairing token die with their makers`() throws {
    let code = try self.fixture.authorizationCode(of: self.owner)
    let pairingToken = try self.fixture.pairingToken(by: self.app)
    try self.fixture.logOut(.kind(.app))
    let exchange = try self.fixture.token(
      .authorizationCode(
        code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier))
    #expect(exchange.refusal?.reason == .loggedOut)
    let pairing = try self.fixture.pair(CloudFixture.certificate(2), with: pairingToken)
    #expect(pairing.refusal?.reason == .pairingTokenExpired)
  }

  @Test func `what was accepted before a logout writes nothing after it`() throws {
    let app = try self.fixture.caller(self.app)
    let camera = try self.fixture.caller(self.camera)
    try self.fixture.logOut(.everyone)
    let record = try #require(try self.fixture.transaction { try $0.logouts(limit: 1) }.first)
    let refusal = TokenRefusal.loggedOut(record)
    try self.fixture.transaction { transaction throws in
      let cloud = self.fixture.cloud
      let pairingToken = try cloud.createPairingToken(
        by: app, nickname: nil, relinkPolicy: nil, in: transaction, at: self.fixture.now,
        random: &self.fixture.random)
      #expect(pairingToken == .refused(refusal))
      #expect(
        try cloud.removeDevice(
          CloudFixture.certificate(1).deviceID, by: app, in: transaction, at: self.fixture.now)
          == .refused(refusal))
      #expect(
        try cloud.unbind(by: camera, in: transaction, at: self.fixture.now) == .refused(refusal))
      #expect(
        try cloud.record(
          motions: [SubmittedMotion(sequence: 1, at: self.fixture.now)], from: camera,
          in: transaction) == .refused(refusal))
      #expect(
        try cloud.heartbeat(
          HeartbeatReport(
            uptimeMilliseconds: 1, ssid: SSID([1])!, signalDBm: -1, firmwareVersion: "1"),
          from: camera, in: transaction, at: self.fixture.now) == .refused(refusal))
      #expect(try cloud.refusal(of: camera, in: transaction, at: self.fixture.now) == refusal)
    }
  }
}

/// The cloud answered something else than the test is about.
struct FixtureFailure: Error {}
