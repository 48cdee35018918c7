import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@Suite struct ClockTests {
  private let fixture = CloudFixture()
  private let machine = UnixMilliseconds(1_000_000)

  private func change(
    _ change: ClockChange, force: Bool = false, machine: UnixMilliseconds? = nil
  ) throws -> ClockOutcome {
    try self.fixture.transaction {
      try self.fixture.cloud.changeClock(
        change, force: force, machine: machine ?? self.machine, in: $0)
    }
  }

  /// What the clock reads so much later.
  private func reading(after milliseconds: UInt64 = 0) throws -> UInt64? {
    try self.fixture.transaction {
      try $0.clockSetting()?.reading(machine: .init(self.machine.value + milliseconds)).value
    }
  }

  @Test func `a clock that was advanced runs on from there`() throws {
    _ = try self.change(.advance(milliseconds: 3_600_000))
    _ = try self.change(.advance(milliseconds: 5))
    #expect(try self.reading() == 4_600_005)
    #expect(try self.reading(after: 7) == 4_600_012)
  }

  @Test func `a frozen clock stands still, is set and advanced, and resumes where it stands`()
    throws
  {
    _ = try self.change(.freeze)
    #expect(try self.reading(after: 9_000) == 1_000_000)
    _ = try self.change(.advance(milliseconds: 50), machine: .init(1_009_000))
    #expect(try self.reading(after: 9_000) == 1_000_050)
    _ = try self.change(.set(.init(2_000_000)), machine: .init(1_009_000))
    #expect(try self.reading(after: 9_000) == 2_000_000)
    _ = try self.change(.resume, machine: .init(1_010_000))
    #expect(try self.reading(after: 10_001) == 2_000_001)
  }

  @Test(arguments: [
    ClockChange.set(.init(999_999)), .advance(milliseconds: -1),
  ])
  func `a clock goes backwards only by force`(change: ClockChange) throws {
    #expect(
      try self.change(change) == .wouldGoBack(from: .init(1_000_000), to: .init(999_999)))
    #expect(try self.reading() == nil)
    _ = try self.change(change, force: true)
    #expect(try self.reading() == 999_999)
  }

  @Test func `back to the machine's clock from ahead of it takes force too`() throws {
    _ = try self.change(.advance(milliseconds: 1))
    #expect(
      try self.change(.followMachine) == .wouldGoBack(from: .init(1_000_001), to: .init(1_000_000)))
    _ = try self.change(.followMachine, force: true)
    #expect(try self.reading(after: 3) == 1_000_003)
  }

  @Test(arguments: [
    ClockChange.advance(milliseconds: .max), .advance(milliseconds: .min),
    .advance(milliseconds: -1_000_001), .set(.init(ClockSetting.latest.value + 1)),
    .set(.init(.max)),
  ])
  func `a time that no calendar has is refused, also by force`(change: ClockChange) throws {
    #expect(try self.change(change, force: true) == .outOfRange)
    #expect(try self.reading() == nil)
  }

  @Test func `a restart goes on from where the clock was set though the machine's was turned back`()
    throws
  {
    _ = try self.change(.advance(milliseconds: 100))
    let setting = try #require(try self.fixture.transaction { try $0.clockSetting() })
    #expect(setting.resumed(machine: .init(1_000_001)) == setting)
    let resumed = setting.resumed(machine: .init(400))
    #expect(resumed.reading(machine: .init(400)) == .init(1_000_100))
    #expect(resumed.reading(machine: .init(403)) == .init(1_000_103))
  }
}
