import DeviceProtocol

/// What a reader needs to understand a failure: run once more under the same seed, with a journal.
package struct FailureReport: Sendable {
  package let outcome: Outcome
  package let failure: Shrinker.Failure
  /// Of those whom it concerns, the last before it; oldest first.
  package let lastEvents: [LogEntry]
  /// As small as it could be made, and the runs that took; nil when that was not asked for.
  package let shrunk: (scenario: Scenario, runCount: Int)?

  /// Nil if the scenario passes, or was interrupted before anything could be told.
  ///
  /// - Parameters:
  ///   - eventCount: So many of the last events.
  ///   - isOver: Asked now and then; when it is time, the smallest so far is what it was shrunk to.
  package static func make(
    _ scenario: Scenario, seed: UInt64, firmware: FirmwareTable, shrinks: Bool,
    eventCount: Int = 30, isOver: @escaping () -> Bool = { false }
  ) throws(WorldError) -> FailureReport? {
    var world = try World(scenario, seed: seed, firmware: firmware)
    let first = world.run(isOver: isOver)
    guard !first.isInterrupted, let failure = Shrinker.Failure(first) else { return nil }
    var smallest = scenario
    var runCount = 0
    if shrinks {
      var shrinker = Shrinker(scenario, failure: failure) { candidate in
        let passed = Outcome(scenario: candidate.name, variant: nil, way: .virtual, seed: seed)
        guard !isOver(), var world = try? World(candidate, seed: seed, firmware: firmware) else {
          return passed
        }
        let outcome = world.run(isOver: isOver)
        return outcome.isInterrupted ? passed : outcome
      }
      shrinker.shrink()
      (smallest, runCount) = (shrinker.scenario, shrinker.runCount)
    }
    let (outcome, events) = try self.replay(
      smallest, seed: seed, firmware: firmware,
      concerned: shrinks ? nil : world.violation?.concerns ?? [], eventCount: eventCount,
      // What is shrunk is played to its end, or the smallest so far would have no end to tell.
      isOver: shrinks ? { false } : isOver)
    guard shrinks || !outcome.isInterrupted else { return nil }
    return FailureReport(
      outcome: outcome, failure: failure, lastEvents: events,
      shrunk: shrinks ? (smallest, runCount) : nil)
  }

  /// - Parameter concerned: Known of an earlier run of the same; else one is made for it.
  private static func replay(
    _ scenario: Scenario, seed: UInt64, firmware: FirmwareTable, concerned: [String]?,
    eventCount: Int, isOver: () -> Bool
  ) throws(WorldError) -> (Outcome, [LogEntry]) {
    let concerns: [String]
    if let concerned {
      concerns = concerned
    } else {
      var world = try World(scenario, seed: seed, firmware: firmware)
      _ = world.run()
      concerns = world.violation?.concerns ?? []
    }
    let tail = EventTail(of: scenario, concerned: Set(concerns), count: eventCount)
    var world = try World(
      scenario, seed: seed, firmware: firmware, log: Log(sink: { tail.take($0) }))
    return (world.run(isOver: isOver), tail.entries)
  }
}
