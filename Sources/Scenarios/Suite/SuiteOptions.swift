package import Simulation

/// How scenarios are run as a suite.
package struct SuiteOptions: Sendable {
  package enum Way: String, CaseIterable, Sendable { case virtual, real, both }

  package var way = Way.virtual
  /// Of the virtual way: each scenario is run under so many seeds, as `SuitePlan` has it.
  package var seeds = 1
  package var firstSeed: UInt64 = 1
  /// Threads of the virtual way; the reports do not depend on it.
  package var jobs: Int
  /// Runs in the real way at the same time.
  package var realJobs: Int

  package init() {
    self.jobs = ParallelRuns.defaultWidth
    self.realJobs = 2 * ParallelRuns.defaultWidth
  }
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
  /// - Parameter firmware: What the manifest has; a device that runs something else is an error.
  /// - Returns: Those that are right, and what is wrong with each of the others.
  package static func read(
    _ paths: [String], firmware: FirmwareTable
  ) -> (files: [SuiteFile], errors: [ScenarioError]) {
    var files: [SuiteFile] = []
    var errors: [ScenarioError] = []
    for path in paths {
      do throws(ScenarioError) {
        for file in try ScenarioFile.files(at: path) {
          do throws(ScenarioError) {
            files.append(
              SuiteFile(path: file, scenarios: try ScenarioFile.read(file, firmware: firmware)))
          } catch { errors.append(error) }
        }
      } catch { errors.append(error) }
    }
    return (files, errors)
  }

  package var name: String { self.scenarios.first?.name ?? self.path }

  package func canRun(_ way: Scenario.Way) -> Bool {
    self.scenarios.first?.ways.contains(way) ?? false
  }

  package func plan(_ options: SuiteOptions) -> SuitePlan {
    SuitePlan(
      variantCount: self.scenarios.count, seeds: options.seeds, firstSeed: options.firstSeed)
  }
}
