import DeviceProtocol
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
            files.append(try Self.read(file, firmware))
          } catch { errors.append(error) }
        }
      } catch { errors.append(error) }
    }
    return (files, errors)
  }

  private static func read(
    _ file: String, _ firmware: FirmwareTable
  ) throws(ScenarioError) -> SuiteFile {
    let scenarios = try ScenarioFile.read(file)
    for scenario in scenarios {
      for device in scenario.devices {
        try Self.check(device.nickname, device.kind, device.model, device.firmware, file, firmware)
      }
      guard let fleet = scenario.fleet else { continue }
      try Self.check("the fleet", fleet.kind, fleet.model, fleet.firmware, file, firmware)
    }
    return SuiteFile(path: file, scenarios: scenarios)
  }

  private static func check(
    _ who: String, _ kind: DeviceKind, _ model: String, _ version: String, _ file: String,
    _ firmware: FirmwareTable
  ) throws(ScenarioError) {
    func error(_ message: String, _ known: [String], _ name: String) -> ScenarioError {
      ScenarioError(
        file: file, message: "\(message); there is \(known.joined(separator: ", "))",
        suggestion: Spelling.suggestion(for: name, among: known))
    }
    let entries = firmware.entries
    guard let known = firmware.kind(of: model) else {
      let models = Set(entries.map(\.model)).sorted()
      throw error("\(who) is of the model '\(model)'", models, model)
    }
    guard known == kind else {
      throw ScenarioError(
        file: file,
        message: "\(who) is a \(kind.text), and the model \(model) is a \(known.text)")
    }
    guard firmware.traits(model: model, version: version) == nil else { return }
    let versions = entries.filter { $0.model == model }.map(\.version)
    throw error("\(who) runs firmware '\(version)' of \(model)", versions, version)
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
