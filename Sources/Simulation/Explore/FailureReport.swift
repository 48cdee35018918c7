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
    let entries = Self.told(recorder.entries, concerned: concerned, count: eventCount)
    return (outcome, entries)
  }

  /// Of those whom it concerns the last ones, and the last steps and doings of the cloud between.
  private static func told(
    _ entries: [LogEntry], concerned: Set<String>, count: Int
  ) -> [LogEntry] {
    let frame: Set<String> = ["lab", "cloud"]
    var left = [String: Int]()
    var told: [LogEntry] = []
    for entry in entries.reversed() {
      // Heartbeats tell nothing and are many.
      guard !entry.members.contains(where: { $0.value == "heartbeat" }) else { continue }
      let isFrame = frame.contains(entry.who)
      guard isFrame || concerned.isEmpty || concerned.contains(entry.who) else { continue }
      // Each for itself: what one does often must not push out the others.
      let group = isFrame ? "frame" : entry.who
      guard left[group, default: isFrame ? count / 2 : count] > 0 else { continue }
      left[group, default: isFrame ? count / 2 : count] -= 1
      told.append(entry)
    }
    return told.reversed()
  }

  private final class Recorder { var entries: [LogEntry] = [] }
}
