import ArgumentParser
import Foundation
import Scenarios
import Simulation
import Synchronization

struct TestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run scenarios as a regression suite.",
    discussion: """
      Runs scenario files, and all scenario files (*.yaml) of folders, and reports them, a line each.
      In the virtual way everything is simulated in this process under a virtual clock and a seed; in
      the real way the cloud and each device are processes that speak TLS, on the wall's clock. Only
      files that name a way in `ways` are run in it.

      Exit code 0 if everything held; 1 if not; 2 if a file cannot be read or a report cannot be
      written; 130 after Ctrl-C, with the summary so far.

      EXAMPLES
        relink test scenarios/
        relink test scenarios/rotation --seeds 1000
        relink test scenarios/pairing/happy-path.yaml --way both
        relink test failure.yaml --seed 4711
        relink test scenarios/ --junit report.xml
      """)

  @Argument(
    help: "Scenario files and folders (default: scenarios, here or above the program).",
    completion: .file())
  var paths: [String] = []

  @Option(help: "How to run them: virtual, real, or both (and say where the two disagree).")
  var way = SuiteOptions.Way.virtual

  @Option(
    help:
      "Run each under so many seeds, in the virtual way; of a file with for_each each variant, or, where that would be more than 2,000 runs, spread over the variants."
  )
  var seeds = 1

  @Option(help: "The first seed; with --seeds 1 the only one.")
  var seed: UInt64 = 1

  @Option(
    help:
      "Runs at the same time (default: one for each core; in the real way, where most of the time is waiting, two). The report does not depend on it."
  )
  var jobs: Int?

  @Option(help: "Write a report in JUnit's XML to this file.", completion: .file())
  var junit: String?

  @Option(
    help:
      "Of one file under one seed: write every event as a line of JSON to this file; with for_each of the first variant that failed, or of the first.",
    completion: .file())
  var journal: String?

  @Flag(name: .shortAndLong, help: "Show the number of each claim, also of those that held.")
  var verbose = false

  @Flag(help: "Print the report as JSON, and the lines to standard error.")
  var json = false

  func validate() throws {
    guard (1...10_000_000).contains(self.seeds) else {
      throw ValidationError("--seeds must be 1 to 10000000, not \(self.seeds)")
    }
    if self.journal != nil, self.paths.count != 1 || self.seeds != 1 || self.way != .virtual {
      throw ValidationError("--journal is that of one file, in the virtual way, under one seed")
    }
    guard self.seed <= .max - UInt64(self.seeds) else {
      throw ValidationError("there are no \(self.seeds) seeds from \(self.seed) on")
    }
    if let jobs, !(1...1_024).contains(jobs) {
      throw ValidationError("--jobs must be 1 to 1024, not \(jobs)")
    }
  }

  func run() async throws {
    let printer = SuitePrinter(toStandardError: self.json, showsFigures: self.verbose)
    let (files, firmware) = try self.read(printer)
    var options = SuiteOptions()
    options.way = self.way
    options.seeds = self.seeds
    options.firstSeed = self.seed
    if let jobs { (options.jobs, options.realJobs) = (jobs, jobs) }
    let programs = self.way == .virtual ? nil : try Programs.beside()
    let suite = Suite(
      files: files, options: options, firmware: firmware,
      runReal: { scenario, seed in
        guard let programs else {
          return Outcome(scenario: scenario.name, variant: nil, way: .real, seed: seed)
        }
        return await RealRunner(programs: programs).run(scenario, seed: seed)
      },
      tell: { printer.show($0) })
    let code = Mutex(ExitCode.failure)
    let outcome = await InterruptibleTask.run {
      let report = await suite.run()
      // The report first: what comes after it runs scenarios again, and may be stopped.
      let isWritten = self.write(report, printer)
      let failures = FailureExplainer(files: files, firmware: firmware, printer: printer)
      for file in report.files where !file.passed && !Task.isCancelled { failures.explain(file) }
      var isKept = true
      if let journal = self.journal, !Task.isCancelled {
        isKept = failures.keep(journal, of: report, seed: self.seed)
      }
      printer.summary(of: report)
      code.withLock {
        $0 = !isWritten || !isKept ? ExitCode(2) : report.passed ? .success : .failure
      }
    }
    if case .interrupted(let signal) = outcome { throw ExitCode(128 + signal) }
    let final = code.withLock { $0 }
    if final != .success { throw final }
  }

  private func read(_ printer: SuitePrinter) throws -> ([SuiteFile], FirmwareTable) {
    do {
      let paths = self.paths.isEmpty ? [try Programs.scenarioFolder()] : self.paths
      let firmware = try FirmwareTable(manifest: Programs.neededFirmwareManifest())
      let (files, errors) = SuiteFile.read(paths, firmware: firmware)
      for error in errors { printer.mistake(error) }
      guard errors.isEmpty else { throw ExitCode(2) }
      return (files, firmware)
    } catch let error as LabError {
      printer.error("\(error)")
      throw ExitCode(2)
    }
  }

  /// - Returns: Whether it could be.
  private func write(_ report: SuiteReport, _ printer: SuitePrinter) -> Bool {
    var path = "standard output"
    do {
      if self.json {
        try FileHandle.standardOutput.write(contentsOf: Data("\(report.json())\n".utf8))
      }
      guard let junit else { return true }
      path = junit
      try OutputFile.write(report.junit, to: junit)
      return true
    } catch {
      printer.error("the report can't be written to \(path): \(PlainError.text(of: error))")
      return false
    }
  }
}

extension SuiteOptions.Way: ExpressibleByArgument {}
