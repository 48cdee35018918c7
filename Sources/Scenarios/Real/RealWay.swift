package import Simulation

/// What can't be done with real processes and a wall clock.
package enum RealWay {
  /// - Throws: `LabError.unsupported` that names the first thing, and its line if it has one.
  package static func check(_ scenario: Scenario) throws(LabError) {
    if let what = self.refusal(of: scenario) { throw LabError(.unsupported, self.text(what)) }
    for step in scenario.steps {
      guard let what = self.refusal(of: step.action, in: scenario) else { continue }
      throw LabError(.unsupported, self.text(what, line: step.line))
    }
    for claim in scenario.claims {
      guard let what = self.refusal(of: claim) else { continue }
      throw LabError(.unsupported, self.text(what, line: claim.line))
    }
  }

  private static func text(_ what: String, line: Int? = nil) -> String {
    "\(line.map { "line \($0): " } ?? "")the real way has no \(what); run it the virtual way"
  }

  /// Of the settings; latency and jitter are the machine's own.
  private static func refusal(of scenario: Scenario) -> String? {
    let weather = scenario.weather
    if scenario.fleet != nil { return "fleet" }
    if scenario.cloud.cache != .none { return "cache before the cloud" }
    if scenario.cloud.capacityPerSecond != nil { return "limit of the cloud's capacity" }
    if scenario.devices.contains(where: { $0.clockOffset != .zero }) { return "clocks that differ" }
    let permilles = [
      weather.lostRequestsPermille, weather.lostResponsesPermille,
      weather.truncatedResponsesPermille, weather.duplicatedRequestsPermille,
      weather.halfOpenStreamsPermille,
    ]
    return permilles.contains { $0 != 0 } ? "weather" : nil
  }

  private static func refusal(of action: Action, in scenario: Scenario) -> String? {
    switch action {
    case .clock: return "clock that jumps"
    case .cutPower(_, during: .beforeOperation), .cutPower(_, during: .beforeAnyOperation):
      return "power cut before an operation of the flash"
    case .fault(let fault): return self.refusal(of: fault, in: scenario)
    case .replay(let name, let atOnce, _):
      let isDevice = scenario.steps.contains { step in
        if case .steal(from: .device, as: name) = step.action { true } else { false }
      }
      return isDevice && atOnce > 1 ? "device's token that is replayed several times at once" : nil
    case .expect(let expectation) where expectation.subject == .devices(.fleet): return "fleet"
    case .expect(let expectation) where expectation.conditions.contains(.settled):
      return "way to tell what is settled"
    case .pair(.fleet, _), .changeNetwork(.fleet, _), .reset(.fleet), .remove(.fleet),
      .use(.fleet, _), .power(.devices(.fleet), _), .reach(.fleet, _):
      return "fleet"
    case .stage, .mark, .wait, .expect, .pair, .makeToken, .show, .changeNetwork, .reset, .remove,
      .use, .power, .cutPower, .reach, .network, .replaceRouter, .heal, .cloud, .logOut, .logIn,
      .signOut, .refresh, .look, .steal:
      return nil
    }
  }

  private static func refusal(of fault: Fault, in scenario: Scenario) -> String? {
    if case .duplicate = fault.harm { return "fault that duplicates" }
    guard case .devices(let selection) = fault.of else {
      // What the lab itself asks, as an owner and as nobody, would be struck in their place.
      return fault.exchange == .any ? "fault of any exchange but a device's" : nil
    }
    return scenario.nicknames(of: selection).count == 1 ? nil : "fault of several devices"
  }

  private static func refusal(of claim: Claim) -> String? {
    if claim.of == .devices(.fleet) || claim.of == .links { return "fleet" }
    switch claim.quantity {
    case .counter: return nil
    case .peakPercent, .peakPerSecond, .secondsUntilBack, .percentBack, .percentOfOwnersBack,
      .mostRequestsPerDevice:
      return "measure of a storm"
    }
  }
}
