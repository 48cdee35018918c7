/// What one run of a scenario showed.
package struct Outcome: Equatable, Sendable {
  package var scenario: String
  package var variant: String?
  package var way: Scenario.Way
  package var seed: UInt64
  /// Of each expectation, replay and claim, in the order of the scenario; of a rule that was broken
  /// too.
  package var verdicts: [Verdict] = []
  /// Why the run could not be carried to its end; nil if it was.
  package var failure: String?
  /// Whether it was told to end before its end, which is a failure that says nothing of what it ran.
  package var isInterrupted = false
  /// In the real way: the folder with flashes and logs, if it stays.
  package var folder: String?
  /// In the real way, of a run that did not pass: the last events, in plain words.
  package var lastEvents: [String] = []
  package var statistics = Statistics()

  package init(scenario: String, variant: String?, way: Scenario.Way, seed: UInt64) {
    self.scenario = scenario
    self.variant = variant
    self.way = way
    self.seed = seed
  }

  package var passed: Bool { self.failure == nil && self.verdicts.allSatisfy(\.held) }

  package struct Statistics: Equatable, Sendable {
    /// Taken from the queue of a simulation; lines of journals in the real way.
    package var events = 0
    package var milliseconds: UInt64 = 0
    /// SHA-256 of the journal, in hexadecimal; nil when none was kept.
    package var journalDigest: String?
    package init() {}
  }
}

/// One thing that must hold, and whether it did.
package struct Verdict: Equatable, Sendable {
  /// Of the step or claim in the scenario's file; nil for what is checked in every scenario.
  package var line: Int?
  /// Of "Always true" in the design; nil for what only this scenario says.
  package var rule: Int?
  /// In plain words: `porch is online within 5m`.
  package var claim: String
  /// What was seen instead; nil if the claim held.
  package var failure: String?
  /// The figures that a claim was about, from the least to the most of its subjects, whether it held
  /// or not; nil of anything else.
  package var figures: ClosedRange<Int>?

  package init(
    line: Int?, rule: Int? = nil, claim: String, failure: String?,
    figures: ClosedRange<Int>? = nil
  ) {
    self.figures = figures
    self.line = line
    self.rule = rule
    self.claim = claim
    self.failure = failure
  }

  package var held: Bool { self.failure == nil }
}

extension ClosedRange<Int> {
  /// From the least to the most; nil of none.
  package init?(spanning numbers: [Int]) {
    guard let least = numbers.min(), let most = numbers.max() else { return nil }
    self = least...most
  }
}
