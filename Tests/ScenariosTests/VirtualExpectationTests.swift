import Simulation
import Testing

@testable import Scenarios

/// What an expectation of a file means in the virtual way.
@Suite struct VirtualExpectationTests {
  @Test func `what owners see of recordings they see while they are logged in`() throws {
    let scenario = try SmallScenario.reading(
      """
      steps:
        - pair: all
        - expect: { device: porch, state: online, within: 1m }
        - use: porch
        - expect: { device: porch, recordings: complete, within: 5s }
        - sign_out: ada@example.org
        - wait: 2s
        - expect: { device: porch, recordings: 1, within: 2s }
      """)
    let outcome = VirtualRun.run(scenario, seed: 1, firmware: .builtIn).outcome
    #expect(outcome.verdicts.map(\.held) == [true, true, false])
    #expect(outcome.verdicts.last?.failure == "porch has an owner who is logged out")
    #expect(outcome.verdicts.last?.rule == nil)
  }

  /// The app may not have noticed yet what the cloud knows: that nobody is logged in.
  @Test func `a device that waits for its owner is settled, whoever hears of a logout first`()
    throws
  {
    let scenario = try SmallScenario.reading(
      """
      steps:
        - pair: all
        - expect: { device: all, state: online, within: 1m }
        - logout: everyone
        - cloud: stop
        - wait: 1s
        - expect: { device: all, settled: true }
      """)
    let outcome = VirtualRun.run(scenario, seed: 1, firmware: .builtIn).outcome
    #expect(outcome.passed, "\(outcome.failureWords)")
  }

  @Test func `everybody who is not as expected is named`() throws {
    let scenario = try SmallScenario.reading("steps: [expect: { device: all, state: online }]")
    let outcome = VirtualRun.run(scenario, seed: 1, firmware: .builtIn).outcome
    let failure = outcome.verdicts.first?.failure
    #expect(failure?.contains("attic has state") == true, "\(failure ?? "")")
    #expect(failure?.contains("; porch has state") == true)
  }
}
