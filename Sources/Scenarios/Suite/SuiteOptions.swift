package import Simulation

/// How scenarios are run as a suite.
package struct SuiteOptions: Sendable {
  package enum Way: String, CaseIterable, Sendable { case virtual, real, both }

  package var way = Way.virtual
  /// Of the virtual way: each scenario is run under so many seeds.
  package var seeds = 1
  package var firstSeed: UInt64 = 1
  /// Threads; the reports do not depend on it.
  package var jobs: Int

  package init() { self.jobs = ParallelRuns.defaultWidth }
}

/// One scenario file, read.
package struct SuiteFile: Sendable {
  package let path: String
  /// One, or one for each value of its `for_each`.
  package let scenarios: [Scenario]

  package init(path: String, scenarios: [Scenario]) {
    self.path = path
    self.scenarios = scenarios
  }

  /// Reads files, and all scenario files of folders.
  ///
  /// - Throws: The first `ScenarioError`.
  ///
  /// - Parameter firmware: What the manifest has; a device that runs something else is an error.
  package static func read(
    _ paths: [String], firmware: FirmwareTable
  ) throws(ScenarioError) -> [SuiteFile] {
    var files: [SuiteFile] = []
    for path in paths {
      for file in try ScenarioFile.files(at: path) {
        let scenarios = try ScenarioFile.read(file)
        for scenario in scenarios { try Self.check(scenario, of: file, firmware) }
        files.append(SuiteFile(path: file, scenarios: scenarios))
      }
    }
    return files
  }

  private static func check(
    _ scenario: Scenario, of file: String, _ firmware: FirmwareTable
  ) throws(ScenarioError) {
    var used = scenario.devices.map { ($0.nickname, $0.model, $0.firmware) }
    if let fleet = scenario.fleet { used.append(("the fleet", fleet.model, fleet.firmware)) }
    for (who, model, version) in used
    where firmware.traits(model: model, version: version) == nil {
      let versions = firmware.entries.filter { $0.model == model }.map(\.version)
      let models = Set(firmware.entries.map(\.model)).sorted()
      throw ScenarioError(
        file: file,
        message: versions.isEmpty
          ? "\(who) is of the model '\(model)'; there are \(models.joined(separator: ", "))"
          : "\(who) runs firmware '\(version)' of \(model); there is \(versions.joined(separator: ", "))"
      )
    }
  }

  package var name: String { self.scenarios.first?.name ?? self.path }

  package func canRun(_ way: Scenario.Way) -> Bool {
    self.scenarios.first?.ways.contains(way) ?? false
  }

  /// The runs of the virtual way: every variant at least once, and as many seeds as asked for.
  func virtualRuns(_ options: SuiteOptions) -> [(scenario: Scenario, seed: UInt64)] {
    (0..<max(options.seeds, self.scenarios.count)).map { index in
      (
        self.scenarios[index % self.scenarios.count],
        options.firstSeed &+ UInt64(index / self.stride(options))
      )
    }
  }

  /// With more variants than seeds all are run under the first seeds; else each run has a seed of its
  /// own.
  private func stride(_ options: SuiteOptions) -> Int {
    options.seeds >= self.scenarios.count ? 1 : self.scenarios.count
  }
}
