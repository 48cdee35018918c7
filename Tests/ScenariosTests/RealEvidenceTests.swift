import Simulation
import Testing

@testable import Scenarios

/// What a run on real processes keeps to tell of a failure, and what it takes for a secret.
@Suite struct RealEvidenceTests {
  private func entry(_ event: String) throws -> LabEvent {
    .journal(
      process: "porch", try #require(JournalEntry(line: #"{"event":"power","state":"\#(event)"}"#)))
  }

  @Test func `the last events are those before the failure, of those that it names`() throws {
    let scenario = try SmallScenario.reading("")
    let events = LastEvents()
    events.note(.stage("It begins"))
    for _ in 0..<40 { events.note(try self.entry("on")) }
    events.note(
      .journal(
        process: "attic",
        try #require(JournalEntry(line: #"{"event":"loggedOut","reason":"so"}"#))))
    events.note(.verdict(Verdict(line: 1, claim: "it holds", failure: nil)))
    events.note(try self.entry("cut"))
    events.note(.verdict(Verdict(line: 2, claim: "it holds", failure: "porch has 0 recordings")))
    events.note(.note("what comes later tells nothing"))
    let named = LastEvents.words(
      of: events.all, concerning: "seed 1: porch has 0 recordings", in: scenario)
    #expect(named.first?.contains("lab  It begins") == true)
    #expect(named.last?.contains("porch  its power is cut") == true)
    #expect(named.count == 13)
    let all = LastEvents.words(of: events.all, concerning: "porches everywhere", in: scenario)
    #expect(all.count == 14 && all.contains { $0.contains("attic  is logged out: so") })
  }

  @Test(arguments: [
    (#"Hillside \xe2\x9b\xb0"#, "Hillside ⛰"), (#"a\\b"#, #"a\b"#), ("Harbour:2.4", "Harbour:2.4"),
    (#"\xff\xfe"#, #"\xff\xfe"#), (#"\"#, ""), (#"\x9"#, "x9"),
  ])
  func `a network's name is shown as its owner reads it`(journal: String, shown: String) {
    #expect(JournalWords.readable(journal) == shown)
  }

  @Test(arguments: [
    ("analytical", true), ("attic", false), ("Hillside", false), ("short", false),
    ("camera", false), ("Hill", false), ("secret12", true),
  ])
  func `a secret that is also a name or a word of the scenario is not looked for`(
    secret: String, isTellable: Bool
  ) throws {
    let words = try SmallScenario.reading("").publicWords
    #expect(secret.isTellable(besides: words) == isTellable)
  }
}
