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
  package static func read(_ paths: [String]) throws(ScenarioError) -> [SuiteFile] {
    var files: [SuiteFile] = []
    for path in paths {
      for file in try ScenarioFile.files(at: path) {
        files.append(SuiteFile(path: file, scenarios: try ScenarioFile.read(file)))
      }
    }
    return files
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
