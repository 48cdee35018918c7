import ArgumentParser
import CloudServer

/// How much the cloud remembers of what happened, beside its state.
struct RecordOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many events of each session are kept for 'relink token history'; 0 keeps none, and saves a row for each refresh.",
      valueName: "count"))
  var sessionHistory: Int = 100

  @Option(
    help: ArgumentHelp(
      "How many requests are kept in memory for 'relink requests' and its assertions; 0 keeps none.",
      valueName: "count"))
  var requestJournal: Int = 100_000

  func validate() throws {
    for (name, count, most) in [
      ("--session-history", self.sessionHistory, 100_000),
      ("--request-journal", self.requestJournal, 10_000_000),
    ] where !(0...most).contains(count) {
      throw ValidationError("\(name) must be from 0 to \(most).")
    }
  }

  func apply(to options: inout CloudServerOptions) {
    options.historyCount = self.sessionHistory
    options.requestJournalCount = self.requestJournal
  }
}
