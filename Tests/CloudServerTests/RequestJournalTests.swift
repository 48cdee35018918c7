import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct RequestJournalTests {
  private static func record(_ at: UInt64, status: Int = 200) -> RequestRecord {
    RequestRecord(
      HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/health"),
      at: .init(at), duration: .milliseconds(1), status: status,
      address: CloudFixture.address, facts: RequestNote.Facts())
  }

  private static func journal(capacity: Int, _ times: [UInt64]) -> RequestJournal {
    let journal = RequestJournal(capacity: capacity)
    for time in times { journal.append(Self.record(time)) }
    return journal
  }

  @Test func `it keeps the newest, and says when older ones were dropped`() {
    let journal = Self.journal(capacity: 3, [10, 20, 30, 40, 50])
    let newest = journal.newest(10) { _ in true }
    #expect(newest.records.map(\.sequence) == [3, 4, 5])
    #expect(!newest.isComplete)
    #expect(journal.newest(2) { _ in true }.records.map(\.sequence) == [4, 5])
    let since = journal.first(10, from: .init(since: .init(21))) { _ in true }
    #expect(since.records.map(\.at.value) == [30, 40, 50])
    #expect(since.isComplete)
    #expect(!journal.first(10, from: .init(since: .init(20))) { _ in true }.isComplete)
    #expect(journal.first(10, from: .init(after: 2)) { _ in true }.isComplete)
    #expect(!journal.first(10, from: .init(after: 1)) { _ in true }.isComplete)
  }

  @Test func `what was dropped is never taken for what did not happen`() throws {
    let filter = try RequestFilter(
      [:], account: nil, known: .init(clients: [], paths: []))
    func verdict(
      _ bound: RequestAssertion.Bound, since: UInt64?
    ) -> RequestAssertion.Verdict {
      var tally = RequestAssertion.Tally()
      return RequestAssertion(
        bound: bound, start: .init(since: since.map { .init($0) }), filter: filter, name: nil
      ).judge(Self.journal(capacity: 2, [10, 20, 30]), adding: &tally)
    }
    for bound in [RequestAssertion.Bound.exactly(2), .atMost(2), .atMost(9)] {
      let whole = verdict(bound, since: 11)
      #expect(whole.holds && whole.isComplete)
      let cut = verdict(bound, since: nil)
      #expect(cut.count == 2)
      #expect(!cut.holds && !cut.isComplete && !cut.canStillHold)
    }
    // More there can be, fewer not.
    #expect(verdict(.atLeast(2), since: nil).holds)
    #expect(!verdict(.atLeast(3), since: nil).holds)
  }

  @Test func `pages follow each other without a gap, also when nothing matches`() {
    let journal = Self.journal(capacity: 100, Array(1...10))
    let first = journal.first(4, from: .init(after: 0)) { $0.at.value % 2 == 0 }
    #expect(first.records.map(\.at.value) == [2, 4, 6, 8])
    #expect(first.cursor == 8)
    let second = journal.first(4, from: .init(after: first.cursor)) { $0.at.value % 2 == 0 }
    #expect(second.records.map(\.at.value) == [10])
    #expect(second.cursor == 10)
    #expect(journal.first(4, from: .init(after: 10)) { _ in true }.records.isEmpty)
    #expect(journal.first(4, from: .init(after: .max)) { _ in true }.records.isEmpty)
    #expect(journal.first(4, from: .init(after: 0)) { _ in false }.cursor == 10)
  }

  @Test func `a journal of many is looked through to its end, from both sides`() {
    let journal = Self.journal(capacity: 2_500, Array(1...4_000))
    let all = journal.count(from: .init(), showing: 2) { $0.at.value % 2 == 0 }
    #expect(all.count == 1_250)
    #expect(all.first.map(\.sequence) == [1_502, 1_504])
    #expect(all.last == 4_000)
    #expect(!all.isComplete)
    #expect(journal.count(from: .init(after: 1_500), showing: 1) { _ in true }.isComplete)
    #expect(journal.first(3_000, from: .init()) { _ in true }.records.count == 2_500)
    let newest = journal.newest(2_400) { _ in true }
    #expect(newest.records.map(\.sequence) == Array(1_601...4_000))
  }

  @Test func `an assertion adds what comes to what it has found`() throws {
    let journal = Self.journal(capacity: 3, [1, 2])
    let assertion = RequestAssertion(
      bound: .exactly(6), start: .init(after: 0),
      filter: try RequestFilter(
        [:], account: nil, known: .init(clients: [], paths: [])),
      name: nil)
    var tally = RequestAssertion.Tally()
    #expect(assertion.judge(journal, adding: &tally).count == 2)
    for time in 3...5 { journal.append(Self.record(UInt64(time))) }
    #expect(assertion.judge(journal, adding: &tally).count == 5)
    journal.append(Self.record(6))
    // The first were dropped after they had been counted.
    #expect(assertion.judge(journal, adding: &tally).holds)
    for time in 7...10 { journal.append(Self.record(UInt64(time))) }
    #expect(!assertion.judge(journal, adding: &tally).isComplete)
  }

  @Test func `of the time of a former run nothing is known`() throws {
    let journal = RequestJournal(capacity: 9)
    journal.drop(until: .init(10))
    for time in 10...12 { journal.append(Self.record(UInt64(time))) }
    #expect(!journal.newest(9) { _ in true }.isComplete)
    #expect(!journal.first(9, from: .init()) { _ in true }.isComplete)
    #expect(!journal.first(9, from: .init(since: .init(10))) { _ in true }.isComplete)
    #expect(journal.first(9, from: .init(since: .init(11))) { _ in true }.isComplete)
    // A place in this journal is after that time.
    #expect(journal.first(9, from: .init(after: 0)) { _ in true }.isComplete)
  }

  @Test func `a cursor is good in the journal that gave it`() throws {
    let (former, journal) = (RequestJournal(capacity: 9), RequestJournal(capacity: 9))
    for journal in [former, journal] { journal.append(Self.record(1)) }
    for sequence: UInt64 in [0, 1] {
      #expect(journal.sequence(ofCursor: journal.cursor(after: sequence)) == sequence)
      #expect(journal.sequence(ofCursor: former.cursor(after: sequence)) == nil)
    }
    let digits = journal.cursor(after: 1)
    #expect(digits.allSatisfy { "0123456789".contains($0) })
    #expect(UInt64(journal.cursor(after: 9_999_999_999)) != nil)
    for cursor in [
      journal.cursor(after: 2), "", "1", "x", digits + "x", String(digits.dropLast()),
      digits.dropLast() + "+1", digits.dropLast() + "01",
    ] {
      #expect(journal.sequence(ofCursor: cursor) == nil, "\(cursor)")
    }
  }

  @Test func `a journal of nothing and an empty one`() {
    let none = Self.journal(capacity: 0, [1, 2])
    #expect(none.newest(5) { _ in true }.records.isEmpty)
    #expect(!none.count(from: .init(), showing: 1) { _ in true }.isComplete)
    let empty = RequestJournal(capacity: 5)
    #expect(empty.newest(5) { _ in true }.isComplete)
    #expect(empty.count(from: .init(), showing: 1) { _ in true }.isComplete)
  }

  @Test(arguments: [
    ("/v1/devices/x", "/v1/devices/x"), ("/v1/session?token=rlka_secret", "/v1/session"),
    ("/rlka_AQAAAAAAAAAAAAAAAAAAAAAAA", "/…"), ("/a%20b", "/…"), ("/a#b", "/a"), ("", ""),
    ("*", "…"),
  ])
  func `of a path that leads nowhere only plain words are shown`(path: String, shown: String) {
    #expect(RequestRecord.shown(path) == shown)
  }
}
