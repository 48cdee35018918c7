import Foundation
import Scenarios
import Simulation
import Synchronization

/// Prints a run as it happens: a line an event with the seconds since the start.
final class Timeline: Sendable {
  private let terminal: Terminal
  private let toStandardError: Bool
  private let started = ContinuousClock.now
  private let nameWidth: Int
  private let colors: [String: Terminal.Style]
  /// Lines come from many tasks; each is written whole.
  private let lock = Mutex<Void>(())
  private let keptWorkspace = Mutex<Workspace?>(nil)

  /// - Parameter names: Of the processes, in the order of their colours.
  init(names: [String], toStandardError: Bool) {
    self.toStandardError = toStandardError
    self.terminal = Terminal(descriptor: toStandardError ? STDERR_FILENO : STDOUT_FILENO)
    self.nameWidth = names.map(\.count).max() ?? 0
    let palette: [Terminal.Style] = [.cyan, .blue, .magenta, .yellow, .green]
    self.colors = Dictionary(
      names.enumerated().map { ($1, palette[$0 % palette.count]) }, uniquingKeysWith: { $1 })
  }

  func show(_ event: LabEvent) {
    switch event {
    case .stage(let title):
      self.write("\n" + self.terminal.styled(Terminal.printable(title), .bold))
    case .note(let text):
      self.line("", text)
    case .journal(let process, let entry):
      guard let words = JournalWords.words(for: entry) else { return }
      self.line(process, words)
    case .devices(let devices):
      self.write(
        "\n" + DeviceTable.text(of: devices, terminal: self.terminal, indent: "          ") + "\n")
    case .verdict(let verdict):
      self.write("          " + self.text(of: verdict))
    case .kept(let workspace):
      self.keptWorkspace.withLock { $0 = workspace }
    }
  }

  /// A line of the demo itself.
  func say(_ text: String) { self.write(Terminal.printable(text)) }

  /// The end of a run: all that was checked, and where the folder is if it stays.
  func conclude(_ outcome: Outcome) {
    if let failure = outcome.failure {
      self.say("the run stopped: \(failure)")
    } else {
      self.summary(of: outcome.verdicts)
    }
    guard let workspace = self.keptWorkspace.withLock({ $0 }) else { return }
    self.say(
      outcome.passed
        ? "flashes and logs are in \(workspace.path)" : "the logs are in \(workspace.logs)")
  }

  private func summary(of verdicts: [Verdict]) {
    let failed = verdicts.filter { !$0.held }
    self.write("\n" + self.terminal.styled("What was checked", .bold))
    for verdict in verdicts { self.write("  " + self.text(of: verdict)) }
    let seconds = self.seconds()
    self.write(
      failed.isEmpty
        ? self.terminal.styled(
          "\nAll \(verdicts.count) checks held, in \(seconds) s.", .bold, .green)
        : self.terminal.styled(
          "\n\(failed.count) of \(verdicts.count) checks did not hold.", .bold, .red))
  }

  private func text(of verdict: Verdict) -> String {
    let rule = verdict.rule.map { " (rule \($0))" } ?? ""
    let claim = Terminal.printable(verdict.claim) + self.terminal.styled(rule, .dim)
    guard let failure = verdict.failure else {
      return self.terminal.styled("✓", .green) + " " + claim
    }
    let line = verdict.line.map { "line \($0): " } ?? ""
    return self.terminal.styled("✗", .bold, .red)
      + " \(line)\(claim): \(Terminal.printable(failure))"
  }

  private func line(_ process: String, _ words: String) {
    let name = process.padding(toLength: self.nameWidth, withPad: " ", startingAt: 0)
    let seconds = self.seconds()
    let time = String(repeating: " ", count: max(0, 6 - seconds.count)) + seconds + " s"
    let styled = self.colors[process].map { self.terminal.styled(name, $0) } ?? name
    self.write("\(self.terminal.styled(time, .dim))  \(styled)  \(Terminal.printable(words))")
  }

  private func seconds() -> String {
    let elapsed = (ContinuousClock.now - self.started).components
    return "\(elapsed.seconds).\(elapsed.attoseconds / 100_000_000_000_000_000)"
  }

  private func write(_ text: String) {
    self.lock.withLock { _ in
      let output: FileHandle = self.toStandardError ? .standardError : .standardOutput
      // A reader that has gone away (a pipe that was closed) ends the words, not the demo.
      try? output.write(contentsOf: Data((text + "\n").utf8))
    }
  }
}
