import Simulation
import Testing

@testable import Scenarios

/// `for_each`: one run for each value.
struct VariablesTests {
  private func read(_ addition: String) throws -> [Scenario] {
    try ScenarioFile.parse(SmallScenario.text + "\n" + addition, file: "small.yaml")
  }

  @Test func `a list makes a run for each of its values`() throws {
    let scenarios = try self.read(
      """
      for_each: { cut: [before_commit, after_commit] }
      steps:
        - stage: "cut $cut, for $5 and $cuts"
        - fault: { cut: $cut, of: refresh }
      """)
    #expect(scenarios.map(\.variant) == ["before_commit", "after_commit"])
    #expect(
      scenarios.map { $0.steps[0].action } == [
        .stage("cut before_commit, for $5 and $cuts"), .stage("cut after_commit, for $5 and $cuts"),
      ])
    #expect(
      scenarios.map { $0.steps[1].action } == [
        .fault(Fault(.refresh, of: .anybody, harm: .beforeCommit)),
        .fault(Fault(.refresh, of: .anybody, harm: .afterCommit)),
      ])
  }

  @Test func `a range makes a run for each number, its ends too`() throws {
    let scenarios = try self.read(
      "for_each: { byte: 0..700 }\nsteps: [fault: { cut_after_byte: $byte, of: refresh }]")
    #expect(scenarios.count == 701)
    #expect(scenarios.last?.variant == "700")
    #expect(
      scenarios.last?.steps[0].action
        == .fault(Fault(.refresh, of: .anybody, harm: .afterByte(700))))
  }

  @Test func `two variables make a run for each combination`() throws {
    let scenarios = try self.read(
      "for_each: { n: 1..2, unit: [s, m] }\nsteps: [wait: $n$unit]")
    #expect(scenarios.map(\.variant) == ["1, s", "1, m", "2, s", "2, m"])
    #expect(
      scenarios.map { $0.steps[0].action } == [
        .wait(.seconds(1)), .wait(.seconds(60)), .wait(.seconds(2)), .wait(.seconds(120)),
      ])
  }

  static let mistakes: [(text: String, error: String)] = [
    ("for_each: {}", "18:11: 'for_each' must be a mapping of variables to their values"),
    (
      "for_each: { cut: [before_commit] }\nsteps: [fault: { cut: $cot, of: refresh }]",
      "19:23: '$cot' is no variable of 'for_each'; did you mean '$cut'?"
    ),
    ("for_each: { n: [] }", "18:16: 'n' of 'for_each' has no value"),
    (
      "for_each: { n: }",
      "18:16: 'n' of 'for_each' must be a list of values, or a range such as 0..700"
    ),
    ("for_each: { n: 5..3 }", "18:16: the range 5..3 of 'n' is empty"),
    ("for_each: { n: 0..5000 }", "18:16: the range 0..5000 of 'n' has more than 5000 values"),
    (
      "for_each: { n: -9223372036854775808..9223372036854775807 }",
      "18:16: the range -9223372036854775808..9223372036854775807 of 'n' has more than 5000 values"
    ),
    (
      "for_each: { n: 0..99, m: 0..99 }",
      "18:26: 'for_each' makes more than 5000 runs of this scenario"
    ),
    (
      "for_each: { n: 0...3 }",
      "18:16: 'n' of 'for_each' must be a list of values, or a range such as 0..700"
    ),
    ("for_each: { n: [1, 1] }", "18:20: '1' is among the values of 'n' already"),
    ("for_each: { n: [[1]] }", "18:17: a value of 'n' must be a text of at most 64 characters"),
    ("for_each: { n: [1, 2] }\nsteps: [stage: $m $nn]", "18:13: the variable '$n' is used nowhere"),
    (
      "for_each: { a: [1], b: [1], c: [1], d: [1], e: [1] }",
      "18:11: 'for_each' has 5 variables; 4 is the most"
    ),
    (
      "for_each: { N: [1] }",
      "18:13: the name of a variable must be 1 to 64 lower-case letters, digits or '_' (ASCII), a letter first"
    ),
    ("for_each: { n: [1] }\nvariant: $n", "19:1: 'variant' is given by 'for_each' here"),
    (
      "for_each: { n: [1, 0] }\nsteps: [wait: $n]",
      "19:15: 'wait' of a step must be a duration such as 500ms, 4s, 10m, 2h or 1d, at least 1ms"
    ),
  ]

  @Test(arguments: mistakes)
  func `what is wrong with a variable is told with its place`(
    mistake: (text: String, error: String)
  ) {
    ScenarioMistakeTests.expect(SmallScenario.text + "\n" + mistake.text, mistake.error)
  }

  @Test func `all runs together have five million values at most`() {
    let steps = String(repeating: "  - stage: $n\n", count: 5_000)
    ScenarioMistakeTests.expect(
      SmallScenario.text + "\nfor_each: { n: 1..1000 }\nsteps:\n" + steps,
      "1:1: the 1000 runs of this file have more than 5000000 values together")
  }
}
