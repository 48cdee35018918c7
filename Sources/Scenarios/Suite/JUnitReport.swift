import Foundation
import Simulation

extension SuiteReport {
  /// As JUnit's XML, which continuous integration servers read: a test suite with one test case for
  /// each file and way.
  ///
  /// - SeeAlso: the schema of Apache Ant's `junitreport`, as Jenkins and GitLab read it.
  package var junit: String {
    let ending = self.endingFailure
    let failed =
      self.files.count { !$0.passed } + self.disagreements.count + (ending == nil ? 0 : 1)
    let seconds = self.files.reduce(0) { $0 + $1.seconds }
    let count =
      self.files.count + self.disagreements.count + self.skipped.count + (ending == nil ? 0 : 1)
    var xml = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
    xml +=
      "<testsuites tests=\"\(count)\" failures=\"\(failed)\" skipped=\"\(self.skipped.count)\" time=\"\(Self.text(seconds))\">\n"
    xml +=
      "  <testsuite name=\"relink\" tests=\"\(count)\" failures=\"\(failed)\" skipped=\"\(self.skipped.count)\" time=\"\(Self.text(seconds))\">\n"
    for file in self.files { xml += Self.testCase(of: file) }
    for (path, disagreements) in self.disagreements {
      let text = disagreements.map(\.words).joined(separator: "\n")
      xml += Self.testCase(
        name: "both ways agree", className: path, seconds: 0,
        failure: ("the two ways disagree", text))
    }
    for path in self.skipped {
      xml +=
        "    <testcase name=\"not for this way\" classname=\"\(Self.escaped(path))\"><skipped/></testcase>\n"
    }
    if let ending {
      xml += Self.testCase(
        name: "the suite is run", className: "relink", seconds: 0, failure: (ending, ending))
    }
    return xml + "  </testsuite>\n</testsuites>\n"
  }

  /// What is wrong with the suite as a whole; nil if all of it was run.
  private var endingFailure: String? {
    if self.isPartial { return "stopped before everything was run" }
    return self.files.isEmpty ? "nothing was run" : nil
  }

  private static func testCase(of file: FileReport) -> String {
    var failure: (message: String, text: String)?
    if !file.passed {
      let text = file.failures.map { outcome in
        ([outcome.failureWords] + outcome.lastEvents
          + (outcome.folder.map { ["flashes and logs: \($0)"] } ?? []))
          .joined(separator: "\n")
      }.joined(separator: "\n")
      failure = ("\(file.failedRuns) of \(file.runs) runs failed", text)
    }
    return self.testCase(
      name: "\(file.name) (\(file.way.rawValue))", className: file.path, seconds: file.seconds,
      failure: failure)
  }

  private static func testCase(
    name: String, className: String, seconds: Double, failure: (message: String, text: String)?
  ) -> String {
    let head =
      "    <testcase name=\"\(self.escaped(name))\" classname=\"\(self.escaped(className))\" time=\"\(self.text(seconds))\""
    guard let failure else { return head + "/>\n" }
    return head + ">\n      <failure message=\"\(self.escaped(failure.message))\">"
      + self.escaped(failure.text) + "</failure>\n    </testcase>\n"
  }

  private static func text(_ seconds: Double) -> String {
    String(format: "%.3f", seconds)
  }

  /// With what XML cannot hold replaced (XML 1.0 §2.2).
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\n", "\t": escaped.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
        escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

extension Outcome {
  /// What did not hold, a line each.
  package var failureWords: String {
    var lines: [String] = []
    let name = (self.variant.map { "\($0), " } ?? "") + "seed \(self.seed)"
    if let failure = self.failure { lines.append("\(name): \(failure)") }
    for verdict in self.verdicts {
      guard let failure = verdict.failure else { continue }
      let place = verdict.line.map { "line \($0): " } ?? ""
      let rule = verdict.rule.map { "rule \($0): " } ?? ""
      lines.append("\(name): \(place)\(rule)\(verdict.claim): \(failure)")
    }
    return lines.joined(separator: "\n")
  }
}

extension Disagreement {
  package var words: String {
    let place = self.line.map { "line \($0): " } ?? ""
    let variant = self.variant.map { "\($0): " } ?? ""
    return
      "\(variant)\(place)\(self.claim): virtual \(self.virtual ?? "held"), real \(self.real ?? "held")"
  }
}
