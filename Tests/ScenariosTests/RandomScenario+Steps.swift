import CloudCore
import DeviceProtocol
import Simulation

@testable import Scenarios

extension RandomScenario {
  /// Everything is paired, stolen and kept first, so that any step can follow.
  mutating func addSteps(to scenario: inout Scenario) {
    let emails = scenario.owners.map(\.email)
    let names = scenario.devices.map(\.nickname)
    let holder: Action.TokenHolder =
      self.maybe ? .owner(self.one(of: emails)) : .device(self.one(of: names))
    var actions: [Action] = [
      .mark("first"), .pair(.all, .init()),
      .makeToken(
        name: "kept", owner: self.one(of: emails),
        relinkPolicy: self.maybe ? self.any(RelinkPolicy.self) : nil),
      .steal(from: holder, as: "thief"), .cloud(.backUp),
    ]
    if scenario.fleet != nil { actions.append(.pair(.fleet, .init())) }
    for _ in 0..<self.number(0...30) { actions.append(self.action(in: scenario)) }
    actions.append(.mark("last"))
    scenario.steps = actions.map { Step($0) }
    for _ in 0..<self.number(0...5) { scenario.claims.append(self.claim(in: scenario)) }
  }

  private mutating func action(in scenario: Scenario) -> Action {
    let device = self.one(of: scenario.devices)
    let owner = self.one(of: scenario.owners)
    let home = self.one(of: scenario.homes)
    let devices = self.devices(in: scenario)
    switch self.number(0...24) {
    case 0: return .stage(self.text(1...30))
    case 1: return .wait(self.duration())
    case 2, 3, 4, 5: return .expect(self.expectation(in: scenario))
    case 6: return .pair(devices, self.pairing(in: scenario, withOwner: true))
    case 7:
      return .show(
        token: "kept", to: device.nickname, self.pairing(in: scenario, withOwner: false))
    case 8: return .changeNetwork(.named([device.nickname]), to: device.network)
    case 9: return self.maybe ? .reset(devices) : .remove(devices)
    case 10: return .use(devices, times: self.number(1...3))
    case 11:
      return .power(self.maybe ? .devices(devices) : .home(home.name), isOn: self.maybe)
    case 12:
      let number = self.number(0...99)
      return .cutPower(
        device.nickname, during: self.maybe ? .afterByte(number) : .beforeOperation(number))
    case 13: return .reach(devices, isInReach: self.maybe)
    case 14:
      return .network(
        home: home.name, ssid: self.one(of: home.networks).ssid, self.any(Action.NetworkState.self))
    case 15:
      let ssid = self.one(of: home.networks).ssid
      var network = self.network(7)
      network.ssid = ssid
      return .replaceRouter(home: home.name, ssid: ssid, with: network)
    case 16, 17: return .fault(self.fault(in: scenario))
    case 18: return self.maybe ? .heal : .cloud(self.one(of: [.crash, .backUp, .restore]))
    case 19: return .logOut(self.scope(in: scenario), reason: self.reason())
    case 20: return .clock(device: self.maybe ? device.nickname : nil, by: .zero - self.duration())
    case 21: return self.maybe ? .logIn(self.owners(in: scenario)) : .signOut(.named([owner.email]))
    case 22: return .refresh(self.owners(in: scenario), atOnce: self.number(1...3))
    case 23: return .look(self.owners(in: scenario))
    default:
      return .replay(
        "thief", atOnce: self.number(1...3),
        expecting: self.maybe ? self.any(Action.ReplayAnswer.self) : nil)
    }
  }

  private mutating func reason() -> String {
    self.maybe ? self.text(1...20) : "a forced logout"
  }

  private mutating func pairing(in scenario: Scenario, withOwner: Bool) -> Action.Pairing {
    var pairing = Action.Pairing()
    if withOwner, self.maybe { pairing.owner = self.one(of: scenario.owners).email }
    if self.maybe { pairing.passphrase = Array(self.text(1...20).utf8) }
    return pairing
  }

  private mutating func devices(in scenario: Scenario) -> DeviceSelection {
    let names = scenario.devices.map(\.nickname)
    switch self.number(0...4) {
    case 0: return .all
    case 1: return .kind(self.any(DeviceKind.self))
    case 2: return scenario.fleet == nil ? .all : .fleet
    case 3: return scenario.fleet == nil ? .named(names) : .named(["fleet-1"])
    default: return .named(Array(names.prefix(self.number(1...names.count))))
    }
  }

  private mutating func owners(in scenario: Scenario) -> OwnerSelection {
    let emails = scenario.owners.map(\.email)
    if self.maybe { return scenario.fleet == nil ? .all : self.one(of: [.all, .fleet]) }
    return .named(Array(emails.prefix(self.number(1...emails.count))))
  }

  private mutating func expectation(in scenario: Scenario) -> Expectation {
    let time: Expectation.Time =
      self.one(of: [.now, .within(self.duration()), .throughout(self.duration())])
    guard self.maybe else {
      return Expectation(.owners(self.owners(in: scenario)), [.loggedIn(self.maybe)], time)
    }
    // In the grammar's order, in which they are read.
    var conditions: [Expectation.Condition] = [.state(self.any(JournalState.self))]
    if self.maybe {
      conditions.append(.binding(self.maybe ? nil : self.one(of: scenario.owners).email))
    }
    if self.maybe { conditions.append(.session(self.any(DeviceSessionState.self))) }
    if self.maybe { conditions.append(.payload(self.any(JournalPayloadResult.self))) }
    if self.maybe { conditions.append(.wifi(self.any(JournalWiFiResult.self))) }
    if self.maybe {
      conditions.append(self.maybe ? .everythingRecorded : .recordings(self.number(0...9)))
    }
    if self.maybe { conditions.append(.settled) }
    return Expectation(.devices(self.devices(in: scenario)), conditions, time)
  }

  private mutating func fault(in scenario: Scenario) -> Fault {
    let harm: Fault.Harm = self.one(of: [
      .beforeCommit, .afterCommit, .afterByte(self.number(0...999)),
      .delay(.milliseconds(self.number(1...600_000))),
      .duplicate, .status(503, retryAfter: nil), .status(400, retryAfter: self.seconds()),
      .status(504, retryAfter: nil, .afterCommit), .delay(.seconds(7), .beforeCommit),
      .malformed(self.any(Fault.Malformation.self), self.any(Fault.Phase.self)),
    ])
    let subject: Fault.Subject = self.one(of: [
      .anybody, .devices(self.devices(in: scenario)), .owner(self.one(of: scenario.owners).email),
    ])
    var fault = Fault(self.any(Fault.Exchange.self), of: subject, harm: harm)
    switch harm {
    case .beforeCommit, .afterCommit, .afterByte: fault.ending = self.any(Fault.Ending.self)
    case .delay, .duplicate, .status, .malformed: break
    }
    fault.nth = self.number(1...3)
    fault.times = self.number(1...3)
    return fault
  }

  private mutating func scope(in scenario: Scenario) -> Action.LogoutScope {
    let email = self.one(of: scenario.owners).email
    return self.one(of: [
      .everyone, .kind(self.any(ClientKind.self)), .account(email), .session(email),
      .device(self.one(of: scenario.devices).nickname),
      .region(self.one(of: scenario.owners).region),
      .issuedBefore(ago: self.maybe ? nil : self.duration()),
      .list(
        [.nobody, .account(email), .device(self.one(of: scenario.devices).nickname)],
        skipsUnknown: self.maybe),
    ])
  }

  private mutating func claim(in scenario: Scenario) -> Claim {
    let number = self.number(0...1_000)
    let bound = self.one(of: [
      Claim.Bound.exactly(number), .atLeast(number), .atMost(number),
    ])
    var claim: Claim
    if self.maybe {
      claim = Claim(
        .counter(self.any(Claim.Counter.self)),
        of: self.one(of: [
          .everybody, .links, .devices(self.devices(in: scenario)),
          .owner(self.one(of: scenario.owners).email),
        ]), bound)
    } else {
      claim = Claim(
        self.one(of: [
          .peakPercent, .peakPerSecond, .mostRequestsPerDevice,
          .secondsUntilBack(percent: self.number(1...100)), .percentBack(after: self.seconds()),
          .percentOfOwnersBack(after: self.seconds()),
        ]), of: .everybody, bound)
      claim.since = "last"
      return claim
    }
    if self.maybe { claim.since = "first" }
    if self.maybe { claim.until = "last" }
    return claim
  }
}
