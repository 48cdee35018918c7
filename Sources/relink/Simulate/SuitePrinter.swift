import Foundation
import Scenarios
import Simulation

/// Prints what a suite shows: a line for each file, then what failed and why.
struct SuitePrinter: Sendable {
  private let terminal: Terminal
  private let toStandardError: Bool
  private let showsFigures: Bool

  /// - Parameter showsFigures: Whether the number of each claim is shown, also of those that held.
  init(toStandardError: Bool, showsFigures: Bool = false) {
    self.toStandardError = toStandardError
    self.showsFigures = showsFigures
    self.terminal = Terminal(descriptor: toStandardError ? STDERR_FILENO : STDOUT_FILENO)
  }

  func show(_ file: FileReport) {
    let mark =
      file.passed ? self.terminal.styled("✓", .green) : self.terminal.styled("✗", .bold, .red)
    var details = "\(file.way.rawValue), "
    details +=
      file.runs < file.plannedRuns
      ? "\(file.runs) of \(Self.count(file.plannedRuns, "run"))" : Self.count(file.runs, "run")
    if let variants = file.variants { details += " (\(variants))" }
    if file.way == .virtual {
      details += ", \(file.events) events, \(Self.span(file.virtualMilliseconds)) of virtual time"
    }
    details += ", \(String(format: "%.1f", file.seconds)) s"
    self.write("\(mark) \(Terminal.printable(file.path))  \(self.terminal.styled(details, .dim))")
    if self.showsFigures { for figure in file.figures { self.show(figure) } }
    for outcome in file.failures.prefix(1) { self.write(self.indented(outcome.failureWords)) }
    if file.failedRuns > 1 {
      let seeds = file.failures.map { outcome in
        "\(outcome.seed)" + (outcome.variant.map { " of \(Terminal.printable($0))" } ?? "")
      }.joined(separator: ", ")
      let more = file.failedRuns > file.failures.count ? ", …" : ""
      self.write("    \(file.failedRuns) of \(file.runs) runs failed (seeds \(seeds)\(more))")
    }
  }

  private func show(_ figure: FileReport.Figure) {
    let place = figure.line.map { "line \($0): " } ?? ""
    let number =
      figure.least == figure.most ? "\(figure.least)" : "\(figure.least) to \(figure.most)"
    self.write(self.indented("\(place)\(figure.claim): it was \(number)"))
  }

  func explain(_ report: FailureReport, path: String) {
    self.write(self.heading(of: report.outcome, path: path))
    self.show(lastEventsOf: report)
    self.write(
      "  To repeat it:  relink test \(Terminal.shellWord(path)) --seed \(report.outcome.seed)"
        + (report.outcome.variant.map { "    # \(Terminal.printable($0))" } ?? ""))
  }

  /// Of a run on real processes: it is not repeated, and what it has left is all that there is.
  func explain(_ outcome: Outcome, path: String) {
    self.write(self.heading(of: outcome, path: path))
    for line in outcome.lastEvents { self.write("  " + Terminal.printable(line)) }
    self.write(self.indented(outcome.failureWords))
    guard let folder = outcome.folder else { return }
    self.write("  Flashes and logs are in \(Terminal.printable(folder))")
  }

  private func heading(of outcome: Outcome, path: String) -> String {
    let variant = outcome.variant.map { "\($0), " } ?? ""
    return "\n"
      + self.terminal.styled(
        Terminal.printable("\(path), \(variant)seed \(outcome.seed)"), .bold)
  }

  func show(lastEventsOf report: FailureReport) {
    for entry in report.lastEvents { self.write("  " + Terminal.printable(entry.words)) }
    self.write(self.indented(report.outcome.failureWords))
  }

  func summary(of report: SuiteReport) {
    for (path, disagreements) in report.disagreements {
      let heading = "\(Terminal.printable(path)): the two ways disagree"
      self.write("\n" + self.terminal.styled(heading, .bold, .red))
      for disagreement in disagreements { self.write(self.indented(disagreement.words)) }
    }
    for path in report.skipped {
      self.write(self.terminal.styled("- \(Terminal.printable(path)): not for this way", .dim))
    }
    let runs = report.files.reduce(0) { $0 + $1.runs }
    let failed = report.failedScenarioCount
    var text = "\n"
    if report.files.isEmpty {
      text += "nothing was run"
    } else {
      text += "\(Self.count(report.scenarioCount, "scenario")), \(Self.count(runs, "run"))"
      text += failed == 0 ? ", all held" : ", \(Self.count(failed, "scenario")) failed"
    }
    if !report.disagreements.isEmpty { text += ", \(report.disagreements.count) disagree" }
    if report.isPartial { text += "; stopped before everything was run" }
    let isFine = report.passed
    self.write(self.terminal.styled(text + ".", .bold, isFine ? .green : .red))
  }

  func say(_ text: String) { self.write(text) }

  /// With file, line and column first, as editors and terminals find them.
  func mistake(_ error: ScenarioError) {
    FileHandle.standardError.writeIfPossible(Terminal.printable("\(error)") + "\n")
  }

  func error(_ text: String) {
    FileHandle.standardError.writeIfPossible("Error: \(Terminal.printable(text))\n")
  }

  /// `3 h 20 min`, the two largest units.
  static func span(_ milliseconds: UInt64) -> String {
    let seconds = milliseconds / 1_000
    let units: [(UInt64, String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    var parts: [String] = []
    var rest = seconds
    for (size, name) in units where parts.count < 2 {
      if rest >= size || (!parts.isEmpty && rest > 0) || (size == 1 && parts.isEmpty) {
        parts.append("\(rest / size) \(name)")
      }
      rest %= size
    }
    return parts.joined(separator: " ")
  }

  static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  private func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "    " + Terminal.printable(String($0)) }
      .joined(separator: "\n")
  }

  private func write(_ text: String) {
    let handle = self.toStandardError ? FileHandle.standardError : .standardOutput
    handle.writeIfPossible(text + "\n")
  }
}
