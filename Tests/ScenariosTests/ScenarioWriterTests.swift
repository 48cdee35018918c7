import DeviceProtocol
import Simulation
import Testing

@testable import Scenarios

/// What is written is read as it was.
struct ScenarioWriterTests {
  @Test(arguments: 0..<20)
  func `a scenario that is written is read as it was`(block: UInt64) throws {
    for seed in block * 50..<(block + 1) * 50 {
      let scenario = RandomScenario.drawn(from: seed)
      let text = ScenarioFile.yaml(of: scenario)
      do {
        let read = try ScenarioFile.parse(text, file: "seed-\(seed).yaml")
        let isSame = read.map(\.withoutLines) == [scenario]
        #expect(isSame, "seed \(seed): \(Self.difference(read[0], scenario))")
      } catch {
        Issue.record("seed \(seed): \(error)\n\(text)")
      }
    }
  }

  private static func difference(_ left: Scenario, _ right: Scenario) -> String {
    for (left, right) in zip(left.steps, right.steps) where left.action != right.action {
      return "\(left.action)\n\(right.action)"
    }
    for (left, right) in zip(left.devices, right.devices) where left != right {
      return "\(left)\n\(right)"
    }
    return "not in steps or devices"
  }

  @Test func `each kind of step is among those that are drawn`() {
    let scenarios = (0..<100).map { RandomScenario.drawn(from: $0) }
    let keys = Set(scenarios.flatMap(\.steps).map(\.action.yaml.key))
    #expect(keys == Set(Grammar.step.keys.map(\.name)))
  }

  @Test func `a file reads like one that was written by hand`() throws {
    var scenario = try SmallScenario.reading(
      """
      steps:
        - pair: porch
        - expect: { device: porch, state: online, within: 1m }
        - logout: { kind: camera, reason: "a drill: all out" }
      """)
    scenario.devices.removeFirst()
    #expect(
      ScenarioFile.yaml(of: scenario) == """
        scenario: small
        homes:
          - { name: Hillside, networks: [{ ssid: Hill, passphrase: secret12 }] }
        owners:
          - { email: ada@example.org, password: analytical, home: Hillside }
        devices:
          - { nickname: porch, kind: camera, model: cam-1, firmware: 2.0.0, owner: ada@example.org, network: Hill }
        steps:
          - pair: porch
          - expect: { device: porch, state: online, within: 1m }
          - logout: { kind: camera, reason: "a drill: all out" }

        """)
  }

  @Test(arguments: [
    ([0x48, 0x69], "ssid: Hi"), ([0xC3, 0xA9], "ssid: \"é\""), ([0xC3], "ssid_hex: c3"),
    ([0x00], "ssid_hex: 00"), ([0xEF, 0xBB, 0xBF, 0x41], "ssid_hex: efbbbf41"),
    ([0xC2, 0x85], "ssid_hex: c285"), ([0xE2, 0x80, 0xA8], #"ssid: "\u2028""#),
  ])
  func `a network's name that is no text is written as bytes`(
    bytes: [UInt8], written: String
  ) throws {
    let member = try #require(SSID(bytes)).member("ssid")
    #expect("\(member.key): \(member.value.flow)" == written)
  }

  @Test(arguments: [
    ("porch", "porch"), ("2.0.0", "2.0.0"), ("-2h", "-2h"), ("ada@example.org", "ada@example.org"),
    ("", #""""#), ("-", #""-""#), ("---", #""---""#), ("a b", #""a b""#), ("a: b", #""a: b""#),
    (#"7" \"#, #""7\" \\""#), ("Hillside ⛰", #""Hillside ⛰""#), ("a, *b", #""a, \x2Ab""#),
    ("\u{0}\n\u{2028}\u{FEFF}", #""\u0000\u000A\u2028\uFEFF""#), ("\u{E0001}", #""\U000E0001""#),
  ])
  func `a text is quoted where it must be`(text: String, written: String) {
    #expect(YAMLText.quoted(text) == written)
  }
}

extension Scenario {
  /// Lines are the file's, not the scenario's.
  fileprivate var withoutLines: Scenario {
    var scenario = self
    for index in scenario.steps.indices { scenario.steps[index].line = nil }
    for index in scenario.claims.indices { scenario.claims[index].line = nil }
    return scenario
  }
}
