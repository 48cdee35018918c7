import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct DeviceTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  let rival = EmailAddress("rival@example.org")!
  let app: GrantedTokens
  let rivalApp: GrantedTokens
  let id = CloudFixture.certificate(1).deviceID

  init() throws {
    for email in [self.owner, self.rival] { _ = try self.fixture.register(email) }
    self.app = try self.fixture.signIn(self.owner)
    self.rivalApp = try self.fixture.signIn(self.rival)
  }

  private func view(by tokens: GrantedTokens) throws -> DeviceView? {
    let caller = try self.fixture.caller(tokens)
    return try self.fixture.transaction {
      try self.fixture.cloud.device(self.id, for: caller, in: $0, at: self.fixture.now)
    }
  }

  @Test func `nobody sees another owner's device or what it recorded`() throws {
    let camera = try self.fixture.pairedCamera(1, app: self.app)
    let rival = try self.fixture.caller(self.rivalApp)
    let device = try self.fixture.caller(camera)
    try self.fixture.transaction { reader throws in
      let cloud = self.fixture.cloud
      for stranger in [rival, device] {
        #expect(try cloud.devices(of: stranger, in: reader, at: self.fixture.now).isEmpty)
        #expect(try cloud.device(self.id, for: stranger, in: reader, at: self.fixture.now) == nil)
        #expect(try cloud.motions(of: self.id, for: stranger, in: reader) == nil)
        #expect(try cloud.measurements(of: self.id, for: stranger, in: reader) == nil)
      }
      #expect(
        try cloud.removeDevice(self.id, by: rival, in: reader, at: self.fixture.now) == .notFound)
      #expect(
        try cloud.removeDevice(self.id, by: device, in: reader, at: self.fixture.now) == .wrongKind)
    }
    #expect(try self.view(by: self.app)?.record.id == self.id)
  }

  @Test func `a device's session shows as live, dead or none`() throws {
    _ = try self.fixture.pairedCamera(1, app: self.app)
    #expect(try self.view(by: self.app)?.session == .live)
    try self.fixture.logOut(.device(self.id))
    #expect(try self.view(by: self.app)?.session == .dead)
    _ = try self.fixture.relink(1)
    #expect(try self.view(by: self.app)?.session == .live)
  }

  @Test func `removing a device ends its session and forgets what it recorded`() throws {
    let camera = try self.fixture.pairedCamera(1, app: self.app)
    let device = try self.fixture.caller(camera)
    let caller = try self.fixture.caller(self.app)
    let outcome = try self.fixture.transaction { transaction in
      _ = try self.fixture.cloud.record(
        motions: [SubmittedMotion(sequence: 1, at: self.fixture.now)], from: device,
        in: transaction)
      return try self.fixture.cloud.removeDevice(
        self.id, by: caller, in: transaction, at: self.fixture.now)
    }
    #expect(
      outcome
        == .removed([
          .sessionEnded(camera.session, .unbound),
          .deviceRemoved(self.id, formerOwner: self.app.account),
        ]))
    #expect(try self.view(by: self.app) == nil)
    #expect(
      try self.fixture.authenticate(camera.accessToken, camera: 1) == .refused(.sessionEnded))
    #expect(
      try self.fixture.refresh(camera.refreshToken, camera: 1).refusal?.reason == .sessionEnded)

    // The same owner takes it in again: a binding of its own, with nothing of the former one.
    _ = try self.fixture.pairedCamera(1, app: self.app)
    #expect(try self.view(by: self.app)?.record.binding == 2)
    let motions = try self.fixture.transaction {
      try self.fixture.cloud.motions(of: self.id, for: caller, in: $0)
    }
    #expect(motions == [])
  }

  @Test func `a factory reset unbinds, and another owner may pair`() throws {
    let camera = try self.fixture.pairedCamera(1, app: self.app)
    let device = try self.fixture.caller(camera)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.unbind(by: device, in: $0, at: self.fixture.now)
    }
    #expect(
      outcome
        == .unbound([
          .sessionEnded(camera.session, .unbound),
          .deviceRemoved(self.id, formerOwner: self.app.account),
        ]))
    #expect(try self.fixture.pairedCamera(1, app: self.rivalApp).account == self.rivalApp.account)
    let app = try self.fixture.caller(self.app)
    let asApp = try self.fixture.transaction {
      try self.fixture.cloud.unbind(by: app, in: $0, at: self.fixture.now)
    }
    #expect(asApp == .wrongKind)
  }

  @Test func `a heartbeat is kept and shown`() throws {
    let camera = try self.fixture.caller(try self.fixture.pairedCamera(1, app: self.app))
    let report = HeartbeatReport(
      uptimeMilliseconds: 9, ssid: SSID([0xF0, 0x00])!, signalDBm: -127, firmwareVersion: "2.0")
    self.fixture.advance(milliseconds: 77)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.heartbeat(report, from: camera, in: $0, at: self.fixture.now)
    }
    #expect(outcome == .stored)
    let record = try #require(try self.view(by: self.app)?.record)
    #expect(record.uptimeMilliseconds == 9)
    #expect(record.ssid?.bytes == [0xF0, 0x00])
    #expect(record.signalDBm == -127)
    #expect(record.firmwareVersion == "2.0")
    #expect(record.lastSeen == self.fixture.now)
  }

  @Test(
    arguments: [(0, 1, "1"), (0, -128, "1"), (0, 0, ""), (9_007_199_254_740_993, 0, "1")]
      as [(UInt64, Int, String)])
  func `a heartbeat beyond its limits is refused`(
    uptime: UInt64, signal: Int, version: String
  ) throws {
    let camera = try self.fixture.caller(try self.fixture.pairedCamera(1, app: self.app))
    let report = HeartbeatReport(
      uptimeMilliseconds: uptime, ssid: SSID([1])!, signalDBm: signal, firmwareVersion: version)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.heartbeat(report, from: camera, in: $0, at: self.fixture.now)
    }
    guard case .invalid = outcome else {
      Issue.record("not refused: \(outcome)")
      return
    }
    #expect(try self.view(by: self.app)?.record.lastSeen == nil)
  }

  @Test func `the status counts and lists what is there`() throws {
    let camera = try self.fixture.pairedCamera(1, app: self.app)
    _ = try self.fixture.pairedCamera(2, app: self.rivalApp)
    try self.fixture.logOut(.account(self.rival))
    let status = try self.fixture.transaction {
      try self.fixture.cloud.status(limit: 1, in: $0, at: self.fixture.now)
    }
    #expect(status.accounts == 2)
    #expect(status.liveSessions == [.app: 1, .camera: 1])
    #expect(status.everyoneEpoch == 0)
    #expect(status.kindEpochs.count == ClientKind.allCases.count)
    #expect(status.logouts.map(\.accountEmail) == [self.rival])
    #expect(status.devices.map(\.view.record.id) == [self.id])
    #expect(status.devices.map(\.ownerEmail) == [self.owner])
    #expect(status.devices.map(\.generation) == [camera.generation])
    #expect(status.isTruncated)
    for (limit, count) in [(2, 2), (.max, 2), (-1, 0), (.min, 0)] {
      let status = try self.fixture.transaction {
        try self.fixture.cloud.status(limit: limit, in: $0, at: self.fixture.now)
      }
      #expect(status.devices.count == count)
      #expect(status.isTruncated == (count < 2))
    }
  }
}
