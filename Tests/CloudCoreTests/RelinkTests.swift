import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct RelinkTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!

  init() throws { _ = try self.fixture.register(self.owner) }

  enum Answer: Equatable {
    case granted
    case refused(GrantRefusal.Code, GrantRefusal.Reason?)

    init(_ outcome: TokenOutcome) {
      self = outcome.refusal.map { .refused($0.code, $0.reason) } ?? .granted
    }
  }

  @Test(
    arguments: [
      (.silent, .granted, .granted),
      (.owner, .refused(.authorizationPending, nil), .granted),
      (
        .pair, .refused(.invalidGrant, .pairingRequired), .refused(.invalidGrant, .pairingRequired)
      ),
    ] as [(RelinkPolicy, Answer, Answer)])
  func `after a forced logout the policy decides`(
    policy: RelinkPolicy, ownerAway: Answer, ownerBack: Answer
  ) throws {
    let app = try self.fixture.signIn(self.owner)
    _ = try self.fixture.pairedCamera(1, app: app, relinkPolicy: policy)
    try self.fixture.logOut(.everyone)
    #expect(Answer(try self.fixture.relink(1)) == ownerAway)
    _ = try self.fixture.signIn(self.owner)
    #expect(Answer(try self.fixture.relink(1)) == ownerBack)
  }

  @Test(arguments: [.silent, .owner] as [RelinkPolicy])
  func `a relink leaves owner, binding and policy as they were`(policy: RelinkPolicy) throws {
    let id = CloudFixture.certificate(1).deviceID
    _ = try self.fixture.pairedCamera(
      1, app: try self.fixture.signIn(self.owner), relinkPolicy: policy)
    var before = try #require(try self.fixture.transaction { try $0.device(id) })
    try self.fixture.logOut(.everyone)
    _ = try self.fixture.signIn(self.owner)
    let tokens = try self.fixture.relink(1).tokens()
    before.session = tokens.session
    before.firmwareVersion = "1.0.1"
    #expect(try self.fixture.transaction { try $0.device(id) } == before)
  }

  @Test func `while the owner is away a device is told when to ask again`() throws {
    let app = try self.fixture.signIn(self.owner)
    _ = try self.fixture.pairedCamera(1, app: app)
    try self.fixture.logOut(.everyone)
    #expect(try self.fixture.relink(1).refusal?.intervalSeconds == 5)
  }

  @Test func `another owner's app does not let a device back in`() throws {
    let rival = EmailAddress("rival@example.org")!
    _ = try self.fixture.register(rival)
    _ = try self.fixture.pairedCamera(1, app: try self.fixture.signIn(self.owner))
    try self.fixture.logOut(.everyone)
    _ = try self.fixture.signIn(rival)
    #expect(try self.fixture.relink(1).refusal?.code == .authorizationPending)
  }

  @Test func `the owner's other device does not count as the owner`() throws {
    let app = try self.fixture.signIn(self.owner)
    _ = try self.fixture.pairedCamera(1, app: app)
    _ = try self.fixture.pairedCamera(2, app: app, relinkPolicy: .silent)
    try self.fixture.logOut(.everyone)
    _ = try self.fixture.relink(2).tokens()
    #expect(try self.fixture.relink(1).refusal?.code == .authorizationPending)
  }

  @Test func `a relink keeps the binding and ends the earlier session, also a live one`() throws {
    let app = try self.fixture.signIn(self.owner)
    let before = try self.fixture.pairedCamera(1, app: app)
    let deviceBefore = try self.fixture.transaction { try $0.devices(limit: 1) }[0]
    let outcome = try self.fixture.relink(1)
    let tokens = try outcome.tokens()
    #expect(outcome.events == [.sessionEnded(before.session, .replaced)])
    #expect(tokens.device == before.device)
    #expect(tokens.account == before.account)
    #expect(tokens.generation == 1)
    let device = try self.fixture.transaction { try $0.devices(limit: 1) }[0]
    #expect(device.binding == deviceBefore.binding)
    #expect(device.nickname == deviceBefore.nickname)
    #expect(device.boundAt == deviceBefore.boundAt)
    #expect(device.firmwareVersion == "1.0.1")
    #expect(device.session == tokens.session)
    #expect(
      try self.fixture.refresh(before.refreshToken, camera: 1).refusal?.reason == .sessionEnded)
  }

  @Test func `a device without an owner must be paired`() throws {
    #expect(try self.fixture.relink(1).refusal?.reason == .notBound)
    let app = try self.fixture.signIn(self.owner)
    let camera = try self.fixture.pairedCamera(1, app: app)
    let caller = try self.fixture.caller(camera)
    _ = try self.fixture.transaction {
      try self.fixture.cloud.unbind(by: caller, in: $0, at: self.fixture.now)
    }
    #expect(try self.fixture.relink(1).refusal?.reason == .notBound)
  }

  @Test func `a client of another kind or an unprintable version is refused`() throws {
    _ = try self.fixture.pairedCamera(1, app: try self.fixture.signIn(self.owner))
    #expect(
      try self.fixture.relink(1, clientID: "relink-scale").refusal?.code == .invalidClient)
    #expect(
      try self.fixture.relink(1, clientID: "relink-app").refusal?.code == .unauthorizedClient)
    let outcome = try self.fixture.token(
      .relink(clientID: "relink-camera", firmwareVersion: "\u{7F}"),
      certificate: CloudFixture.certificate(1))
    #expect(outcome.refusal?.code == .invalidRequest)
  }
}
