import Foundation
import Simulation

extension SuiteReport {
  /// As JSON, for programs.
  package func json() throws -> String {
    let body = Body(
      passed: self.passed, partial: self.isPartial, skipped: self.skipped,
      files: self.files.map { file in
        Body.File(
          path: file.path, scenario: file.name, way: file.way.rawValue, passed: file.passed,
          runs: file.runs, plannedRuns: file.plannedRuns, variants: file.variants,
          failedRuns: file.failedRuns, verdicts: file.verdicts,
          events: file.events, virtualMilliseconds: file.virtualMilliseconds,
          figures: file.figures.map {
            Body.Figure(line: $0.line, claim: $0.claim, least: $0.least, most: $0.most)
          },
          failures: file.failures.map { outcome in
            Body.Failure(
              seed: outcome.seed, variant: outcome.variant, stopped: outcome.failure,
              folder: outcome.folder, lastEvents: outcome.lastEvents,
              verdicts: outcome.verdicts.filter { !$0.held }.map {
                Body.Verdict(
                  line: $0.line, rule: $0.rule, claim: $0.claim, failure: $0.failure ?? "")
              })
          })
      },
      disagreements: self.disagreements.flatMap { path, disagreements in
        disagreements.map {
          Body.Disagreement(
            path: path, variant: $0.variant, line: $0.line, claim: $0.claim,
            virtual: $0.virtual, real: $0.real)
        }
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(body), as: UTF8.self)
  }

  /// Without times on the wall: the same runs give the same report.
  private struct Body: Encodable {
    let passed: Bool
    let partial: Bool
    let skipped: [String]
    let files: [File]
    let disagreements: [Disagreement]

    struct File: Encodable {
      let path: String
      let scenario: String
      let way: String
      let passed: Bool
      let runs: Int
      let plannedRuns: Int
      let variants: String?
      let failedRuns: Int
      let verdicts: Int
      let events: Int
      let virtualMilliseconds: UInt64
      let figures: [Figure]
      let failures: [Failure]
    }

    struct Figure: Encodable {
      let line: Int?
      let claim: String
      let least: Int
      let most: Int
    }

    struct Failure: Encodable {
      let seed: UInt64
      let variant: String?
      let stopped: String?
      let folder: String?
      let lastEvents: [String]
      let verdicts: [Verdict]
    }

    struct Verdict: Encodable {
      let line: Int?
      let rule: Int?
      let claim: String
      let failure: String
    }

    struct Disagreement: Encodable {
      let path: String
      let variant: String?
      let line: Int?
      let claim: String
      let virtual: String?
      let real: String?
    }
  }
}
