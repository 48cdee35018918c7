import CloudCore
import DeviceProtocol

/// CLOCK of `docs/protocol.md`.
struct ClockBody: Encodable {
  let at: UInt64
  let time: String
  let frozen: Bool
  /// Negative when it is behind the machine's.
  let aheadMilliseconds: Int64
  let machineAt: UInt64

  enum CodingKeys: String, CodingKey {
    case at, time, frozen
    case aheadMilliseconds = "ahead_ms"
    case machineAt = "machine_at"
  }

  init(_ clock: CloudClock) {
    let (now, machine) = (clock.now, clock.machine())
    self.at = now.value
    self.time = TimeText.text(now)
    self.frozen = clock.isFrozen
    self.aheadMilliseconds = now.milliseconds(ahead: machine)
    self.machineAt = machine.value
  }
}

/// Of `PUT /admin/v1/clock`: one of the first three.
struct SetClockBody: StrictBody {
  let at: WholeNumber<UInt64>?
  let time: String?
  let machine: Bool?
  let force: Bool?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable { case at, time, machine, force }

  func change() throws(HTTPFailure) -> ClockChange {
    switch (self.at, self.time, self.machine) {
    case (let at?, nil, nil):
      return .set(UnixMilliseconds(at.value))
    case (nil, let time?, nil):
      guard let time = TimeText.parse(time) else {
        throw .invalidRequest(
          "member 'time' is not a time such as 2026-01-31T12:00:00Z, or is out of range")
      }
      return .set(time)
    case (nil, nil, true?):
      return .followMachine
    default:
      throw .invalidRequest("give one of 'at', 'time' and 'machine' (true)")
    }
  }
}

/// Of `POST /admin/v1/clock/advance`: one of the first two.
struct AdvanceClockBody: StrictBody {
  let seconds: WholeNumber<Int64>?
  let milliseconds: WholeNumber<Int64>?
  let force: Bool?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable { case seconds, milliseconds, force }

  func change() throws(HTTPFailure) -> ClockChange {
    switch (self.seconds?.value, self.milliseconds?.value) {
    case (let seconds?, nil):
      let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
      guard !overflow else { throw .clockOutOfRange }
      return .advance(milliseconds: milliseconds)
    case (nil, let milliseconds?):
      return .advance(milliseconds: milliseconds)
    default:
      throw .invalidRequest("give one of 'seconds' and 'milliseconds'")
    }
  }
}

extension HTTPFailure {
  static let clockOutOfRange = operatorRefused(
    .badRequest(.clockOutOfRange, "the clock goes from 1970 to the end of the year 9999"))
}
