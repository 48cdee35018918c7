import ArgumentParser
import Foundation
import Scenarios
import Simulation

extension SimulateCommand {
  /// Shrinks what failed, and says all that there is to say about it. Interrupted, it makes do with the
  /// smallest so far.
  ///
  /// - Returns: 1, or 2 if the file could not be written.
  func report(_ seed: UInt64, _ printer: SuitePrinter) -> ExitCode {
    let scenario = ScenarioDraw.scenario(seed: seed)
    printer.say("\nseed \(seed) failed; shrinking it …")
    let made = try? FailureReport.make(
      scenario, seed: seed, firmware: .builtIn, shrinks: true, isOver: { Task.isCancelled })
    guard let report = made, let (shrunk, runCount) = report.shrunk else {
      guard !Task.isCancelled else {
        printer.say("To repeat the run as it was drawn:\n  relink simulate --seed \(seed)")
        return .failure
      }
      printer.say(
        "run again, it held: a run is more than its seed here, which is a mistake of ours")
      return .failure
    }
    let path = self.output ?? "relink-failure-\(seed).yaml"
    var smallest = shrunk
    smallest.name = "seed \(seed), shrunk"
    printer.say("relink \(ProjectCommit.words) · seed \(seed) · drawn: \(scenario.shows ?? "")")
    printer.say(
      "shrunk from \(scenario.steps.count) steps to \(shrunk.steps.count), in \(runCount) runs")
    printer.say("\nThe last events of those concerned:")
    printer.show(lastEventsOf: report)
    let isWritten = self.write(smallest, to: path, seed: seed, printer)
    printer.say("To repeat the run as it was drawn:")
    printer.say("  relink simulate --seed \(seed)")
    return isWritten ? .failure : ExitCode(2)
  }

  private func write(
    _ scenario: Scenario, to path: String, seed: UInt64, _ printer: SuitePrinter
  ) -> Bool {
    do {
      try OutputFile.write(ScenarioFile.yaml(of: scenario), to: path)
    } catch {
      printer.error("the scenario can't be written to \(path): \(PlainError.text(of: error))")
      printer.say(ScenarioFile.yaml(of: scenario))
      return false
    }
    printer.say("\nThe shrunk scenario is in \(Terminal.printable(path)). To repeat it:")
    printer.say("  relink test \(Terminal.shellWord(path)) --seed \(seed)")
    return true
  }
}
