import CloudCore
import DeviceProtocol

extension Scenario {
  /// Why a scenario can't be run as it stands, though each part by itself is well formed.
  package struct Problem: Equatable, Sendable {
    package var part: Part
    /// In plain words.
    package var message: String
    /// What was probably meant.
    package var suggestion: String?

    package enum Part: Equatable, Sendable {
      /// By their place in the scenario, from 0.
      case step(Int)
      case claim(Int)
      case whole
    }
  }

  /// What is impossible in the order of steps, and selections that nothing is in. Empty for a
  /// scenario that can be run.
  package func problems() -> [Problem] {
    var order = StepOrder(self)
    var problems: [Problem] = []
    for (index, step) in self.steps.enumerated() {
      guard let message = order.follow(step.action) else { continue }
      problems.append(Problem(part: .step(index), message: message.text, suggestion: message.hint))
    }
    for (index, claim) in self.claims.enumerated() {
      guard let message = order.problem(of: claim) else { continue }
      problems.append(Problem(part: .claim(index), message: message.text, suggestion: message.hint))
    }
    return problems
  }
}

/// What is there and what has been, step by step.
private struct StepOrder {
  struct Message {
    var text: String
    var hint: String?
    init(_ text: String, _ hint: String? = nil) {
      self.text = text
      self.hint = hint
    }
  }

  private let scenario: Scenario
  private var marks: [String] = []
  private var tokens: [String] = []
  private var copies: [String] = []
  /// Devices that were shown a payload with a pairing token.
  private var paired: Set<String> = []
  /// Devices that were shown any payload.
  private var shown: Set<String> = []
  private var cloudRuns = true
  private var hasBackup = false
  private var networks: [String: [SSID]]

  init(_ scenario: Scenario) {
    self.scenario = scenario
    self.networks = Dictionary(
      scenario.homes.map { ($0.name, $0.networks.map(\.ssid)) }, uniquingKeysWith: { $0 + $1 })
    if scenario.fleet?.isPaired == true {
      self.paired = ["fleet"]
      self.shown = ["fleet"]
    }
  }

  /// What is impossible about the action here; its effect is taken as done.
  mutating func follow(_ action: Action) -> Message? {
    if let devices = action.devices, let message = self.problem(of: devices) { return message }
    switch action {
    case .mark(let name):
      self.marks.append(name)
    case .expect(let expectation):
      return self.problem(of: expectation)
    case .pair(let devices, _):
      self.paired.formUnion(self.names(devices))
      self.shown.formUnion(self.names(devices))
    case .makeToken(let name, _, _):
      self.tokens.append(name)
    case .show(let token, let device, _):
      guard self.tokens.contains(token) else {
        return Message("the token '\(token)' is not made before this step")
      }
      self.paired.insert(device)
      self.shown.insert(device)
    case .changeNetwork(let devices, let ssid):
      for name in self.names(devices) {
        guard let device = self.scenario.devices.first(where: { $0.nickname == name }),
          let home = self.scenario.home(ofOwner: device.owner)
        else { return Message("\(name) has no home of its own with networks") }
        if let message = self.problem(of: ssid, in: home.name) { return message }
        self.shown.insert(name)
      }
    case .remove(let devices):
      return self.firstUnpaired(devices).map {
        Message("nothing has paired \($0) before it is removed")
      }
    case .steal(let holder, let name):
      self.copies.append(name)
      if case .device(let device) = holder, !self.isAny(of: self.paired, device) {
        return Message("\(device) has no token before it is paired")
      }
    case .replay(let name, _, _):
      guard self.copies.contains(name) else {
        return Message("'\(name)' is not stolen before this step")
      }
    case .network(let home, let ssid, _):
      return self.problem(of: ssid, in: home)
    case .replaceRouter(let home, let ssid, let network):
      if let message = self.problem(of: ssid, in: home) { return message }
      self.networks[home, default: []].removeAll { $0 == ssid }
      guard self.networks[home]?.contains(network.ssid) != true else {
        return Message("'\(home)' has another network of the new name")
      }
      self.networks[home, default: []].append(network.ssid)
    case .cloud(let action):
      return self.follow(action)
    case .logOut(.region(let region), _):
      let hasAny = self.scenario.owners.contains { $0.region == region }
      let isOfFleet = self.scenario.fleet != nil && region == .standard
      return hasAny || isOfFleet ? nil : Message("no owner is in the region '\(region.text)'")
    case .heal:
      self.cloudRuns = true
    case .stage, .wait, .reset, .use, .power, .cutPower, .reach, .fault, .logOut, .clock, .logIn,
      .signOut, .refresh, .look:
      break
    }
    return nil
  }

  private mutating func follow(_ action: Action.CloudAction) -> Message? {
    switch action {
    case .start:
      defer { self.cloudRuns = true }
      return self.cloudRuns
        ? Message("the cloud runs already", "it starts again by itself after a crash") : nil
    case .stop:
      defer { self.cloudRuns = false }
      return self.cloudRuns ? nil : Message("the cloud is stopped already")
    case .crash:
      return self.cloudRuns ? nil : Message("the cloud is stopped, and can't crash")
    case .backUp:
      self.hasBackup = true
      return self.cloudRuns ? nil : Message("the cloud is stopped", "start it first")
    case .restore:
      guard self.hasBackup else { return Message("there is no 'back_up' before this step") }
      return self.cloudRuns ? nil : Message("the cloud is stopped", "start it first")
    }
  }

  private func problem(of expectation: Expectation) -> Message? {
    guard case .devices(let devices) = expectation.subject else { return nil }
    for condition in expectation.conditions {
      switch condition {
      case .payload, .wifi:
        if let name = self.names(devices).first(where: { !self.isAny(of: self.shown, $0) }) {
          return Message("\(name) is shown no payload before this step")
        }
      default: break
      }
    }
    return nil
  }

  func problem(of claim: Claim) -> Message? {
    if case .devices(let devices) = claim.of, let message = self.problem(of: devices) {
      return message
    }
    for mark in [claim.since, claim.until] {
      guard let mark, !self.marks.contains(mark) else { continue }
      return Message("there is no mark '\(mark)'")
    }
    if case .counter = claim.quantity {
    } else if claim.until != nil {
      return Message("what is measured goes from its mark to the end", "leave 'until' out")
    }
    if claim.quantity.isOfReturn, claim.since != self.marks.last, let last = self.marks.last {
      return Message("who is back is watched anew from each mark", "say 'since: \(last)'")
    }
    guard let since = claim.since, let until = claim.until,
      let first = self.marks.firstIndex(of: since), let last = self.marks.firstIndex(of: until),
      first >= last
    else { return nil }
    return Message("'since' (\(since)) must be before 'until' (\(until))")
  }

  /// Nothing is selected, or a device of the fleet that the fleet does not have.
  private func problem(of devices: DeviceSelection) -> Message? {
    switch devices {
    case .all: return self.scenario.devices.isEmpty ? Message("there is no device", "fleet") : nil
    case .kind:
      return self.names(devices).isEmpty ? Message("there is no device of this kind") : nil
    case .fleet: return self.scenario.fleet == nil ? Message("there is no fleet") : nil
    case .named(let names):
      for name in names where !self.scenario.devices.contains(where: { $0.nickname == name }) {
        guard let fleet = self.scenario.fleet, let index = Scenario.Fleet.index(of: name),
          (1...fleet.count).contains(index)
        else { return Message("there is no device '\(name)'") }
      }
      return nil
    }
  }

  private func problem(of ssid: SSID, in home: String) -> Message? {
    guard let networks = self.networks[home] else { return Message("there is no home '\(home)'") }
    guard !networks.contains(ssid) else { return nil }
    let names = networks.map { "'\(String(decoding: $0.bytes, as: UTF8.self))'" }
    return Message(
      "'\(home)' has no network '\(String(decoding: ssid.bytes, as: UTF8.self))' at this step",
      "there is \(names.joined(separator: ", "))"
    )
  }

  private func firstUnpaired(_ devices: DeviceSelection) -> String? {
    self.names(devices).first { !self.isAny(of: self.paired, $0) }
  }

  /// The fleet has one name for all of its devices here.
  private func names(_ devices: DeviceSelection) -> [String] {
    devices == .fleet ? ["fleet"] : self.scenario.nicknames(of: devices)
  }

  private func isAny(of names: Set<String>, _ name: String) -> Bool {
    names.contains(name) || Scenario.Fleet.index(of: name) != nil && names.contains("fleet")
  }
}
