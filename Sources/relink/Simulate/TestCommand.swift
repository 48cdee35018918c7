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

  @Option(help: "Run each under so many seeds, in the virtual way.")
  var seeds = 1

  @Option(help: "The first seed; with --seeds 1 the only one.")
  var seed: UInt64 = 1

  @Option(help: "Threads (default: one for each core). The report does not depend on it.")
  var jobs: Int?

  @Option(help: "Write a report in JUnit's XML to this file.", completion: .file())
  var junit: String?

  @Option(
    help: "Of one file under one seed: write every event as a line of JSON to this file.",
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
    if let jobs { options.jobs = jobs }
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
    let result = Mutex<SuiteReport?>(nil)
    let outcome = await InterruptibleTask.run {
      let report = await suite.run()
      result.withLock { $0 = report }
    }
    guard let report = result.withLock({ $0 }) else { throw ExitCode.failure }
    for file in report.files where !file.passed { try self.explain(file, printer, firmware) }
    printer.summary(of: report)
    try self.write(report, printer)
    if let journal { try self.keep(journal, of: files, firmware, printer) }
    if case .interrupted(let signal) = outcome { throw ExitCode(128 + signal) }
    if !report.passed { throw ExitCode.failure }
  }

  private func read(_ printer: SuitePrinter) throws -> ([SuiteFile], FirmwareTable) {
    do {
      let paths = self.paths.isEmpty ? [try Programs.scenarioFolder()] : self.paths
      let firmware = try FirmwareTable(manifest: Programs.neededFirmwareManifest())
      let (files, errors) = SuiteFile.read(paths, firmware: firmware)
      for error in errors { printer.error("\(error)") }
      guard errors.isEmpty else { throw ExitCode(2) }
      return (files, firmware)
    } catch let error as LabError {
      printer.error("\(error)")
      throw ExitCode(2)
    }
  }

  /// The same run once more, with a journal.
  private func keep(
    _ path: String, of files: [SuiteFile], _ firmware: FirmwareTable, _ printer: SuitePrinter
  ) throws {
    guard files.count == 1, let scenario = files[0].scenarios.first else {
      printer.error("--journal is that of one file, and there are \(files.count)")
      throw ExitCode(2)
    }
    do {
      let writer = try JournalWriter(path)
      _ = VirtualRun.run(
        scenario, seed: self.seed, firmware: firmware, log: Log(sink: { writer.write($0) }))
      guard let problem = writer.close() else { return }
      printer.error("the journal can't be written to \(path): \(problem)")
    } catch {
      printer.error("the journal can't be written to \(path): \(error.localizedDescription)")
    }
    throw ExitCode(2)
  }

  /// Of the first run that failed, what led to it.
  private func explain(
    _ file: FileReport, _ printer: SuitePrinter, _ firmware: FirmwareTable
  ) throws {
    guard file.way == .virtual, let first = file.failures.first,
      let scenario = try ScenarioFile.read(file.path).first(where: { $0.variant == first.variant }),
      let report = try FailureReport.make(
        scenario, seed: first.seed, firmware: firmware, shrinks: false)
    else { return }
    printer.explain(report, path: file.path)
  }

  private func write(_ report: SuiteReport, _ printer: SuitePrinter) throws {
    var path = "standard output"
    do {
      if self.json {
        try FileHandle.standardOutput.write(contentsOf: Data("\(report.json())\n".utf8))
      }
      guard let junit else { return }
      path = junit
      try OutputFile.write(report.junit, to: junit)
    } catch {
      printer.error("the report can't be written to \(path): \(error.localizedDescription)")
      throw ExitCode(2)
    }
  }
}

extension SuiteOptions.Way: ExpressibleByArgument {}
