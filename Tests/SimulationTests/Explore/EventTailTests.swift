import Testing

@testable import Simulation

/// The last events before a failure.
@Suite struct EventTailTests {
  private func told(
    concerned: Set<String>, _ entries: [(who: String, event: String)]
  ) -> [LogEntry] {
    let tail = EventTail(of: .twoHomes(), concerned: concerned, count: 4)
    for (index, entry) in entries.enumerated() {
      tail.take(
        LogEntry(
          milliseconds: UInt64(index), who: entry.who, event: entry.event,
          members: entry.event == "heartbeat" ? [("name", "heartbeat")] : []))
    }
    return tail.entries
  }

  @Test func `of those concerned the last are told, and half as many of the cloud and the lab`() {
    let entries = (0..<1_000).map { number in
      (who: ["porch", "quay", "cloud", "lab"][number % 4], event: "\(number)")
    }
    let told = self.told(concerned: ["porch"], entries)
    #expect(told.map(\.event) == ["984", "988", "992", "996", "998", "999"])
    #expect(told.map(\.milliseconds) == told.map(\.milliseconds).sorted())
  }

  @Test func `what one does often does not push out the others, and a fleet is one`() {
    var entries = [(who: "porch", event: "first")]
    entries += (0..<9_000).map { (who: "fleet-\($0)", event: "\($0)") }
    entries += (0..<900).map { (who: "quay", event: "\($0)") }
    let told = self.told(concerned: [], entries)
    #expect(told.map(\.who).first == "porch")
    #expect(told.filter { $0.who == "quay" }.count == 4)
    #expect(
      told.filter { $0.who.hasPrefix("fleet") }.map(\.event) == ["8996", "8997", "8998", "8999"])
  }

  @Test func `heartbeats tell nothing`() {
    let told = self.told(
      concerned: ["porch"],
      [("porch", "state")] + (0..<50).map { _ in ("porch", "heartbeat") })
    #expect(told.map(\.event) == ["state"])
  }
}
