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
    let virtual = await self.runAllVirtually()
    let real = await self.runAllForReal()
    var report = SuiteReport()
    report.files = (virtual + real).compactMap { $0 }
    report.isPartial = Task.isCancelled
    for (file, (virtual, real)) in zip(self.files, zip(virtual, real)) {
      if let virtual, let real {
        let disagreements = Disagreement.between(virtual.firstOutcomes, real.firstOutcomes)
        if !disagreements.isEmpty { report.disagreements.append((file.path, disagreements)) }
      } else if report.isPartial {
        // Whether it would have been run nobody knows.
        continue
      } else if virtual == nil, real == nil {
        report.skipped.append(file.path)
      } else if self.options.way == .both, !file.canRun(.real) {
        report.skipped.append("\(file.path) (the real way)")
      }
    }
    return report
  }

  /// One file after the other: the runs of each share the threads.
  ///
  /// - Returns: For each file, nil if it is not run in this way, or was not before all was interrupted.
  private func runAllVirtually() async -> [FileReport?] {
    var reports: [FileReport?] = []
    for file in self.files {
      guard self.options.way != .real, file.canRun(.virtual), !Task.isCancelled else {
        reports.append(nil)
        continue
      }
      reports.append(self.told(await self.runVirtually(file)))
    }
    return reports
  }

  /// Several at a time, after all in the virtual way: a run waits for most of its time, and has a cloud
  /// and devices of its own.
  ///
  /// - Returns: As `runAllVirtually`.
  private func runAllForReal() async -> [FileReport?] {
    guard self.options.way != .virtual else { return self.files.map { _ in nil } }
    let runs = self.files.enumerated().filter { $0.element.canRun(.real) }.flatMap { index, file in
      file.scenarios.map { (file: index, scenario: $0) }
    }
    // Each file's, and how many of its runs are not over.
    let reports = Mutex(
      self.files.map { file in
        var report = FileReport(file, way: .real, plannedRuns: file.scenarios.count)
        report.keepsFirstOutcomes = self.options.way == .both
        return (report: report, left: file.scenarios.count)
      })
    let results = OrderedResults<(index: Int, outcome: Outcome, seconds: Double)> { result in
      let file = runs[result.index].file
      let (report, left) = reports.withLock { reports in
        reports[file].report.add(result.outcome, seconds: result.seconds)
        reports[file].left -= 1
        return reports[file]
      }
      if left == 0 { _ = self.told(report) }
    }
    await ParallelRuns.run(count: runs.count, width: self.options.realJobs) { index in
      let clock = ContinuousClock()
      let start = clock.now
      let outcome = await self.runReal(runs[index].scenario, self.options.firstSeed)
      return (index, outcome, (clock.now - start).inSeconds)
    } done: { index, result in
      results.add(result, at: index)
    }
    results.takeRest()
    return reports.withLock { $0 }.map { report, left in
      left == 0 ? report.runs > 0 ? report : nil : self.told(report)
    }
  }

  /// Of what was interrupted before its first run was over there is nothing to say.
  private func told(_ report: FileReport) -> FileReport? {
    guard report.runs > 0 else { return nil }
    self.tell(report)
    return report
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
