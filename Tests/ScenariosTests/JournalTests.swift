import Testing

@testable import Scenarios

struct JournalTests {
  private func entry(_ event: String) throws -> JournalEntry {
    try #require(JournalEntry(line: #"{"event":"\#(event)","n":7,"yes":true,"list":[1]}"#))
  }

  @Test func `an entry gives its members by type`() throws {
    let entry = try self.entry("x")
    #expect(entry.integer("n") == 7)
    #expect(entry.boolean("yes") == true)
    #expect(entry.text("list") == nil)
    #expect(entry.text("absent") == nil)
  }

  @Test(arguments: ["", "no JSON", "[]", #"{"n":1}"#, #"{"event":1}"#])
  func `a line without an event is no entry`(line: String) {
    #expect(JournalEntry(line: line) == nil)
  }

  @Test func `an entry from before the mark does not count`() async throws {
    let journal = Journal(name: "porch")
    await journal.append(try self.entry("old"))
    let mark = await journal.mark
    let error = await #expect(throws: LabError.self) {
      try await journal.wait(for: "old", since: mark, within: .milliseconds(20)) {
        $0.event == "old"
      }
    }
    #expect(error?.code == .timedOut)
    #expect(error?.description.contains("porch") == true)
  }

  @Test func `a waiter is told of what comes later`() async throws {
    let journal = Journal(name: "porch")
    async let waited = journal.wait(
      for: "new", since: Journal.beginning, within: .seconds(10)
    ) { $0.event == "new" }
    await journal.append(try self.entry("other"))
    await journal.append(try self.entry("new"))
    #expect(try await waited.event == "new")
  }

  @Test func `the end of the process ends the waiting`() async throws {
    let journal = Journal(name: "porch")
    async let waited: JournalEntry = journal.wait(
      for: "new", since: Journal.beginning, within: .seconds(10)
    ) { $0.event == "new" }
    await journal.close()
    do {
      _ = try await waited
      Issue.record("the wait should have ended with an error")
    } catch let error as LabError {
      #expect(error.code == .ended)
    }
  }
}
