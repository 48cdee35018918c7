import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct ShrinkerTests {
  private static let needle: [Action] = [.use(.bathroom, times: 2), .cloud(.crash)]

  /// Forty steps, of which two matter, in their order.
  private static let haystack: Scenario = {
    var actions: [Action] = []
    for number in 0..<38 {
      actions.append(number % 3 == 0 ? .wait(seconds: number + 1) : .use(.porch, times: number))
    }
    actions.insert(Self.needle[0], at: 11)
    actions.insert(Self.needle[1], at: 29)
    var scenario = Scenario.twoHomes(actions)
    scenario.weather.lostRequestsPermille = 10
    scenario.weather.latency = .milliseconds(300)
    scenario.cloud.accessTokenLifetime = .seconds(60)
    scenario.devices[0].clockOffset = .seconds(7)
    return scenario
  }()

  private static func outcome(rule: Int?) -> Outcome {
    var outcome = Outcome(scenario: "", variant: nil, way: .virtual, seed: 1)
    if let rule {
      outcome.verdicts = [Verdict(line: nil, rule: rule, claim: "", failure: "seen")]
    }
    return outcome
  }

  /// Breaks the rule when the needle is there, whatever else is.
  private static func run(_ scenario: Scenario) -> Outcome {
    let actions = scenario.steps.map(\.action)
    let places = Self.needle.map { actions.firstIndex(of: $0) }
    guard let first = places[0], let second = places[1], first < second else {
      return Self.outcome(rule: nil)
    }
    return Self.outcome(rule: 5)
  }

  @Test func `what matters is left, and nothing else`() {
    var shrinker = Shrinker(Self.haystack, failure: .rule(5), run: Self.run)
    shrinker.shrink()
    let smallest = shrinker.scenario
    #expect(smallest.steps.map(\.action) == Self.needle)
    #expect(smallest.devices.map(\.nickname) == ["bathroom"])
    #expect(smallest.owners.map(\.email) == ["ada@example.org"])
    #expect(smallest.homes.map(\.name) == ["Hillside"])
    #expect(smallest.weather == .calm)
    #expect(smallest.cloud == Scenario.CloudSettings())
    #expect((1...300).contains(shrinker.runCount))
  }

  @Test func `another failure than the first is not taken`() {
    var shrinker = Shrinker(Self.haystack, failure: .rule(5)) { scenario in
      // With anything less another rule is broken.
      scenario == Self.haystack ? Self.outcome(rule: 5) : Self.outcome(rule: 1)
    }
    shrinker.shrink()
    #expect(shrinker.scenario == Self.haystack)
  }

  /// What a demand to come back rests on is that all is healed.
  @Test func `when something did not come back the end stays`() {
    var scenario = Self.haystack
    let end: [Action] = [.heal, .wait(seconds: 600), .logIn(.all), .online(.all), .look(.all)]
    scenario.steps += end.map { Step($0) }
    for (failure, staysWhole) in [
      (.rule(6), true), (.rule(8), true), (.stuck, true), (.claim("x"), true), (.rule(1), false),
    ] as [(Shrinker.Failure, Bool)] {
      var shrinker = Shrinker(scenario, failure: failure) { candidate in
        guard Self.run(candidate).verdicts.first != nil else { return Self.outcome(rule: nil) }
        var outcome = Self.outcome(rule: nil)
        switch failure {
        case .rule(let rule): outcome = Self.outcome(rule: rule)
        case .stuck: outcome.failure = "stuck"
        case .claim(let claim):
          outcome.verdicts = [Verdict(line: nil, claim: claim, failure: "no")]
        }
        return outcome
      }
      shrinker.shrink()
      let left = shrinker.scenario.steps.map(\.action.kind)
      let tail: [ActionKind] = [.heal, .wait, .logIn, .expect, .look]
      #expect(left == [.use, .cloud] + (staysWhole ? tail : []), "\(failure)")
    }
  }

  @Test func `a wait is made shorter, and two are made one`() {
    var scenario = Scenario.oneHome()
    scenario.steps = [.wait(seconds: 3_600), .wait(seconds: 7_200), .use(.all, times: 1)]
      .map { Step($0) }
    var shrinker = Shrinker(scenario, failure: .rule(5)) { candidate in
      let waited = candidate.steps.reduce(Duration.zero) { sum, step in
        if case .wait(let duration) = step.action { sum + duration } else { sum }
      }
      return Self.outcome(rule: waited > .seconds(60) ? 5 : nil)
    }
    shrinker.shrink()
    let left = shrinker.scenario.steps.map(\.action)
    #expect(left.count == 1)
    guard case .wait(let duration)? = left.first else {
      Issue.record("\(left)")
      return
    }
    #expect(duration > .seconds(60) && duration < .seconds(240))
  }

  @Test func `what is impossible is not even run`() {
    var scenario = Scenario.oneHome([
      .steal(from: .device("porch"), as: "copy"), .replay("copy", atOnce: 1, expecting: nil),
    ])
    scenario.steps += [Step(.use(.all, times: 1))]
    var shrinker = Shrinker(scenario, failure: .rule(5)) { candidate in
      #expect(candidate.problems() == [])
      return Self.outcome(
        rule: candidate.steps.contains { $0.action.kind == .replay } ? 5 : nil)
    }
    shrinker.shrink()
    #expect(shrinker.scenario.steps.map(\.action.kind) == [.pair, .steal, .replay])
  }

  @Test func `after so many runs the smallest so far is taken`() {
    var shrinker = Shrinker(Self.haystack, failure: .rule(5), runLimit: 5, run: Self.run)
    shrinker.shrink()
    #expect(shrinker.runCount == 5)
    #expect(Shrinker.Failure(Self.run(shrinker.scenario)) == .rule(5))
  }

  @Test func `what kind of failure it is`() {
    var outcome = Self.outcome(rule: nil)
    #expect(Shrinker.Failure(outcome) == nil)
    outcome.verdicts = [
      Verdict(line: 1, claim: "a", failure: nil), Verdict(line: 2, claim: "b", failure: "no"),
    ]
    #expect(Shrinker.Failure(outcome) == .claim("b"))
    outcome.verdicts.append(Verdict(line: nil, rule: 3, claim: "c", failure: "seen"))
    #expect(Shrinker.Failure(outcome) == .rule(3))
    outcome.failure = "stuck"
    #expect(Shrinker.Failure(outcome) == .stuck)
  }
}
