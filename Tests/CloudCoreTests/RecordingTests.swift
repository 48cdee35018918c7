import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct RecordingTests {
  let fixture = CloudFixture()
  let app: GrantedTokens
  let camera: Authenticated
  let scale: Authenticated

  init() throws {
    let owner = EmailAddress("owner@example.org")!
    _ = try self.fixture.register(owner)
    self.app = try self.fixture.signIn(owner)
    self.camera = try self.fixture.caller(try self.fixture.pairedCamera(1, app: self.app))
    self.scale = try self.fixture.caller(
      try self.fixture.pairedCamera(2, app: self.app, clientID: "relink-scale"))
  }

  private func record(_ motions: [SubmittedMotion], from caller: Authenticated) throws
    -> RecordOutcome
  {
    try self.fixture.transaction {
      try self.fixture.cloud.record(motions: motions, from: caller, in: $0)
    }
  }

  private func record(_ measurements: [SubmittedMeasurement], from caller: Authenticated) throws
    -> RecordOutcome
  {
    try self.fixture.transaction {
      try self.fixture.cloud.record(measurements: measurements, from: caller, in: $0)
    }
  }

  private func motion(_ sequence: UInt32) -> SubmittedMotion {
    SubmittedMotion(sequence: sequence, at: UnixMilliseconds(5))
  }

  private func measurement(_ sequence: UInt32, grams: UInt32 = 70_000) -> SubmittedMeasurement {
    SubmittedMeasurement(sequence: sequence, at: UnixMilliseconds(5), weightGrams: grams)
  }

  @Test func `a measurement sent again is acknowledged and kept once`() throws {
    #expect(
      try self.record([self.measurement(7), self.measurement(8)], from: self.scale)
        == .acknowledged([7, 8], newCount: 2))
    #expect(
      try self.record([self.measurement(8, grams: 1), self.measurement(9)], from: self.scale)
        == .acknowledged([8, 9], newCount: 1))
    let caller = try self.fixture.caller(self.app)
    let kept = try self.fixture.transaction {
      try self.fixture.cloud.measurements(
        of: CloudFixture.certificate(2).deviceID, for: caller, in: $0)
    }
    #expect(kept?.map(\.sequence) == [7, 8, 9])
    #expect(kept?.map(\.weightGrams) == [70_000, 70_000, 70_000])
  }

  @Test func `two scales may use the same sequence`() throws {
    let other = try self.fixture.caller(
      try self.fixture.pairedCamera(3, app: self.app, clientID: "relink-scale"))
    for scale in [self.scale, other] {
      #expect(
        try self.record([self.measurement(0)], from: scale) == .acknowledged([0], newCount: 1))
    }
  }

  @Test func `devices that are seen at the same moment keep their recordings apart`() throws {
    let other = try self.fixture.caller(try self.fixture.pairedCamera(3, app: self.app))
    let report = HeartbeatReport(
      uptimeMilliseconds: 1, ssid: SSID([65])!, signalDBm: -50, firmwareVersion: "1.0.0")
    let owner = try self.fixture.caller(self.app)
    for (camera, sequence) in [(self.camera, 1), (other, 2)] as [(Authenticated, UInt32)] {
      _ = try self.fixture.transaction {
        try self.fixture.cloud.heartbeat(report, from: camera, in: $0, at: self.fixture.now)
      }
      _ = try self.record([self.motion(sequence)], from: camera)
      let id = try #require(camera.device)
      let shown = try self.fixture.transaction {
        try self.fixture.cloud.motions(of: id, for: owner, in: $0)
      }
      #expect(shown?.map(\.sequence) == [sequence])
    }
  }

  @Test func `one sequence twice in a batch is acknowledged twice and kept once`() throws {
    #expect(
      try self.record([self.motion(.max), self.motion(.max)], from: self.camera)
        == .acknowledged([.max, .max], newCount: 1))
  }

  @Test func `a new session of the same binding does not make it forget`() throws {
    _ = try self.record([self.motion(1)], from: self.camera)
    let relinked = try self.fixture.caller(try self.fixture.relink(1).tokens())
    #expect(
      try self.record([self.motion(1)], from: relinked) == .acknowledged([1], newCount: 0))
  }

  @Test func `an empty batch is acknowledged`() throws {
    #expect(
      try self.record([SubmittedMotion](), from: self.camera) == .acknowledged([], newCount: 0))
  }

  @Test func `a batch of 100 is taken and one of 101 refused as a whole`() throws {
    let batch = (1...101).map { self.motion($0) }
    guard case .invalid = try self.record(batch, from: self.camera) else {
      Issue.record("not refused")
      return
    }
    #expect(
      try self.record(Array(batch.prefix(100)), from: self.camera)
        == .acknowledged(Array(1...100), newCount: 100))
  }

  @Test func `one kind of device does not record what another does`() throws {
    #expect(try self.record([self.motion(1)], from: self.scale) == .wrongKind)
    #expect(try self.record([self.measurement(1)], from: self.camera) == .wrongKind)
    let app = try self.fixture.caller(self.app)
    #expect(try self.record([self.motion(1)], from: app) == .wrongKind)
  }

  private static let time = UnixMilliseconds(5)

  @Test(arguments: [
    SubmittedMeasurement(sequence: 1, at: time, weightGrams: 0),
    SubmittedMeasurement(sequence: 1, at: time, weightGrams: 500_001),
    SubmittedMeasurement(sequence: 1, at: time, weightGrams: 1, impedanceOhms: 0),
    SubmittedMeasurement(sequence: 1, at: time, weightGrams: 1, impedanceOhms: 5_001),
    SubmittedMeasurement(sequence: 1, at: time, weightGrams: 1, fatPermille: 1_001),
    SubmittedMeasurement(sequence: 1, at: time, weightGrams: 1, waterPermille: 1_001),
    SubmittedMeasurement(sequence: 1, at: time, weightGrams: 1, muscleGrams: 2),
    SubmittedMeasurement(sequence: 1, at: time, weightGrams: 1, boneGrams: 2),
    SubmittedMeasurement(
      sequence: 1, at: UnixMilliseconds(253_402_300_800_000), weightGrams: 1),
  ])
  func `a measurement beyond its limits is refused with its batch`(
    bad: SubmittedMeasurement
  ) throws {
    let outcome = try self.record([self.measurement(2), bad], from: self.scale)
    guard case .invalid(let problem) = outcome else {
      Issue.record("not refused: \(outcome)")
      return
    }
    #expect(problem.hasPrefix("[1]: "))
    #expect(
      try self.record([self.measurement(2)], from: self.scale) == .acknowledged([2], newCount: 1))
  }

  @Test(arguments: [
    SubmittedMeasurement(sequence: 0, at: UnixMilliseconds(0), weightGrams: 1),
    SubmittedMeasurement(
      sequence: .max, at: UnixMilliseconds(253_402_300_799_999), weightGrams: 500_000,
      impedanceOhms: 5_000, fatPermille: 1_000, waterPermille: 1_000, muscleGrams: 500_000,
      boneGrams: 500_000),
  ])
  func `a measurement at its limits is kept`(extreme: SubmittedMeasurement) throws {
    #expect(
      try self.record([extreme], from: self.scale)
        == .acknowledged([extreme.sequence], newCount: 1))
  }
}
