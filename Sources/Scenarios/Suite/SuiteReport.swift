package import Simulation

/// What became of one scenario file in one way of running it.
package struct FileReport: Sendable {
  package let path: String
  package let name: String
  package let shows: String?
  package let way: Scenario.Way
  /// Of these those that were interrupted are none.
  package var runs = 0
  /// More than `runs` when the suite was ended before.
  package let plannedRuns: Int
  /// Of a file with variants: how many, and whether the seeds are spread over them.
  package var variants: String?
  package var events = 0
  package var virtualMilliseconds: UInt64 = 0
  /// On the wall, all threads together.
  package var seconds = 0.0
  package var verdicts = 0
  /// Of runs that did not pass, the first ones in the order of runs.
  package var failures: [Outcome] = []
  package var failedRuns = 0
  /// Of each variant, in their order; kept for comparing the two ways.
  package var firstOutcomes: [Outcome] = []
  var keepsFirstOutcomes = false
  private var keptVariants: Set<String?> = []

  /// Of each claim, in the order of the file.
  package var figures: [Figure] = []

  package struct Figure: Equatable, Sendable {
    package let line: Int?
    package let claim: String
    /// Over all runs, and all subjects of the claim.
    package var least: Int
    package var most: Int
  }

  package var passed: Bool { self.failedRuns == 0 && self.runs > 0 }

  init(_ file: SuiteFile, way: Scenario.Way, plannedRuns: Int) {
    self.plannedRuns = plannedRuns
    self.path = file.path
    self.name = file.name
    self.shows = file.scenarios.first?.shows
    self.way = way
  }

  mutating func add(_ outcome: Outcome, seconds: Double) {
    guard !outcome.isInterrupted else { return }
    if self.keepsFirstOutcomes, self.keptVariants.insert(outcome.variant).inserted {
      self.firstOutcomes.append(outcome)
    }
    self.runs += 1
    self.events += outcome.statistics.events
    self.virtualMilliseconds += outcome.statistics.milliseconds
    self.seconds += seconds
    self.verdicts += outcome.verdicts.count
    for verdict in outcome.verdicts { self.note(verdict) }
    guard !outcome.passed else { return }
    self.failedRuns += 1
    if self.failures.count < 5 { self.failures.append(outcome) }
  }

  private mutating func note(_ verdict: Verdict) {
    guard let figures = verdict.figures else { return }
    let known = self.figures.firstIndex { $0.line == verdict.line && $0.claim == verdict.claim }
    guard let known else {
      self.figures.append(
        Figure(
          line: verdict.line, claim: verdict.claim, least: figures.lowerBound,
          most: figures.upperBound))
      return
    }
    self.figures[known].least = min(self.figures[known].least, figures.lowerBound)
    self.figures[known].most = max(self.figures[known].most, figures.upperBound)
  }
}

/// Where the two ways of running a scenario say different things.
package struct Disagreement: Equatable, Sendable {
  /// Of a file with several.
  package let variant: String?
  package let line: Int?
  package let claim: String
  /// Nil: it held.
  package let virtual: String?
  package let real: String?

  /// Variant by variant, as far as both ways came.
  static func between(_ virtual: [Outcome], _ real: [Outcome]) -> [Disagreement] {
    virtual.flatMap { outcome in
      real.first { $0.variant == outcome.variant }.map { self.between(outcome, $0) } ?? []
    }
  }

  /// Compares what was expected and claimed, line by line. What only one way can check is not
  /// compared.
  static func between(_ virtual: Outcome, _ real: Outcome) -> [Disagreement] {
    var disagreements: [Disagreement] = []
    if (virtual.failure == nil) != (real.failure == nil) {
      disagreements.append(
        Disagreement(
          variant: virtual.variant, line: nil, claim: "the scenario comes to its end",
          virtual: virtual.failure,
          real: real.failure))
    }
    let lines = virtual.verdicts.compactMap(\.line)
    for line in Set(lines).sorted() {
      let ofVirtual = virtual.verdicts.filter { $0.line == line }
      let ofReal = real.verdicts.filter { $0.line == line }
      guard !ofReal.isEmpty, let claim = ofVirtual.first?.claim else { continue }
      let failures = (ofVirtual.compactMap(\.failure).first, ofReal.compactMap(\.failure).first)
      guard (failures.0 == nil) != (failures.1 == nil) else { continue }
      disagreements.append(
        Disagreement(
          variant: virtual.variant, line: line, claim: claim, virtual: failures.0, real: failures.1)
      )
    }
    return disagreements
  }
}

package struct SuiteReport: Sendable {
  package var files: [FileReport] = []
  /// By path.
  package var disagreements: [(path: String, disagreements: [Disagreement])] = []
  /// Files that cannot be run in the way that was asked for.
  package var skipped: [String] = []
  /// Whether it was ended before everything was run.
  package var isPartial = false

  /// Files, however many ways they were run in.
  package var scenarioCount: Int { Set(self.files.map(\.path)).count }
  package var failedScenarioCount: Int { Set(self.files.filter { !$0.passed }.map(\.path)).count }

  /// False also when nothing was run.
  package var passed: Bool {
    !self.files.isEmpty && self.files.allSatisfy(\.passed) && self.disagreements.isEmpty
      && !self.isPartial
  }
}
