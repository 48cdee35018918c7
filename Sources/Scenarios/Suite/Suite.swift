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
      report.files.append(done)
      self.tell(done)
    }
    if self.options.way != .virtual, file.canRun(.real), !Task.isCancelled {
      let done = await self.runForReal(file)
      real = done
      report.files.append(done)
      self.tell(done)
    }
    if virtual == nil, real == nil {
      report.skipped.append(file.path)
    } else if self.options.way == .both, !file.canRun(.real) {
      report.skipped.append("\(file.path) (the real way)")
    }
    guard let first = virtual?.firstOutcome, let second = real?.firstOutcome else { return }
    let disagreements = Disagreement.between(first, second)
    if !disagreements.isEmpty { report.disagreements.append((file.path, disagreements)) }
  }

  private func runVirtually(_ file: SuiteFile) async -> FileReport {
    let runs = file.virtualRuns(self.options)
    let firmware = self.firmware
    let results = Mutex<[(index: Int, outcome: Outcome, seconds: Double)]>([])
    await ParallelRuns.run(count: runs.count, width: self.options.jobs) { index in
      VirtualRun.run(runs[index].scenario, seed: runs[index].seed, firmware: firmware)
    } done: { index, result in
      results.withLock { $0.append((index, result.outcome, result.seconds)) }
    }
    var report = FileReport(file, way: .virtual)
    for result in results.withLock({ $0 }).sorted(by: { $0.index < $1.index }) {
      report.add(result.outcome, seconds: result.seconds)
    }
    return report
  }

  private func runForReal(_ file: SuiteFile) async -> FileReport {
    var report = FileReport(file, way: .real)
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
package enum VirtualRun {
  package static func run(
    _ scenario: Scenario, seed: UInt64, firmware: FirmwareTable, log: Log = Log()
  ) -> (outcome: Outcome, seconds: Double) {
    let clock = ContinuousClock()
    let start = clock.now
    var outcome = Outcome(
      scenario: scenario.name, variant: scenario.variant, way: .virtual, seed: seed)
    do throws(WorldError) {
      var world = try World(scenario, seed: seed, firmware: firmware, log: log)
      outcome = world.run()
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
