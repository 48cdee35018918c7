import DeviceProtocol

/// What a reader needs to understand a failure: run once more under the same seed, with a journal.
package struct FailureReport: Sendable {
  package let outcome: Outcome
  package let failure: Shrinker.Failure
  /// Of those whom it concerns, the last before it; oldest first.
  package let lastEvents: [LogEntry]
  /// As small as it could be made, and the runs that took; nil when that was not asked for.
  package let shrunk: (scenario: Scenario, runCount: Int)?

  /// Nil if the scenario passes.
  ///
  /// - Parameter eventCount: So many of the last events.
  package static func make(
    _ scenario: Scenario, seed: UInt64, firmware: FirmwareTable, shrinks: Bool,
    eventCount: Int = 30
  ) throws(WorldError) -> FailureReport? {
    var world = try World(scenario, seed: seed, firmware: firmware)
    guard let failure = Shrinker.Failure(world.run()) else { return nil }
    var smallest = scenario
    var runCount = 0
    if shrinks {
      var shrinker = Shrinker(scenario, failure: failure) { candidate in
        guard var world = try? World(candidate, seed: seed, firmware: firmware) else {
          return Outcome(
            scenario: candidate.name, variant: nil, way: .virtual, seed: seed)
        }
        return world.run()
      }
      shrinker.shrink()
      (smallest, runCount) = (shrinker.scenario, shrinker.runCount)
    }
    let (outcome, events) = try self.replay(
      smallest, seed: seed, firmware: firmware, eventCount: eventCount)
    return FailureReport(
      outcome: outcome, failure: failure, lastEvents: events,
      shrunk: shrinks ? (smallest, runCount) : nil)
  }

  private static func replay(
    _ scenario: Scenario, seed: UInt64, firmware: FirmwareTable, eventCount: Int
  ) throws(WorldError) -> (Outcome, [LogEntry]) {
    let recorder = Recorder()
    var world = try World(
      scenario, seed: seed, firmware: firmware, log: Log(sink: { recorder.entries.append($0) }))
    let outcome = world.run()
    let concerned = Set(world.violation?.concerns ?? [])
    let events = recorder.entries.filter {
      // Heartbeats tell nothing and are many.
      !$0.members.contains { $0.value == "heartbeat" }
        && (concerned.isEmpty || concerned.contains($0.who) || ["lab", "cloud"].contains($0.who))
    }
    return (outcome, Array(events.suffix(eventCount)))
  }

  private final class Recorder { var entries: [LogEntry] = [] }
}
