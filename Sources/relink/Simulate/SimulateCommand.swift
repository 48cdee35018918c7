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

  @Option(name: .customLong("first-seed"), help: "The first of the seeds (default: 1).")
  var firstSeed: UInt64?

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
    if self.seed != nil, self.seeds != nil || self.minutes != nil || self.firstSeed != nil {
      throw ValidationError(
        "--seed repeats one run; it goes with none of --seeds, --minutes and --first-seed")
    }
    guard self.first <= .max - UInt64(self.seeds ?? 1_000) else {
      throw ValidationError("there are no \(self.seeds ?? 1_000) seeds from \(self.first) on")
    }
    if self.journal != nil, self.seed == nil {
      throw ValidationError("--journal needs --seed: it is the journal of one run")
    }
  }

  private var first: UInt64 { self.firstSeed ?? 1 }

  func run() async throws {
    let printer = SuitePrinter(toStandardError: false)
    let code = Mutex(ExitCode.success)
    let outcome = await InterruptibleTask.run {
      let result =
        if let seed = self.seed { self.repeatRun(of: seed, printer) } else {
          await self.explore(printer)
        }
      code.withLock { $0 = result }
    }
    let final = code.withLock { $0 }
    // What was found is worth more than that somebody grew impatient.
    if final != .success { throw final }
    if case .interrupted(let signal) = outcome { throw ExitCode(128 + signal) }
  }

  // MARK: One run

  private func repeatRun(of seed: UInt64, _ printer: SuitePrinter) -> ExitCode {
    let scenario = ScenarioDraw.scenario(seed: seed)
    var writer: JournalWriter?
    if let journal {
      do {
        writer = try JournalWriter(journal)
      } catch {
        return self.cannotWrite(journal, PlainError.text(of: error), printer)
      }
    }
    let log = Log(.digest, sink: writer.map { writer in { writer.write($0) } })
    let (outcome, seconds) = VirtualRun.run(
      scenario, seed: seed, firmware: .builtIn, log: log, isOver: { Task.isCancelled })
    if let problem = writer?.close() {
      return self.cannotWrite(self.journal ?? "", problem, printer)
    }
    guard !outcome.isInterrupted else { return .success }
    printer.say(
      "seed \(seed): \(outcome.statistics.events) events, \(SuitePrinter.span(outcome.statistics.milliseconds)) of virtual time in \(String(format: "%.3f", seconds)) s"
    )
    printer.say("drawn: \(scenario.shows ?? "")")
    printer.say("journal SHA-256 \(outcome.statistics.journalDigest ?? "")")
    guard outcome.passed else { return self.report(seed, printer) }
    printer.say("every rule held")
    return .success
  }

  private func cannotWrite(_ path: String, _ problem: String, _ printer: SuitePrinter) -> ExitCode {
    printer.error("the journal can't be written to \(path): \(problem)")
    return ExitCode(2)
  }

  // MARK: Many

  private func explore(_ printer: SuitePrinter) async -> ExitCode {
    var exploration = Exploration(firmware: .builtIn)
    exploration.firstSeed = self.first
    exploration.seeds = self.seeds ?? (self.minutes == nil ? 1_000 : nil)
    if let jobs { exploration.jobs = jobs }
    let clock = ContinuousClock()
    let start = clock.now
    let runs = Atomic<Int>(0)
    if let minutes {
      let end = start + .seconds(minutes * 60)
      // However short the time is, a run that shows nothing would look like one that held.
      exploration.isOver = { clock.now >= end && runs.load(ordering: .relaxed) > 0 }
    }
    printer.say(
      "relink \(ProjectCommit.words), seeds from \(self.first)"
        + (exploration.seeds.map { ", \($0) of them" } ?? "")
        + (self.minutes.map { ", \($0) minutes" } ?? ""))
    let meter = ProgressMeter(of: exploration.seeds)
    let progress = await exploration.run { progress in
      runs.store(progress.runs, ordering: .relaxed)
      meter.show(progress)
    }
    meter.finish()
    printer.say(ProgressMeter.summary(of: progress, seconds: (clock.now - start).inSeconds))
    if let seed = progress.failedSeed { return self.report(seed, printer) }
    if !Task.isCancelled { printer.say("every rule held") }
    return .success
  }
}
