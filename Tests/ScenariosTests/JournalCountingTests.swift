import Simulation
import Testing

@testable import Scenarios

struct JournalCountingTests {
  private static func request(_ name: String, _ outcome: String, _ detail: String = "") throws
    -> JournalEntry
  {
    try #require(
      JournalEntry(
        line:
          #"{"event":"request","name":"\#(name)","outcome":"\#(outcome)","detail":"\#(detail)"}"#))
  }

  @Test func `each counter counts its own lines`() throws {
    let loggedOut = try #require(JournalEntry(line: #"{"event":"loggedOut","reason":"x"}"#))
    let booted = try #require(JournalEntry(line: #"{"event":"booted"}"#))
    let entries = [
      booted, try Self.request("pair", "sent"), try Self.request("pair", "ok"),
      try Self.request("refresh", "sent"), try Self.request("refresh", "failed"),
      try Self.request("refresh", "sent"), try Self.request("refresh", "ok"),
      try Self.request("heartbeat", "refused", "logged_out"), loggedOut,
      try Self.request("relink", "refused", "authorization_pending"),
      try Self.request("relink", "sent"), try Self.request("relink", "ok"),
      try Self.request("refresh", "refused", "replayed"),
      try Self.request("stream", "refused", "expired"),
    ]
    let expected: [(Claim.Counter, Int)] = [
      (.refreshes, 1), (.failedRefreshes, 2), (.pairings, 1), (.relinks, 1), (.relinkRequests, 1),
      (.logins, 0), (.logouts, 1), (.requests, 4), (.deadTokenRequests, 2),
      (.deadTokensAccepted, 0), (.heartbeats, 0), (.boots, 1), (.sessions, 2), (.replays, 1),
    ]
    #expect(expected.map(\.0) == Claim.Counter.allCases)
    for (counter, number) in expected {
      #expect(counter.count(in: entries) == number, "\(counter)")
    }
    #expect(entries.endsInSession)
    #expect(!Array(entries.prefix(9)).endsInSession)
  }

  private static func request(_ name: String, _ outcome: String, at: Int) throws -> JournalEntry {
    try #require(
      JournalEntry(
        line: #"{"at":\#(at),"event":"request","name":"\#(name)","outcome":"\#(outcome)"}"#))
  }

  @Test func `what is served with a token from before a logout is found, until the next link`()
    throws
  {
    let entries = [
      try Self.request("heartbeat", "sent", at: 9), try Self.request("heartbeat", "ok", at: 11),
      try Self.request("refresh", "sent", at: 12), try Self.request("refresh", "ok", at: 13),
      try Self.request("relink", "sent", at: 14), try Self.request("relink", "ok", at: 15),
      try Self.request("motions", "sent", at: 16), try Self.request("motions", "ok", at: 17),
      try Self.request("motions", "sent", at: 21), try Self.request("motions", "ok", at: 22),
    ]
    // What was on its way when the logout was acknowledged may still be answered.
    #expect(entries.deadTokenUses(logoutTimes: [10]).map { $0.integer("at") } == [13])
    #expect(entries.deadTokenUses(logoutTimes: [10, 20]).map { $0.integer("at") } == [13, 22])
    #expect(entries.deadTokenUses(logoutTimes: []).isEmpty)
  }
}
