package import Simulation
import Synchronization

/// Runs scenario files as a regression suite.
package struct Suite: Sendable {
  private let files: [SuiteFile]
  private let options: SuiteOptions
  private let firmware: FirmwareTable
  private let runReal: @Sendable (Scenario, UInt64) async -> Outcome
  private let tell: @Sendable (FileReport) -> Void

  /// - Parameters:
  ///   - runReal: Runs a scenario in the real way.
  ///   - tell: Told of each file in each way when it is done, in the order of the files.
  package init(
    files: [SuiteFile], options: SuiteOptions, firmware: FirmwareTable,
    runReal: @escaping @Sendable (Scenario, UInt64) async -> Outcome,
    tell: @escaping @Sendable (FileReport) -> Void
  ) {
    self.files = files
    self.options = options
    self.firmware = firmware
    self.runReal = runReal
    self.tell = tell
  }

  package func run() async -> SuiteReport {
    var report = SuiteReport()
    for file in self.files {
      guard !Task.isCancelled else { break }
      await self.run(file, &report)
    }
    report.isPartial = Task.isCancelled
    return report
  }

  private func run(_ file: SuiteFile, _ report: inout SuiteReport) async {
    var virtual: FileReport?
    var real: FileReport?
    if self.options.way != .real, file.canRun(.virtual) {
      let done = await self.runVirtually(file)
      virtual = done
      self.keep(done, &report)
    }
    if self.options.way != .virtual, file.canRun(.real), !Task.isCancelled {
      let done = await self.runForReal(file)
      real = done
      self.keep(done, &report)
    }
    if virtual == nil, real == nil {
      report.skipped.append(file.path)
    } else if self.options.way == .both, !file.canRun(.real) {
      report.skipped.append("\(file.path) (the real way)")
    }
    guard let virtual, let real else { return }
    let disagreements = Disagreement.between(virtual.firstOutcomes, real.firstOutcomes)
    if !disagreements.isEmpty { report.disagreements.append((file.path, disagreements)) }
  }

  /// Of what was interrupted before its first run was over there is nothing to say.
  private func keep(_ file: FileReport, _ report: inout SuiteReport) {
    guard file.runs > 0 else { return }
    report.files.append(file)
    self.tell(file)
  }

  private func runVirtually(_ file: SuiteFile) async -> FileReport {
    let plan = file.plan(self.options)
    let firmware = self.firmware
    var empty = FileReport(file, way: .virtual, plannedRuns: plan.runCount)
    empty.variants = plan.words
    empty.keepsFirstOutcomes = self.options.way == .both
    let report = Mutex(empty)
    let results = OrderedResults<(outcome: Outcome, seconds: Double)> { result in
      report.withLock { $0.add(result.outcome, seconds: result.seconds) }
    }
    await ParallelRuns.run(count: plan.runCount, width: self.options.jobs) { index in
      let (variant, seed) = plan[index]
      return VirtualRun.run(
        file.scenarios[variant], seed: seed, firmware: firmware, isOver: { Task.isCancelled })
    } done: { index, result in
      results.add(result, at: index)
    }
    results.takeRest()
    return report.withLock { $0 }
  }

  private func runForReal(_ file: SuiteFile) async -> FileReport {
    var report = FileReport(file, way: .real, plannedRuns: file.scenarios.count)
    report.keepsFirstOutcomes = self.options.way == .both
    for scenario in file.scenarios {
      guard !Task.isCancelled else { break }
      let clock = ContinuousClock()
      let start = clock.now
      let outcome = await self.runReal(scenario, self.options.firstSeed)
      report.add(outcome, seconds: (clock.now - start).inSeconds)
    }
    return report
  }
}

/// One run in the virtual way, with the time that it took.
///
/// `isOver` is asked now and then; a run that is to be over is interrupted.
package enum VirtualRun {
  package static func run(
    _ scenario: Scenario, seed: UInt64, firmware: FirmwareTable, log: Log = Log(),
    isOver: () -> Bool = { false }
  ) -> (outcome: Outcome, seconds: Double) {
    let clock = ContinuousClock()
    let start = clock.now
    var outcome = Outcome(
      scenario: scenario.name, variant: scenario.variant, way: .virtual, seed: seed)
    do throws(WorldError) {
      var world = try World(scenario, seed: seed, firmware: firmware, log: log)
      outcome = world.run(isOver: isOver)
    } catch {
      outcome.failure = error.description
    }
    return (outcome, (clock.now - start).inSeconds)
  }
}

extension Duration {
  package var inSeconds: Double {
    Double(self.components.seconds) + Double(self.components.attoseconds) * 1e-18
  }
}
