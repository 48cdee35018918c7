import DeviceProtocol
import Simulation
import Testing

@testable import Scenarios

struct RealWayTests {
  private static let impossibleSteps: [(Action, String)] = [
    (.clock(device: nil, by: .seconds(1)), "clock that jumps"),
    (.cutPower("porch", during: .beforeOperation(3)), "power cut before an operation"),
    (.fault(Fault(.refresh, of: .anybody, harm: .duplicate)), "duplicates"),
    (
      .fault(Fault(.refresh, of: .devices(.named(["a", "b"])), harm: .afterCommit)),
      "fault of several devices"
    ),
    (
      .fault(Fault(.any, of: .anybody, harm: .status(503, retryAfter: nil))),
      "fault of any exchange but a device's"
    ),
    (
      .fault(Fault(.any, of: .owner("ada@example.org"), harm: .beforeCommit)),
      "fault of any exchange but a device's"
    ),
    (.use(.fleet, times: 1), "fleet"),
    (.expect(Expectation(.devices(.all), [.settled])), "way to tell what is settled"),
    (.expect(Expectation(.devices(.fleet), [.state(.online)])), "fleet"),
  ]

  @Test(arguments: Self.impossibleSteps)
  func `a step that needs a simulation is refused with its line`(
    action: Action, words: String
  ) throws {
    var scenario = Scenario(name: "a test")
    scenario.steps = [Step(.heal, line: 6), Step(action, line: 7)]
    let error = #expect(throws: LabError.self) { try RealWay.check(scenario) }
    #expect(error?.description.hasPrefix("line 7: ") == true)
    #expect(error?.description.contains(words) == true)
  }

  @Test(arguments: [
    Fault(.any, of: .devices(.named(["porch"])), harm: .beforeCommit),
    Fault(.login, of: .owner("ada@example.org"), harm: .beforeCommit),
    Fault(.stream, of: .anybody, harm: .beforeCommit),
  ])
  func `a fault is taken that strikes nothing of the lab's own`(fault: Fault) {
    var scenario = Scenario(name: "a test")
    scenario.steps = [Step(.fault(fault), line: 7)]
    #expect(throws: Never.self) { try RealWay.check(scenario) }
  }

  @Test func `settings that need a simulation are refused`() throws {
    let changes: [(inout Scenario) -> Void] = [
      { $0.fleet = .init(count: 1, model: "cam-1", firmware: "2.0.0") },
      { $0.cloud.cache = .sound }, { $0.cloud.capacityPerSecond = 7 },
      { $0.weather.lostRequestsPermille = 1 },
      { $0.claims = [Claim(.peakPercent, of: .everybody, .atMost(1))] },
    ]
    for (index, change) in changes.enumerated() {
      var scenario = Scenario(name: "a test")
      change(&scenario)
      #expect(throws: LabError.self, "change \(index)") { try RealWay.check(scenario) }
    }
    #expect(throws: Never.self) { try RealWay.check(Scenario(name: "a test")) }
  }

  @Test func `a rule that must be broken turns its verdicts round`() {
    var scenario = Scenario(name: "a test")
    scenario.brokenRule = 5
    let held = Verdict(line: 1, rule: 5, claim: "x", failure: nil)
    let broken = Verdict(line: 2, rule: 5, claim: "y", failure: "seen")
    let other = Verdict(line: 3, claim: "z", failure: "seen")
    for (verdicts, passes) in [([held], false), ([held, broken], true), ([broken, other], false)] {
      let judged = RealRunner.verdicts(verdicts, of: scenario)
      #expect(judged.contains { !$0.held } == !passes, "\(verdicts)")
    }
  }
}
