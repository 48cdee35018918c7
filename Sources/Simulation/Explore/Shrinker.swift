import CloudCore
import DeviceProtocol

/// Makes a failing scenario as small as it can while it still fails in the same way.
///
/// Delta debugging (Zeller and Hildebrandt, TSE 2002) over the steps, then what is left of the
/// setting. Each part of a world draws from a stream of its own, so that what stays behaves as it
/// did before.
package struct Shrinker {
  /// How a scenario fails: the rule that is broken, or the line of the first claim that is not met.
  package enum Failure: Equatable, Sendable {
    case rule(Int)
    case claim(String)
    case stuck

    /// Nil for an outcome that passed.
    package init?(_ outcome: Outcome) {
      if outcome.failure != nil {
        self = .stuck
      } else if let verdict = outcome.verdicts.first(where: { !$0.held && $0.rule != nil }) {
        self = .rule(verdict.rule ?? 0)
      } else if let verdict = outcome.verdicts.first(where: { !$0.held }) {
        self = .claim(verdict.claim)
      } else {
        return nil
      }
    }
  }

  package private(set) var scenario: Scenario
  package private(set) var runCount = 0
  private let failure: Failure
  /// Of the last steps so many stay: what a demand to come back rests on is that all is healed.
  private let keptStepCount: Int
  private let runLimit: Int
  private let run: (Scenario) -> Outcome

  /// - Parameters:
  ///   - runLimit: After so many runs the smallest so far is taken.
  ///   - run: Runs a scenario under the seed that failed.
  package init(
    _ scenario: Scenario, failure: Failure, runLimit: Int = 3_000,
    run: @escaping (Scenario) -> Outcome
  ) {
    self.scenario = scenario
    self.failure = failure
    let healing = scenario.steps.lastIndex { $0.action == .heal }
    self.keptStepCount =
      failure.isOfLiveness ? healing.map { scenario.steps.count - $0 } ?? 0 : 0
    self.runLimit = runLimit
    self.run = run
  }

  package mutating func shrink() {
    var before: Scenario
    repeat {
      before = self.scenario
      self.dropSteps()
      self.dropDevices()
      self.calm()
      self.shorten()
    } while before != self.scenario && self.runCount < self.runLimit
  }

  /// Takes the smaller scenario if it still fails in the same way.
  @discardableResult
  private mutating func attempt(_ candidate: Scenario) -> Bool {
    guard candidate != self.scenario, self.runCount < self.runLimit,
      candidate.problems().isEmpty
    else { return false }
    self.runCount += 1
    guard Failure(self.run(candidate)) == self.failure else { return false }
    self.scenario = candidate
    return true
  }

  /// Drops steps, many at once first.
  private mutating func dropSteps() {
    var length = max(1, self.scenario.steps.count / 2)
    while length >= 1 {
      var start = 0
      while start < self.scenario.steps.count - self.keptStepCount {
        var candidate = self.scenario
        let end = min(start + length, candidate.steps.count - self.keptStepCount)
        candidate.steps.removeSubrange(start..<end)
        if !self.attempt(candidate) { start += length }
      }
      length /= 2
    }
  }

  private mutating func dropDevices() {
    for device in self.scenario.devices.reversed() where self.scenario.devices.count > 1 {
      var candidate = self.scenario
      candidate.devices.removeAll { $0.nickname == device.nickname }
      candidate.steps = candidate.steps.compactMap { $0.without(device: device.nickname) }
      self.attempt(candidate)
    }
    for owner in self.scenario.owners.reversed()
    where self.scenario.owners.count > 1
      && !self.scenario.devices.contains(where: { $0.owner == owner.email })
    {
      var candidate = self.scenario
      candidate.owners.removeAll { $0.email == owner.email }
      candidate.steps = candidate.steps.filter { !$0.names(owner.email) }
      self.attempt(candidate)
    }
    for home in self.scenario.homes.reversed()
    where self.scenario.homes.count > 1
      && !self.scenario.owners.contains(where: { $0.home == home.name })
    {
      var candidate = self.scenario
      candidate.homes.removeAll { $0.name == home.name }
      candidate.steps = candidate.steps.filter { !$0.names(home.name) }
      self.attempt(candidate)
    }
  }

  /// Sets what can be set to what it is by default.
  private mutating func calm() {
    let plain = Scenario(name: "")
    var candidate = self.scenario
    candidate.weather = plain.weather
    self.attempt(candidate)
    for path in [
      \Scenario.weather.lostRequestsPermille, \.weather.lostResponsesPermille,
      \.weather.truncatedResponsesPermille, \.weather.duplicatedRequestsPermille,
      \.weather.halfOpenStreamsPermille,
    ] {
      candidate = self.scenario
      candidate[keyPath: path] = 0
      self.attempt(candidate)
    }
    for path in [
      \Scenario.cloud.accessTokenLifetime, \.cloud.rotationWindow, \.cloud.relinkInterval,
      \.cloud.pairingTokenLifetime, \.cloud.commitTime, \.timing.heartbeat, \.weather.latency,
      \.weather.jitter,
    ] {
      candidate = self.scenario
      candidate[keyPath: path] = plain[keyPath: path]
      self.attempt(candidate)
    }
    for index in self.scenario.devices.indices {
      candidate = self.scenario
      candidate.devices[index].clockOffset = .zero
      self.attempt(candidate)
    }
  }

  /// Makes waits shorter, and one of two that follow each other.
  private mutating func shorten() {
    var index = 0
    while index < self.scenario.steps.count {
      if case .wait(let duration) = self.scenario.steps[index].action {
        if index + 1 < self.scenario.steps.count,
          case .wait(let next) = self.scenario.steps[index + 1].action
        {
          var candidate = self.scenario
          candidate.steps[index].action = .wait(duration + next)
          candidate.steps.remove(at: index + 1)
          if self.attempt(candidate) { continue }
        }
        for divisor in [1_000, 60, 10, 2] where duration > .milliseconds(divisor) {
          var candidate = self.scenario
          let milliseconds = Int64(clamping: duration.wholeMilliseconds) / Int64(divisor)
          candidate.steps[index].action = .wait(.milliseconds(milliseconds))
          if self.attempt(candidate) { break }
        }
      }
      index += 1
    }
  }
}

extension Shrinker.Failure {
  /// Whether something did not come, rather than something wrong.
  fileprivate var isOfLiveness: Bool {
    switch self {
    case .rule(6), .rule(8), .claim, .stuck: true
    case .rule: false
    }
  }
}

extension Step {
  /// Nil when nothing is left of it.
  fileprivate func without(device: String) -> Step? {
    func rest(_ selection: DeviceSelection) -> DeviceSelection? {
      guard case .named(let names) = selection else { return selection }
      let left = names.filter { $0 != device }
      return left.isEmpty ? nil : .named(left)
    }
    var step = self
    switch self.action {
    case .pair(let selection, let pairing):
      guard let selection = rest(selection) else { return nil }
      step.action = .pair(selection, pairing)
    case .use(let selection, let times):
      guard let selection = rest(selection) else { return nil }
      step.action = .use(selection, times: times)
    case .power(.devices(let selection), let isOn):
      guard let selection = rest(selection) else { return nil }
      step.action = .power(.devices(selection), isOn: isOn)
    case .reach(let selection, let isInReach):
      guard let selection = rest(selection) else { return nil }
      step.action = .reach(selection, isInReach: isInReach)
    case .reset(let selection):
      guard let selection = rest(selection) else { return nil }
      step.action = .reset(selection)
    case .remove(let selection):
      guard let selection = rest(selection) else { return nil }
      step.action = .remove(selection)
    default:
      return self.names(device) ? nil : self
    }
    return step
  }

  /// Whether a device, an owner or a home of this name occurs in it.
  fileprivate func names(_ name: String) -> Bool {
    self.action.inWords.contains(name)
  }
}
