import ArgumentParser
import Foundation
import Scenarios
import Simulation
import Synchronization

struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract:
      "Explore: random homes, owners, devices, faults and logouts from one seed after another.",
    discussion: """
      Each seed draws a scenario and plays it under a virtual clock; the rules that must always hold
      (docs/simulation.md) are checked after every event. At the end all trouble is healed, and
      everything that can must be on line again. The first violation is shrunk to as few steps as
      possible and written as a scenario file that repeats it.

      Exit code 0 if nothing was found; 1 if something was; 2 if a file cannot be written; 130 after
      Ctrl-C, with the summary so far.

      EXAMPLES
        relink simulate                       1,000 seeds
        relink simulate --seeds 100000
        relink simulate --minutes 30 --first-seed 5000000
        relink simulate --seed 4711           one run, exactly as it was
        relink simulate --seed 4711 --journal run.jsonl
      """)

  @Option(help: "Repeat the run of this seed alone.")
  var seed: UInt64?

  @Option(help: "Run so many seeds (default 1000, unless --minutes is given).")
  var seeds: Int?

  @Option(help: "Run one seed after another for so many minutes.")
  var minutes: Double?

  @Option(name: .customLong("first-seed"), help: "The first of the seeds.")
  var firstSeed: UInt64 = 1

  @Option(help: "Threads (default: one for each core).")
  var jobs: Int?

  @Option(
    help: "With --seed: write every event as a line of JSON to this file.", completion: .file())
  var journal: String?

  @Option(
    help: "Where the scenario file of a violation goes (default: relink-failure-SEED.yaml).",
    completion: .file())
  var output: String?

  func validate() throws {
    if let seeds, !(1...1_000_000_000).contains(seeds) {
      throw ValidationError("--seeds must be 1 to 1000000000, not \(seeds)")
    }
    if let minutes, !(minutes > 0 && minutes <= 100_000) {
      throw ValidationError("--minutes must be more than 0 and at most 100000, not \(minutes)")
    }
    if let jobs, !(1...1_024).contains(jobs) {
      throw ValidationError("--jobs must be 1 to 1024, not \(jobs)")
    }
    if self.seed != nil, self.seeds != nil || self.minutes != nil {
      throw ValidationError("--seed repeats one run; it goes with neither --seeds nor --minutes")
    }
    if self.journal != nil, self.seed == nil {
      throw ValidationError("--journal needs --seed: it is the journal of one run")
    }
  }

  func run() async throws {
    let printer = SuitePrinter(toStandardError: false)
    if let seed {
      try self.repeatRun(of: seed, printer)
    } else {
      try await self.explore(printer)
    }
  }

  // MARK: One run

  private func repeatRun(of seed: UInt64, _ printer: SuitePrinter) throws {
    let scenario = ScenarioDraw.scenario(seed: seed)
    let writer = try self.journal.map { try self.open($0, printer) }
    let log = Log(.digest, sink: writer.map { writer in { writer.write($0) } })
    let (outcome, seconds) = VirtualRun.run(
      scenario, seed: seed, firmware: .builtIn, log: log)
    if let problem = writer?.close() {
      printer.error("the journal can't be written to \(self.journal ?? ""): \(problem)")
      throw ExitCode(2)
    }
    printer.say(
      "seed \(seed): \(outcome.statistics.events) events, \(SuitePrinter.span(outcome.statistics.milliseconds)) of virtual time in \(String(format: "%.3f", seconds)) s"
    )
    printer.say("drawn: \(scenario.shows ?? "")")
    printer.say("journal SHA-256 \(outcome.statistics.journalDigest ?? "")")
    guard outcome.passed else {
      try self.report(seed, printer)
      throw ExitCode.failure
    }
    printer.say("every rule held")
  }

  private func open(_ path: String, _ printer: SuitePrinter) throws -> JournalWriter {
    do {
      return try JournalWriter(path)
    } catch {
      printer.error("the journal can't be written to \(path): \(error.localizedDescription)")
      throw ExitCode(2)
    }
  }

  // MARK: Many

  private func explore(_ printer: SuitePrinter) async throws {
    var exploration = Exploration(firmware: .builtIn)
    exploration.firstSeed = self.firstSeed
    exploration.seeds = self.seeds ?? (self.minutes == nil ? 1_000 : nil)
    if let jobs { exploration.jobs = jobs }
    let clock = ContinuousClock()
    let start = clock.now
    if let minutes {
      let end = start + .seconds(minutes * 60)
      exploration.isOver = { clock.now >= end }
    }
    printer.say(
      "relink \(ProjectCommit.words), seeds from \(self.firstSeed)"
        + (exploration.seeds.map { ", \($0) of them" } ?? "")
        + (self.minutes.map { ", \($0) minutes" } ?? ""))
    let meter = ProgressMeter(of: exploration.seeds)
    let latest = Mutex(Exploration.Progress())
    let running = exploration
    let outcome = await InterruptibleTask.run {
      let progress = await running.run { progress in
        latest.withLock { $0 = progress }
        meter.show(progress)
      }
      latest.withLock { $0 = progress }
    }
    let progress = latest.withLock { $0 }
    meter.finish()
    printer.say(ProgressMeter.summary(of: progress, seconds: (clock.now - start).inSeconds))
    if let seed = progress.failedSeed {
      try self.report(seed, printer)
      throw ExitCode.failure
    }
    if case .interrupted(let signal) = outcome { throw ExitCode(128 + signal) }
    printer.say("every rule held")
  }

  /// Shrinks what failed, and says all that there is to say about it.
  private func report(_ seed: UInt64, _ printer: SuitePrinter) throws {
    let scenario = ScenarioDraw.scenario(seed: seed)
    printer.say("\nseed \(seed) failed; shrinking it …")
    guard
      let report = try FailureReport.make(
        scenario, seed: seed, firmware: .builtIn, shrinks: true),
      let (shrunk, runCount) = report.shrunk
    else { return }
    let path = self.output ?? "relink-failure-\(seed).yaml"
    var smallest = shrunk
    smallest.name = "seed \(seed), shrunk"
    printer.say("relink \(ProjectCommit.words) · seed \(seed) · drawn: \(scenario.shows ?? "")")
    printer.say(
      "shrunk from \(scenario.steps.count) steps to \(shrunk.steps.count), in \(runCount) runs")
    printer.say("\nThe last events of those concerned:")
    printer.show(lastEventsOf: report)
    do {
      try OutputFile.write(ScenarioFile.yaml(of: smallest), to: path)
      printer.say("\nThe shrunk scenario is in \(path). To repeat it:")
      printer.say("  relink test \(path) --seed \(seed)")
    } catch {
      printer.error("the scenario can't be written to \(path): \(error.localizedDescription)")
      printer.say(ScenarioFile.yaml(of: smallest))
    }
    printer.say("To repeat the run as it was drawn:")
    printer.say("  relink simulate --seed \(seed)")
  }
}
