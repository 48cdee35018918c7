/// Keeps the last entries of those whom a failure concerns while a run is recorded, and no others.
final class EventTail {
  /// Nobody in particular: everybody whom the scenario names.
  private let concerned: Set<String>
  private let named: Set<String>
  private let count: Int
  private var groups: [String: [(number: Int, entry: LogEntry)]] = [:]
  private var number = 0

  /// The director and the cloud, whose doings the others' are seen between.
  private static let frame: Set<String> = ["lab", "cloud"]

  /// - Parameter count: So many of each; half of it of the director and the cloud together.
  init(of scenario: Scenario, concerned: Set<String>, count: Int) {
    self.concerned = concerned
    self.named = Set(scenario.devices.map(\.nickname) + scenario.owners.map(\.email))
    self.count = count
  }

  func take(_ entry: LogEntry) {
    self.number += 1
    // Heartbeats tell nothing and are many.
    guard let group = self.group(of: entry.who),
      !entry.members.contains(where: { $0.value == "heartbeat" })
    else { return }
    self.groups[group, default: []].append((self.number, entry))
    let limit = self.limit(of: group)
    if let kept = self.groups[group]?.count, kept >= 2 * limit {
      self.groups[group]?.removeFirst(kept - limit)
    }
  }

  /// Oldest first.
  var entries: [LogEntry] {
    self.groups.flatMap { group, entries in entries.suffix(self.limit(of: group)) }
      .sorted { $0.number < $1.number }.map(\.entry)
  }

  /// Each for itself: what one does often must not push out the others. A fleet's are one, for they
  /// may be millions.
  private func group(of who: String) -> String? {
    if Self.frame.contains(who) { return "frame" }
    if !self.concerned.isEmpty { return self.concerned.contains(who) ? who : nil }
    return self.named.contains(who) ? who : "others"
  }

  private func limit(of group: String) -> Int { group == "frame" ? self.count / 2 : self.count }
}
