import CloudCore
import DeviceProtocol
import Simulation
import Testing

@testable import Scenarios

/// What a file becomes.
struct ScenarioReaderTests {
  @Test func `the scenario of the demo is read whole`() throws {
    let scenario = try ScenarioFile.readOne(try Programs.beside().defaultScenario)
    #expect(scenario.name == "two homes")
    #expect(scenario.homes.map(\.name) == ["Hillside", "Harbour flat"])
    #expect(scenario.owners.count == 2)
    #expect(scenario.devices.map(\.kind) == [.camera, .camera, .camera, .scale])
    #expect(scenario.cloud.accessTokenLifetime == .seconds(5))
    #expect(scenario.devices.map(\.relinkPolicy) == [.owner, .owner, .silent, .owner])
    for device in scenario.devices { #expect(scenario.network(of: device) != nil) }
  }

  @Test func `what is not said is as the plan has it`() throws {
    let scenario = try ScenarioFile.parse(SmallScenario.text, file: "small.yaml")[0]
    #expect(scenario.devices.first?.relinkPolicy == .owner)
    #expect(scenario.cloud == Scenario.CloudSettings())
    #expect(scenario.ways == [.virtual])
    #expect(scenario.steps.isEmpty)
    #expect(scenario.variant == nil)
  }

  @Test func `steps and claims know their lines`() throws {
    let scenario = try SmallScenario.reading(
      """
      steps:
        - pair: porch
        - mark: after
      claims:
        - { count: pairings, of: porch, exactly: 1 }
      """)
    #expect(scenario.steps.map(\.line) == [19, 20])
    #expect(scenario.claims.map(\.line) == [22])
  }

  /// A step as it is written, and what it is.
  static let steps: [(text: String, action: Action)] = [
    ("stage: \"A title: with all\"", .stage("A title: with all")),
    ("wait: 10m", .wait(.seconds(600))),
    ("pair: porch", .pair(.named(["porch"]), .init())),
    ("pair: [porch, attic]", .pair(.named(["porch", "attic"]), .init())),
    ("pair: all", .pair(.all, .init())),
    ("pair: cameras", .pair(.kind(.camera), .init())),
    ("pair: scales", .pair(.kind(.scale), .init())),
    ("pair: { device: porch }", .pair(.named(["porch"]), .init())),
    ("reset: porch", .reset(.named(["porch"]))),
    ("use: porch", .use(.named(["porch"]), times: 1)),
    ("use: { device: all, times: 3 }", .use(.all, times: 3)),
    ("power: { device: porch, is: off }", .power(.devices(.named(["porch"])), isOn: false)),
    ("power: { home: Hillside, is: on }", .power(.home("Hillside"), isOn: true)),
    ("cut_power: { device: porch, after_byte: 24 }", .cutPower("porch", during: .afterByte(24))),
    (
      "cut_power: { device: porch, before_operation: 0 }",
      .cutPower("porch", during: .beforeOperation(0))
    ),
    (
      "cut_power: { device: porch, before_any_operation: 7 }",
      .cutPower("porch", during: .beforeAnyOperation(7))
    ),
    ("out_of_reach: porch", .reach(.named(["porch"]), isInReach: false)),
    ("into_reach: all", .reach(.all, isInReach: true)),
    ("heal: everything", .heal),
    ("cloud: crash", .cloud(.crash)),
    ("cloud: back_up", .cloud(.backUp)),
    ("logout: everyone", .logOut(.everyone, reason: "a forced logout")),
    ("logout: { everyone: true, reason: a drill }", .logOut(.everyone, reason: "a drill")),
    ("logout: { kind: alexa }", .logOut(.kind(.alexa), reason: "a forced logout")),
    ("logout: { device: porch }", .logOut(.device("porch"), reason: "a forced logout")),
    (
      "logout: { issued_before: now }", .logOut(.issuedBefore(ago: nil), reason: "a forced logout")
    ),
    (
      "logout: { issued_before: 90s, reason: a leak }",
      .logOut(.issuedBefore(ago: .seconds(90)), reason: "a leak")
    ),
    (
      "logout: { list: [porch, nobody, ada@example.org], skip_unknown: true }",
      .logOut(
        .list([.device("porch"), .nobody, .account("ada@example.org")], skipsUnknown: true),
        reason: "a forced logout")
    ),
    (
      "fault: { status: 503, phase: after_commit, retry_after: 5s, of: heartbeat }",
      .fault(
        Fault(
          .heartbeat, of: .anybody,
          harm: .status(503, retryAfter: .seconds(5), .afterCommit)))
    ),
    (
      "fault: { malformed: wrong_type, of: refresh }",
      .fault(Fault(.refresh, of: .anybody, harm: .malformed(.wrongType, .afterCommit)))
    ),
    ("clock: { of: cloud, by: -2h }", .clock(device: nil, by: .seconds(-7_200))),
    ("clock: { of: porch, by: 1d }", .clock(device: "porch", by: .seconds(86_400))),
    ("login: all", .logIn(.all)),
    ("sign_out: ADA@example.org", .signOut(.named(["ada@example.org"]))),
    ("refresh: ada@example.org", .refresh(.named(["ada@example.org"]), atOnce: 1)),
    ("refresh: { owner: all, at_once: 8 }", .refresh(.all, atOnce: 8)),
    ("steal: { from: ada@example.org, as: x }", .steal(from: .owner("ada@example.org"), as: "x")),
    (
      "expect: { owner: all, logged_in: false, within: 10s }",
      .expect(.init(.owners(.all), [.loggedIn(false)], .within(.seconds(10))))
    ),
    (
      "expect: { device: porch, binding: nobody, recordings: 3 }",
      .expect(.init(.devices(.named(["porch"])), [.binding(nil), .recordings(3)]))
    ),
    (
      "expect: { device: all, state: logged_out, session: live, recordings: complete, for: 10m }",
      .expect(
        .init(
          .devices(.all), [.state(.loggedOut), .session(.live), .everythingRecorded],
          .throughout(.seconds(600))))
    ),
  ]

  @Test(arguments: steps)
  func `a step is read`(step: (text: String, action: Action)) throws {
    let scenario = try SmallScenario.reading("steps:\n  - \(step.text)\n")
    #expect(scenario.steps.map(\.action) == [step.action])
  }

  @Test func `a network's name may be bytes`() throws {
    let text = SmallScenario.text
      .replacing("ssid: Hill", with: "ssid_hex: 00fFe9")
      .replacing("network: Hill", with: "network_hex: 00FFE9")
    let scenario = try ScenarioFile.parse(text, file: "small.yaml")[0]
    #expect(scenario.homes[0].networks[0].ssid.bytes == [0, 255, 233])
    #expect(scenario.devices[0].network.bytes == [0, 255, 233])
  }

  @Test func `a claim is of everybody, of devices or of an owner`() throws {
    let scenario = try SmallScenario.reading(
      """
      steps: [{ mark: a }, { mark: b }]
      claims:
        - { count: dead_tokens_accepted, exactly: 0, since: a, until: b }
        - { count: relink_requests, of: cameras, at_most: 2 }
        - { count: logins, of: ada@example.org, at_least: 1 }
        - { measure: peak_percent, at_most: 300, since: a }
        - { seconds_until_back: 99, at_most: 600, since: b }
        - { measure: most_requests_per_device, at_most: 20, since: b }
      """)
    #expect(
      scenario.claims.map(\.quantity) == [
        .counter(.deadTokensAccepted), .counter(.relinkRequests), .counter(.logins), .peakPercent,
        .secondsUntilBack(percent: 99), .mostRequestsPerDevice,
      ])
    #expect(
      scenario.claims.prefix(3).map(\.of) == [
        .everybody, .devices(.kind(.camera)), .owner("ada@example.org"),
      ])
    #expect(
      scenario.claims.prefix(3).map(\.bound) == [.exactly(0), .atMost(2), .atLeast(1)])
    #expect(scenario.claims[0].since == "a")
    #expect(scenario.claims[0].until == "b")
  }

  @Test(arguments: [
    ("500ms", Duration.milliseconds(500)), ("4s", .seconds(4)), ("10m", .seconds(600)),
    ("2h", .seconds(7_200)), ("1d", .seconds(86_400)), ("-3s", .seconds(-3)),
    ("365250d", .seconds(365_250 * 86_400)),
  ])
  func `durations have a unit`(text: String, duration: Duration) {
    #expect(DurationText.read(text) == .duration(duration))
    #expect(DurationText.text(of: duration) == text)
  }

  @Test(arguments: ["", "s", "5", "1.5s", "1 s", "--1s", "-", "5w", "٣s"])
  func `what has no unit is no duration`(text: String) {
    #expect(DurationText.read(text) == .noDuration)
  }

  @Test(arguments: ["365251d", "99999999999999999999d", "9223372036854775807d", "-365251d"])
  func `more than a thousand years is too long`(text: String) {
    #expect(DurationText.read(text) == .tooLong)
  }
}

/// A small scenario that is right, for tests that add to it.
enum SmallScenario {
  /// 17 lines.
  static let text = """
    scenario: small
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
      - { nickname: attic, kind: scale, model: scale-1, firmware: 1.0.0,
          owner: ada@example.org, network: Hill }
      - { nickname: porch, kind: camera, model: cam-1,
          firmware: 2.0.0,
          owner: ada@example.org,
          network: Hill }
    """

  static func reading(_ addition: String) throws -> Scenario {
    try ScenarioFile.parse(self.text + "\n" + addition, file: "small.yaml")[0]
  }
}
