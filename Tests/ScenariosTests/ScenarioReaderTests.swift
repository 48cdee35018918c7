import Testing

@testable import Scenarios

struct ScenarioReaderTests {
  @Test func `the scenario of the demo is read whole`() throws {
    let scenario = try Scenario(contentsOf: try Programs.beside().defaultScenario)
    #expect(scenario.name == "two homes")
    #expect(scenario.homes.map(\.name) == ["Hillside", "Harbour flat"])
    #expect(scenario.owners.count == 2)
    #expect(scenario.devices.map(\.kind) == ["camera", "camera", "camera", "scale"])
    #expect(scenario.cloud.accessTokenLifetime == .seconds(5))
    #expect(scenario.devices.map(\.relinkPolicy) == ["owner", "owner", "silent", "owner"])
    for device in scenario.devices { #expect(scenario.network(of: device) != nil) }
  }

  /// A small scenario that is right, with one piece of text replaced by another.
  private static let valid = """
    scenario: small
    cloud:
      access_token_lifetime: 5s
    homes:
      - name: Hillside
        networks:
          - ssid: Hill
            passphrase: secret12
    owners:
      - email: ada@example.org
        password: analytical
        home: Hillside
    devices:
      - nickname: porch
        kind: camera
        model: cam-1
        firmware: 2.0.0
        owner: ada@example.org
        network: Hill
    """

  @Test func `the small scenario is right`() throws {
    let scenario = try Scenario(parsing: Self.valid, file: "small.yaml")
    #expect(scenario.devices.first?.relinkPolicy == "owner")
    #expect(scenario.cloud.rotationWindow == .seconds(600))
  }

  static let mistakes: [(replaced: String, by: String, error: String)] = [
    (
      "kind: camera", "kind: camra",
      "small.yaml:15:11: 'kind' of a device is 'camra', but must be one of camera, scale; did you mean 'camera'?"
    ),
    (
      "firmware: 2.0.0", "firmwear: 2.0.0",
      "small.yaml:14:5: a device needs 'firmware'"
    ),
    (
      "network: Hill", "network: Hill\n    nework: Hill",
      "small.yaml:20:5: 'nework' is not a part of a device; did you mean 'network'?"
    ),
    (
      "network: Hill", "network: Hull",
      "small.yaml:19:14: the home of ada@example.org has no network of this name"
    ),
    (
      "lifetime: 5s", "lifetime: 5",
      "small.yaml:3:26: 'access_token_lifetime' of the cloud must be a duration such as 500ms, 4s, 10m, 2h or 1d"
    ),
    (
      "lifetime: 5s", "lifetime: 500ms",
      "small.yaml:3:26: 'access_token_lifetime' of the cloud must be whole seconds, at least 1s"
    ),
    (
      "passphrase: secret12", "passphrase: short",
      "small.yaml:8:21: 'passphrase' of a wpa2 network must be 8 to 63 printable ASCII characters, or 64 hexadecimal digits"
    ),
    (
      "passphrase: secret12", "security: open\n        passphrase: secret12",
      "small.yaml:9:21: an open network has no 'passphrase'"
    ),
    (
      "nickname: porch", "nickname: ../porch",
      "small.yaml:14:15: 'nickname' of a device must be 1 to 32 letters, digits, '-' or '_' (ASCII)"
    ),
    (
      "home: Hillside", "home: Hilside",
      "small.yaml:12:11: 'home' of an owner is 'Hilside', but must be one of Hillside; did you mean 'Hillside'?"
    ),
    (
      "devices:", "devices: []\nx:",
      "small.yaml:13:10: 'devices' of a scenario must be a list of at least one"
    ),
    (
      "scenario: small", "scenario: [small",
      "small.yaml:2:6: not YAML: did not find expected ',' or ']'"
    ),
  ]

  @Test(arguments: mistakes)
  func `a mistake is told with its place`(
    mistake: (replaced: String, by: String, error: String)
  ) throws {
    let text = Self.valid.replacing(mistake.replaced, with: mistake.by, maxReplacements: 1)
    let error = #expect(throws: ScenarioError.self) {
      try Scenario(parsing: text, file: "small.yaml")
    }
    #expect(error?.description == mistake.error)
  }

  @Test(arguments: ["", "[]", "scenario", "\u{0}", "a: &x\n  b: *x"])
  func `what is no scenario is an error, never a trap`(text: String) {
    #expect(throws: ScenarioError.self) { try Scenario(parsing: text, file: "x.yaml") }
  }

  @Test func `a file that is not there is named`() {
    let error = #expect(throws: ScenarioError.self) { try Scenario(contentsOf: "/nowhere.yaml") }
    #expect(error?.description.hasPrefix("/nowhere.yaml: the scenario file can't be read") == true)
  }

  @Test(arguments: [
    ("500ms", Duration.milliseconds(500)), ("4s", .seconds(4)), ("10m", .seconds(600)),
    ("2h", .seconds(7_200)), ("1d", .seconds(86_400)),
  ])
  func `durations have a unit`(text: String, duration: Duration) {
    #expect(Duration(scenarioText: text) == duration)
  }

  @Test(arguments: [
    "", "s", "5", "-1s", "1.5s", "1 s", "99999999999999999999d", "9223372036854775807d",
  ])
  func `what is no duration is nil`(text: String) {
    #expect(Duration(scenarioText: text) == nil)
  }
}
