import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct ScenarioDrawTests {
  @Test func `what 1,000 seeds draw can be run, and every kind of step is among it`() throws {
    var kinds: Set<ActionKind> = []
    var shows: Set<String> = []
    for seed in 1...1_000 as ClosedRange<UInt64> {
      let scenario = ScenarioDraw.scenario(seed: seed)
      #expect(scenario.problems() == [], "seed \(seed)")
      #expect((1...3).contains(scenario.homes.count))
      #expect((1...3).contains(scenario.owners.count))
      #expect((1...5).contains(scenario.devices.count))
      kinds.formUnion(scenario.steps.map(\.action.kind))
      shows.insert(scenario.shows ?? "")
      // Liveness is asked for only when all is healed.
      let healed = try #require(scenario.steps.lastIndex { $0.action == .heal })
      let settled = try #require(
        scenario.steps.lastIndex {
          if case .expect(let expectation) = $0.action {
            expectation.conditions.contains(.settled)
          } else {
            false
          }
        })
      #expect(healed < settled)
    }
    // These are of the language alone.
    let others: Set<ActionKind> = [.stage, .mark]
    #expect(kinds.isSuperset(of: Set(ActionKind.allCases).subtracting(others)), "\(kinds)")
    #expect(shows.count > 900)
  }

  @Test func `a seed draws one scenario, and another another`() {
    for seed in [0, 1, 4_711, .max] as [UInt64] {
      #expect(ScenarioDraw.scenario(seed: seed) == ScenarioDraw.scenario(seed: seed))
      #expect(ScenarioDraw.scenario(seed: seed) != ScenarioDraw.scenario(seed: seed &+ 1))
    }
  }

  /// Each kind of trouble is in about half of the runs, and old and new firmware, cameras and scales
  /// are there.
  @Test func `features are drawn, and each is absent as often`() {
    let scenarios = (1...500 as ClosedRange<UInt64>).map { ScenarioDraw.scenario(seed: $0) }
    for feature in ["weather", "crashes", "thieves", "logouts", "flash cuts", "faults"] {
      let count = scenarios.count { $0.shows?.contains(feature) == true }
      #expect((190...310).contains(count), "\(feature): \(count)")
    }
    for scenario in scenarios where scenario.shows?.contains("weather") == false {
      #expect(scenario.weather == .calm)
    }
    let devices = scenarios.flatMap(\.devices)
    #expect(
      Set(devices.map { "\($0.model) \($0.firmware)" })
        == Set(FirmwareTable.builtIn.entries.map { "\($0.model) \($0.version)" }))
    #expect(Set(devices.map(\.kind)) == [.camera, .scale])
    #expect(Set(devices.map(\.relinkPolicy)).count == 3)
  }

  @Test func `200 seeds draw all policies, scopes and faults`() {
    let scenarios = (1...200 as ClosedRange<UInt64>).map { ScenarioDraw.scenario(seed: $0) }
    for path in [\Scenario.ClientPolicies.app, \.camera, \.scale] {
      let policies = scenarios.map { $0.cloud.policies[keyPath: path] }
      let given = policies.compactMap { $0 }
      for preset in PolicyPreset.allCases { #expect(given.contains(preset.policy), "\(preset)") }
      let words = given.map { "\($0.rotation)".prefix { $0 != "(" } }
      #expect(Set(words) == ["strict", "grace", "idempotent", "retireOnUse", "reusable"])
      #expect(Set(given.map(\.reaction)).count == 3)
      #expect(Set(given.map(\.idleSeconds)).count > 2)
      #expect(Set(given.map(\.absoluteSeconds)).count > 1)
      #expect(policies.contains(nil))
    }
    #expect(Set(scenarios.flatMap(\.owners).map(\.region)).count == 3)
    var scopes: Set<String> = []
    var harms: Set<String> = []
    for action in scenarios.flatMap(\.steps).map(\.action) {
      switch action {
      case .logOut(.issuedBefore(nil), _): scopes.insert("now")
      case .logOut(let scope, _): scopes.insert(String("\(scope)".prefix { $0 != "(" }))
      case .fault(let fault):
        switch fault.harm {
        case .status(_, let retryAfter, let phase):
          harms.insert("status \(phase) \(retryAfter == nil)")
        case .delay(_, let phase): harms.insert("delay \(phase)")
        case .malformed(let malformation, let phase): harms.insert("\(malformation) \(phase)")
        case .beforeCommit, .afterCommit, .afterByte, .duplicate:
          harms.insert(String("\(fault.harm)".prefix { $0 != "(" }))
        }
      default: break
      }
    }
    #expect(
      scopes == [
        "everyone", "kind", "account", "device", "session", "region", "now", "issuedBefore",
        "list",
      ])
    // Four of `status`, two of `delay`, eight of `malformed`, and the others.
    #expect(harms.count == 4 + 2 + 8 + 4, "\(harms.sorted())")
  }

  @Test func `all kinds of networks, limits of the cloud and power cuts are drawn`() {
    let scenarios = (1...1_000 as ClosedRange<UInt64>).map { ScenarioDraw.scenario(seed: $0) }
    let networks = scenarios.flatMap(\.homes).flatMap(\.networks)
    #expect(Set(networks.map(\.security)) == [.open, .wpa2, .sae])
    #expect(networks.contains { $0.isHidden })
    #expect(scenarios.contains { $0.homes.contains { $0.networks.count > 1 } })
    #expect(
      networks.allSatisfy { $0.security.accepts(passphrase: $0.passphrase) })
    #expect(Set(scenarios.map(\.cloud.capacityPerSecond)).count == 4)
    #expect(Set(scenarios.map(\.cloud.queueLimit)).count == 3)
    #expect(Set(scenarios.map(\.cloud.retryAfter)).count == 3)
    let actions = scenarios.flatMap(\.steps).map(\.action)
    let isAny = { (action: Action) in
      if case .cutPower(_, during: .beforeAnyOperation) = action { true } else { false }
    }
    #expect(actions.contains { isAny($0) })
    #expect(actions.contains { $0.kind == .cutPower && !isAny($0) })
    // A new router may have the old name.
    let routers = actions.compactMap { action -> Bool? in
      if case .replaceRouter(_, let ssid, let new) = action { ssid == new.ssid } else { nil }
    }
    #expect(Set(routers) == [true, false])
  }

  /// What does not wait would fill a run with nothing else.
  @Test func `where a device hammers, trouble is short and the cloud has no limit`() {
    let hammering = (1...2_000 as ClosedRange<UInt64>).map { ScenarioDraw.scenario(seed: $0) }
      .filter { $0.devices.contains { $0.kind == .camera && $0.firmware == "0.8.0" } }
    #expect(hammering.count > 20)
    for scenario in hammering {
      #expect(scenario.cloud.capacityPerSecond == nil)
      // Not what follows when all is healed.
      let heal = scenario.steps.lastIndex { $0.action == .heal } ?? 0
      for case .wait(let duration) in scenario.steps[..<heal].map(\.action) {
        #expect(duration <= .seconds(60), "\(scenario.name)")
      }
    }
  }

  /// So many that a debug build takes seconds; `make simulate` explores many more.
  @Test(arguments: 0..<10 as Range<UInt64>)
  func `exploration finds nothing`(block: UInt64) throws {
    for seed in (block * 10 + 1)...(block * 10 + 10) {
      var world = try World(
        ScenarioDraw.scenario(seed: seed), seed: seed, firmware: .builtIn, eventLimit: 5_000_000)
      let outcome = world.run()
      #expect(outcome.passed, "relink simulate --seed \(seed)")
    }
  }
}
