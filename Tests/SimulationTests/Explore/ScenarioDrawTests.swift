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
    let others: Set<ActionKind> = [.stage, .mark, .changeNetwork, .replaceRouter]
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
