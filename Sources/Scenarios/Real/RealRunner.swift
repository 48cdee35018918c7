import CloudCore
import Foundation
package import Simulation

/// Plays scenarios the real way: the cloud and each device a process of its own, with a wall clock,
/// sockets and TLS.
package struct RealRunner: Sendable {
  private let programs: Programs
  private let keepsFolder: Bool
  private let tell: @Sendable (LabEvent) -> Void

  /// - Parameters:
  ///   - keepsFolder: Whether the folder with flashes and logs stays after a run in which all held;
  ///     after another one it does anyway.
  ///   - tell: Called as things happen, from several tasks.
  package init(
    programs: Programs, keepsFolder: Bool = false,
    tell: @escaping @Sendable (LabEvent) -> Void = { _ in }
  ) {
    self.programs = programs
    self.keepsFolder = keepsFolder
    self.tell = tell
  }

  /// Plays one scenario. Nothing is left running after it; cancelled, nothing is left at all.
  ///
  /// - Parameter seed: Of the devices' random numbers.
  /// - Returns: What it showed. `failure` is set when it could not be carried to its end.
  package func run(_ scenario: Scenario, seed: UInt64) async -> Outcome {
    var outcome = Outcome(
      scenario: scenario.name, variant: scenario.variant, way: .real, seed: seed)
    let workspace: Workspace
    do {
      try RealWay.check(scenario)
      let catalogue = try FirmwareCatalogue(contentsOf: self.programs.manifest)
      for device in scenario.devices { try catalogue.check(device) }
      workspace = try Workspace.temporary()
    } catch {
      outcome.failure = "\(error)"
      return outcome
    }
    let (tell, lastEvents) = (self.tell, LastEvents())
    let run = RealRun(
      scenario: scenario, programs: self.programs, workspace: workspace, seed: seed,
      tell: { event in
        lastEvents.note(event)
        tell(event)
      })
    let started = ContinuousClock.now
    do {
      try await run.play()
    } catch {
      outcome.failure = "\(error)"
    }
    // What was seen while everything ended says nothing of the scenario.
    outcome.isInterrupted = Task.isCancelled
    if outcome.isInterrupted { outcome.failure = "interrupted" }
    let events = lastEvents.all
    // Also when this task is cancelled: what runs must be stopped.
    await Task { await run.lab.stop() }.value
    outcome.verdicts = Self.verdicts(await run.verdicts, of: scenario)
    outcome.statistics.events = await run.lab.journalLineCount()
    outcome.statistics.milliseconds = UInt64((ContinuousClock.now - started).milliseconds)
    if !outcome.passed {
      outcome.lastEvents = LastEvents.words(
        of: events, concerning: outcome.failureWords, in: scenario)
    }
    if !outcome.isInterrupted, self.keepsFolder || !outcome.passed {
      outcome.folder = workspace.path
      self.tell(.kept(workspace))
    } else {
      workspace.remove()
    }
    return outcome
  }

  /// Of a scenario that must break a rule: that rule's verdicts become one, which holds if one of
  /// them did not.
  static func verdicts(_ verdicts: [Verdict], of scenario: Scenario) -> [Verdict] {
    guard let rule = scenario.brokenRule else { return verdicts }
    let broken = verdicts.filter { $0.rule == rule && !$0.held }
    return verdicts.filter { $0.rule != rule || $0.held } + [
      Verdict(
        line: nil, rule: rule, claim: "what is broken on purpose is seen",
        failure: broken.isEmpty ? "rule \(rule) was not seen broken" : nil)
    ]
  }
}
