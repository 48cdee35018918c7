import Foundation
import Simulation
import Testing

@testable import Scenarios

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct JUnitReportTests {
  /// What a reader of JUnit's XML sees.
  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [(name: String, attributes: [String: String])] = []
    var failureTexts: [String] = []
    private var isInFailure = false

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      self.elements.append((name, attributes))
      self.isInFailure = name == "failure"
      if self.isInFailure { self.failureTexts.append("") }
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      if self.isInFailure { self.failureTexts[self.failureTexts.count - 1] += text }
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
      qualifiedName: String?
    ) {
      if name == "failure" { self.isInFailure = false }
    }

    func named(_ name: String) -> [[String: String]] {
      self.elements.filter { $0.name == name }.map(\.attributes)
    }
  }

  private func read(_ xml: String) throws -> Reader {
    let reader = Reader()
    let parser = XMLParser(data: Data(xml.utf8))
    parser.delegate = reader
    try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") in\n\(xml)")
    return reader
  }

  @Test func `a suite is a test suite with a case for each file and way`() async throws {
    let report = await SuiteTests.run(
      [
        try SuiteTests.file(SuiteTests.passing, path: "a.yaml"),
        try SuiteTests.file(SuiteTests.failing, path: "b.yaml"),
      ], seeds: 3)
    let reader = try self.read(report.junit)
    #expect(reader.named("testsuites").map { $0["tests"] } == ["2"])
    #expect(reader.named("testsuite").map { $0["failures"] } == ["1"])
    let cases = reader.named("testcase")
    #expect(cases.map { $0["classname"] } == ["a.yaml", "b.yaml"])
    #expect(cases.allSatisfy { $0["name"] == "small (virtual)" })
    #expect(cases.allSatisfy { Double($0["time"] ?? "") != nil })
    #expect(reader.named("failure").map { $0["message"] } == ["3 of 3 runs failed"])
    #expect(reader.failureTexts.first?.contains("seed 1: line") == true)
  }

  @Test func `whatever names and failures say, it is well-formed`() async throws {
    let nasty = "<&>\"' ]]> \u{0} \u{7} \u{1B}[31m \u{FFFE} é ⛰ \n\t&amp; -->"
    var scenario = try SmallScenario.reading(SuiteTests.passing)
    scenario.name = nasty
    scenario.ways = [.real]
    let file = SuiteFile(path: "folder/<nasty> & \"quoted\".yaml", scenarios: [scenario])
    let report = await SuiteTests.run([file], way: .real) { scenario, seed in
      var outcome = Outcome(scenario: scenario.name, variant: nasty, way: .real, seed: seed)
      outcome.failure = nasty
      outcome.verdicts = [Verdict(line: 3, rule: 5, claim: nasty, failure: nasty)]
      return outcome
    }
    let reader = try self.read(report.junit)
    let named = try #require(reader.named("testcase").first)
    #expect(named["classname"] == "folder/<nasty> & \"quoted\".yaml")
    #expect(named["name"]?.hasPrefix("<&>\"' ]]> \u{FFFD} \u{FFFD} \u{FFFD}[31m") == true)
    let text = try #require(reader.failureTexts.first)
    #expect(text.contains("<&>\"' ]]> ") && text.contains("é ⛰ \n\t&amp; -->"))
    #expect(text.contains("line 3: rule 5: "))
    #expect(!text.contains("\u{1B}"))
    let json = try JSONSerialization.jsonObject(with: Data(report.json().utf8))
    #expect((json as? [String: Any])?["passed"] as? Bool == false)
  }
}
