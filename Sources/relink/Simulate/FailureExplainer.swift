import Foundation
import Scenarios
import Simulation

/// What `relink test` says of runs that failed, by running them again as they were read.
struct FailureExplainer: Sendable {
  let files: [SuiteFile]
  let firmware: FirmwareTable
  let printer: SuitePrinter

  /// Of the first run that failed, what led to it.
  func explain(_ file: FileReport) {
    guard let first = file.failures.first else { return }
    guard file.way == .virtual else {
      self.printer.explain(first, path: file.path)
      return
    }
    do {
      guard let scenario = self.scenario(of: file.path, variant: first.variant),
        let report = try FailureReport.make(
          scenario, seed: first.seed, firmware: self.firmware, shrinks: false,
          isOver: { Task.isCancelled })
      else { return }
      self.printer.explain(report, path: file.path)
    } catch {
      // No world can be made of it, which its line in the report says already.
    }
  }

  /// One run of the one file once more, with a journal: of the first variant that failed, else of the
  /// first.
  ///
  /// - Returns: Whether it could be written.
  func keep(_ path: String, of report: SuiteReport, seed: UInt64) -> Bool {
    guard self.files.count == 1, let file = self.files.first, let first = file.scenarios.first
    else {
      self.printer.error("--journal is that of one file, and there are \(self.files.count)")
      return false
    }
    let failed = report.files.first?.failures.first
    let scenario = failed.flatMap { self.scenario(of: file.path, variant: $0.variant) } ?? first
    var problem: String?
    do {
      let writer = try JournalWriter(path)
      _ = VirtualRun.run(
        scenario, seed: seed, firmware: self.firmware, log: Log(sink: { writer.write($0) }),
        isOver: { Task.isCancelled })
      problem = writer.close()
    } catch {
      problem = PlainError.text(of: error)
    }
    if let problem {
      self.printer.error("the journal can't be written to \(path): \(problem)")
      return false
    }
    if let variant = scenario.variant {
      self.printer.say(
        "The journal is that of variant \(Terminal.printable(variant)), seed \(seed).")
    }
    return true
  }

  private func scenario(of path: String, variant: String?) -> Scenario? {
    self.files.first { $0.path == path }?.scenarios.first { $0.variant == variant }
  }
}
