import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct PairingTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  let rival = EmailAddress("rival@example.org")!

  init() throws {
    _ = try self.fixture.register(self.owner)
    _ = try self.fixture.register(self.rival)
  }

  private func device(_ number: UInt8, in fixture: CloudFixture? = nil) throws -> DeviceRecord {
    let id = CloudFixture.certificate(number).deviceID
    return try #require(try (fixture ?? self.fixture).transaction { try $0.device(id) })
  }

  @Test func `a device is bound to the account that made the token`() throws {
    let app = try self.fixture.signIn(self.owner)
    let token = try self.fixture.pairingToken(
      by: app, nickname: "Küche", relinkPolicy: .silent)
    let outcome = try self.fixture.pair(CloudFixture.certificate(1), with: token)
    let tokens = try outcome.tokens()
    #expect(tokens.account == app.account)
    #expect(tokens.device == CloudFixture.certificate(1).deviceID)
    #expect(
      outcome.events
        == [.devicePaired(CloudFixture.certificate(1).deviceID, owner: app.account)])
    let device = try self.device(1)
    #expect(device.owner == app.account)
    #expect(device.kind == .camera)
    #expect(device.serial == "SN-1")
    #expect(device.nickname == "Küche")
    #expect(device.model == "RC-1")
    #expect(device.firmwareVersion == "1.0.0")
    #expect(device.relinkPolicy == .silent)
    #expect(device.binding == 1)
    #expect(device.session == tokens.session)
    #expect(device.boundAt == self.fixture.now)
  }

  @Test func `without a nickname a device is called by its kind and asks its owner`() throws {
    _ = try self.fixture.pairedCamera(
      1, app: try self.fixture.signIn(self.owner), clientID: "relink-scale")
    #expect(try self.device(1).nickname == "scale")
    #expect(try self.device(1).kind == .scale)
    #expect(try self.device(1).relinkPolicy == .owner)
  }

  @Test(arguments: ["", String(repeating: "x", count: 65), "a\nb", "\u{0}"])
  func `a bad nickname is refused`(nickname: String) throws {
    let caller = try self.fixture.caller(try self.fixture.signIn(self.owner))
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.createPairingToken(
        by: caller, nickname: nickname, relinkPolicy: nil, in: $0, at: self.fixture.now,
        random: &self.fixture.random)
    }
    guard case .invalid = outcome else {
      Issue.record("not refused: \(outcome)")
      return
    }
  }

  @Test func `a device makes no pairing token`() throws {
    let camera = try self.fixture.pairedCamera(1, app: try self.fixture.signIn(self.owner))
    let caller = try self.fixture.caller(camera)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.createPairingToken(
        by: caller, nickname: nil, relinkPolicy: nil, in: $0, at: self.fixture.now,
        random: &self.fixture.random)
    }
    #expect(outcome == .wrongKind)
  }

  @Test(
    arguments: [(599_999, nil), (600_000, .pairingTokenExpired)]
      as [(UInt64, GrantRefusal.Reason?)])
  func `a token lives for ten minutes`(
    elapsed: UInt64, reason: GrantRefusal.Reason?
  ) throws {
    let token = try self.fixture.pairingToken(by: try self.fixture.signIn(self.owner))
    self.fixture.advance(milliseconds: elapsed)
    let outcome = try self.fixture.pair(CloudFixture.certificate(1), with: token)
    #expect(outcome.refusal?.reason == reason)
  }

  @Test(
    arguments: [(86_400_000, .pairingTokenExpired), (86_400_001, .pairingTokenUnknown)]
      as [(UInt64, GrantRefusal.Reason)])
  func `an expired token is remembered for a day`(
    sinceExpiry: UInt64, reason: GrantRefusal.Reason
  ) throws {
    let token = try self.fixture.pairingToken(by: try self.fixture.signIn(self.owner))
    self.fixture.advance(milliseconds: 600_000 + sinceExpiry)
    _ = try self.fixture.pairingToken(by: try self.fixture.signIn(self.owner))
    #expect(
      try self.fixture.pair(CloudFixture.certificate(1), with: token).refusal?.reason == reason)
  }

  @Test func `a token that another device used is refused`() throws {
    let token = try self.fixture.pairingToken(by: try self.fixture.signIn(self.owner))
    let first = try self.fixture.pair(CloudFixture.certificate(1), with: token).tokens()
    let second = try self.fixture.pair(CloudFixture.certificate(2), with: token)
    #expect(second.refusal?.reason == .pairingTokenUsed)
    #expect(try self.fixture.caller(first).device == CloudFixture.certificate(1).deviceID)
  }

  @Test func `the device whose answer was lost uses its token again`() throws {
    let token = try self.fixture.pairingToken(by: try self.fixture.signIn(self.owner))
    let lost = try self.fixture.pair(CloudFixture.certificate(1), with: token).tokens()
    let again = try self.fixture.pair(CloudFixture.certificate(1), with: token)
    let tokens = try again.tokens()
    #expect(again.events.contains(.sessionEnded(lost.session, .replaced)))
    #expect(
      try self.fixture.authenticate(lost.accessToken, camera: 1) == .refused(.sessionEnded))
    #expect(try self.fixture.caller(tokens).session == tokens.session)
    #expect(try self.device(1).binding == 1)
    self.fixture.advance(milliseconds: 600_000)
    #expect(
      try self.fixture.pair(CloudFixture.certificate(1), with: token).refusal?.reason
        == .pairingTokenExpired)
  }

  @Test(
    arguments: [
      .everyone, .kind(.camera), .device(CloudFixture.certificate(1).deviceID), nil,
    ] as [LogoutTarget?])
  func `a used token does not bring back a device that was logged out or has used its credentials`(
    logout: LogoutTarget?
  ) throws {
    let app = try self.fixture.signIn(self.owner)
    let token = try self.fixture.pairingToken(by: app, relinkPolicy: .pair)
    let tokens = try self.fixture.pair(CloudFixture.certificate(1), with: token).tokens()
    if let logout {
      try self.fixture.logOut(logout)
    } else {
      try self.fixture.use(tokens)
    }
    #expect(
      try self.fixture.pair(CloudFixture.certificate(1), with: token).refusal?.reason
        == .pairingTokenUsed)
  }

  @Test(arguments: [false, true])
  func `a token dies with the session of the app that made it`(isReplay: Bool) throws {
    let app = try self.fixture.signIn(self.owner)
    let token = try self.fixture.pairingToken(by: app)
    if isReplay {
      var newest = app
      for _ in 0..<2 {
        newest = try self.fixture.grantedTokens(
          .refreshToken(token: newest.refreshToken, clientID: "relink-app"))
      }
      let replay = try self.fixture.token(
        .refreshToken(token: app.refreshToken, clientID: "relink-app"))
      #expect(replay.refusal?.reason == .replayed)
    } else {
      _ = try self.fixture.transaction {
        try self.fixture.cloud.revoke(
          app.refreshToken, clientID: "relink-app", certificate: nil, in: $0, at: self.fixture.now)
      }
    }
    #expect(
      try self.fixture.pair(CloudFixture.certificate(1), with: token).refusal?.reason
        == .pairingTokenExpired)
    #expect(try self.fixture.transaction { try $0.devices(limit: 1) }.isEmpty)
  }

  @Test func `a used token does not bring back a device that was removed`() throws {
    let app = try self.fixture.signIn(self.owner)
    let token = try self.fixture.pairingToken(by: app)
    _ = try self.fixture.pair(CloudFixture.certificate(1), with: token)
    let caller = try self.fixture.caller(app)
    _ = try self.fixture.transaction {
      try self.fixture.cloud.removeDevice(
        CloudFixture.certificate(1).deviceID, by: caller, in: $0, at: self.fixture.now)
    }
    #expect(
      try self.fixture.pair(CloudFixture.certificate(1), with: token).refusal?.reason
        == .pairingTokenUsed)
  }

  @Test func `a second owner's claim is refused and leaves the token good`() throws {
    let mine = try self.fixture.pairedCamera(1, app: try self.fixture.signIn(self.owner))
    let token = try self.fixture.pairingToken(by: try self.fixture.signIn(self.rival))
    let claim = try self.fixture.pair(CloudFixture.certificate(1), with: token)
    #expect(claim.refusal?.code == .invalidGrant)
    #expect(claim.refusal?.reason == .alreadyBound)
    #expect(try self.fixture.caller(mine).account == mine.account)
    #expect(try self.fixture.pair(CloudFixture.certificate(2), with: token).refusal == nil)
  }

  @Test(arguments: [BindingPolicy.medium, .weak])
  func `under another policy the new owner wins and sees nothing of the old one's`(
    policy: BindingPolicy
  ) throws {
    let fixture = CloudFixture(bindingPolicy: policy)
    let former = try fixture.register(self.owner)
    _ = try fixture.register(self.rival)
    let camera = try fixture.pairedCamera(1, app: try fixture.signIn(self.owner))
    let caller = try fixture.caller(camera)
    _ = try fixture.transaction {
      try fixture.cloud.record(
        motions: [SubmittedMotion(sequence: 1, at: fixture.now)], from: caller, in: $0)
    }
    let rival = try fixture.signIn(self.rival)
    let claim = try fixture.pair(
      CloudFixture.certificate(1), with: try fixture.pairingToken(by: rival))
    let removed = CloudEvent.deviceRemoved(
      CloudFixture.certificate(1).deviceID, formerOwner: former.id)
    #expect(claim.events.contains(removed) == (policy == .medium))
    #expect(claim.events.contains(.sessionEnded(camera.session, .replaced)))
    #expect(try self.device(1, in: fixture).owner == rival.account)
    #expect(try self.device(1, in: fixture).binding == 2)
    #expect(try fixture.refresh(camera.refreshToken, camera: 1).refusal?.reason == .sessionEnded)
    let rivalCaller = try fixture.caller(rival)
    let motions = try fixture.transaction {
      try fixture.cloud.motions(
        of: CloudFixture.certificate(1).deviceID, for: rivalCaller, in: $0)
    }
    #expect(motions == [])
  }

  @Test func `the same owner pairs again freely and keeps name and recordings`() throws {
    let app = try self.fixture.signIn(self.owner)
    let token = try self.fixture.pairingToken(by: app, nickname: "Flur")
    _ = try self.fixture.pair(CloudFixture.certificate(1), with: token)
    let again = try self.fixture.pair(
      CloudFixture.certificate(1), with: try self.fixture.pairingToken(by: app))
    #expect(again.refusal == nil)
    #expect(try self.device(1).nickname == "Flur")
    #expect(try self.device(1).binding == 1)
  }

  @Test(arguments: ["", "rlkp_", "rlkc_AAAA000000", "rlkp_AAAAAAAAAAAAAAAAAAAAAA000000"])
  func `what is no pairing token is unknown`(text: String) throws {
    let outcome = try self.fixture.pair(CloudFixture.certificate(1), with: Secret(text))
    #expect(outcome.refusal?.reason == .pairingTokenUnknown)
  }

  @Test func `a token with any byte changed is unknown`() throws {
    let token = try self.fixture.pairingToken(by: try self.fixture.signIn(self.owner))
    let text = Array(token.text.utf8)
    for index in text.indices {
      var garbled = text
      garbled[index] ^= 1
      let outcome = try self.fixture.pair(
        CloudFixture.certificate(1), with: Secret(String(decoding: garbled, as: UTF8.self)))
      #expect(outcome.refusal?.reason == .pairingTokenUnknown, "byte \(index)")
    }
  }

  @Test func `without a certificate no device is authenticated`() throws {
    let token = try self.fixture.pairingToken(by: try self.fixture.signIn(self.owner))
    for request in [
      TokenRequest.pairing(
        token: token, clientID: "relink-camera", model: "RC-1", firmwareVersion: "1"),
      .relink(clientID: "relink-camera", firmwareVersion: "1"),
    ] {
      #expect(try self.fixture.token(request).refusal?.code == .invalidClient)
    }
  }

  @Test func `an app is no device and a known camera is no scale`() throws {
    let app = try self.fixture.signIn(self.owner)
    let token = try self.fixture.pairingToken(by: app)
    let certificate = CloudFixture.certificate(1)
    #expect(
      try self.fixture.pair(certificate, with: token, clientID: "relink-app").refusal?.code
        == .unauthorizedClient)
    #expect(try self.fixture.pair(certificate, with: token).refusal == nil)
    #expect(
      try self.fixture.pair(certificate, with: token, clientID: "relink-scale").refusal?.code
        == .invalidClient)
  }

  @Test(arguments: [("", "1.0"), ("RC-1", ""), ("R\nC", "1.0"), ("RC-1", "é")])
  func `a model or version that is not printable is refused`(
    model: String, version: String
  ) throws {
    let token = try self.fixture.pairingToken(by: try self.fixture.signIn(self.owner))
    let outcome = try self.fixture.token(
      .pairing(
        token: token, clientID: "relink-camera", model: model, firmwareVersion: version),
      certificate: CloudFixture.certificate(1))
    #expect(outcome.refusal?.code == .invalidRequest)
    #expect(try self.fixture.pair(CloudFixture.certificate(1), with: token).refusal == nil)
  }

  @Test(arguments: [
    ("not-a-uuid", "SN", 32), ("AAAAAAAA-0000-4000-8000-000000000000", "SN", 32),
    ("00000000-0000-4000-8000-00000000000g", "SN", 32),
    ("00000000000040008000000000000000", "SN", 32),
    (Sample.uuid(1), "", 32), (Sample.uuid(1), "S\u{7}", 32), (Sample.uuid(1), "SN", 20),
  ])
  func `a certificate that names no device is none`(
    name: String, serial: String, byteCount: Int
  ) {
    let thumbprint = [UInt8](repeating: 1, count: byteCount)
    #expect(
      DeviceCertificate(commonName: name, serialNumber: serial, thumbprint: thumbprint) == nil)
  }
}
