package import DeviceProtocol

/// How the cloud's clock was set; a cloud whose clock was never touched has none and reads the
/// machine's.
package struct ClockSetting: Equatable, Sendable {
  package enum Course: Equatable, Sendable {
    case frozen
    /// Runs with the machine's clock, so much ahead of it; behind it when negative.
    case running(aheadMilliseconds: Int64)
  }

  /// The last moment of the year 9999. No clock is set beyond it.
  package static let latest = UnixMilliseconds(253_402_300_799_999)

  /// Counts the changes, so that who hears of two learns which is the later.
  package let revision: UInt64
  /// What the clock read when it was changed last.
  package let setTo: UnixMilliseconds
  package let course: Course

  package init(revision: UInt64, setTo: UnixMilliseconds, course: Course) {
    self.revision = revision
    self.setTo = setTo
    self.course = course
  }

  /// What the clock reads while the machine's reads `machine`.
  package func reading(machine: UnixMilliseconds) -> UnixMilliseconds {
    switch self.course {
    case .frozen: self.setTo
    case .running(let ahead): machine.adding(milliseconds: ahead)
    }
  }

  /// As it is to go on after a restart: not behind where it was set, even if the machine's clock was
  /// turned back meanwhile.
  package func resumed(machine: UnixMilliseconds) -> ClockSetting {
    guard self.reading(machine: machine) < self.setTo else { return self }
    return ClockSetting(
      revision: self.revision, setTo: self.setTo,
      course: .running(aheadMilliseconds: self.setTo.milliseconds(ahead: machine)))
  }
}

/// What an operator wants of the clock.
package enum ClockChange: Equatable, Sendable {
  /// Goes on from there if it runs, and stands there if it is frozen.
  case set(UnixMilliseconds)
  /// Backwards when negative.
  case advance(milliseconds: Int64)
  case freeze
  /// Runs on from where it stands.
  case resume
  /// Reads what the machine's clock reads.
  case followMachine
}

package enum ClockOutcome: Equatable, Sendable {
  case changed(ClockSetting)
  /// It would go backwards, and nobody said that it may.
  case wouldGoBack(from: UnixMilliseconds, to: UnixMilliseconds)
  /// Before 1970 or after the year 9999.
  case outOfRange
}

extension Cloud {
  /// Sets the clock. Whoever reads it has to be told once that is durable.
  ///
  /// - Parameters:
  ///   - force: Whether it may go backwards.
  ///   - machine: What the machine's clock reads.
  package func changeClock(
    _ change: ClockChange, force: Bool, machine: UnixMilliseconds,
    in transaction: any StoreTransaction
  ) throws -> ClockOutcome {
    let former = try transaction.clockSetting()
    let present = former?.reading(machine: machine) ?? machine
    let isFrozen: Bool
    let target: UnixMilliseconds
    switch change {
    case .set(let time):
      (target, isFrozen) = (time, former?.course == .frozen)
    case .advance(let milliseconds):
      let (sum, overflow) = Int64(clamping: present.value)
        .addingReportingOverflow(milliseconds)
      guard !overflow, sum >= 0 else { return .outOfRange }
      (target, isFrozen) = (UnixMilliseconds(UInt64(sum)), former?.course == .frozen)
    case .freeze: (target, isFrozen) = (present, true)
    case .resume: (target, isFrozen) = (present, false)
    case .followMachine: (target, isFrozen) = (machine, false)
    }
    guard target <= ClockSetting.latest else { return .outOfRange }
    guard target >= present || force else { return .wouldGoBack(from: present, to: target) }
    let setting = ClockSetting(
      revision: (former?.revision ?? 0) + 1, setTo: target,
      course: isFrozen
        ? .frozen : .running(aheadMilliseconds: target.milliseconds(ahead: machine)))
    try transaction.save(setting)
    return .changed(setting)
  }
}

extension UnixMilliseconds {
  fileprivate func adding(milliseconds: Int64) -> UnixMilliseconds {
    let (sum, overflow) = Int64(clamping: self.value).addingReportingOverflow(milliseconds)
    return UnixMilliseconds(UInt64(max(0, overflow ? .max : sum)))
  }

  /// Negative when it is earlier.
  package func milliseconds(ahead other: UnixMilliseconds) -> Int64 {
    Int64(clamping: self.value) - Int64(clamping: other.value)
  }
}
