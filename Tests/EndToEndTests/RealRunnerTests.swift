import CloudCore
import DeviceProtocol
import Scenarios
import Simulation
import Testing

/// What a run on real processes finds out, step by step.
@Suite(.serialized)
struct RealRunnerTests {
  private static let ada = "ada@example.org"
  private static let grace = "grace@example.org"

  /// Ada's home with a camera and a scale.
  private static func scenario(
    binding: BindingPolicy = .strong, _ steps: [Action], claims: [Claim] = []
  ) throws -> Scenario {
    var scenario = Scenario(name: "a test")
    let ssid = try #require(SSID(Array("Hillside".utf8)))
    scenario.cloud.accessTokenLifetime = .seconds(5)
    scenario.cloud.rotationWindow = .seconds(1)
    scenario.cloud.relinkInterval = .seconds(1)
    scenario.cloud.binding = binding
    scenario.timing.heartbeat = .seconds(2)
    scenario.timing.backoffBase = .milliseconds(200)
    scenario.timing.backoffCap = .seconds(2)
    scenario.homes = [
      .init(
        name: "Hillside",
        networks: [
          .init(ssid: ssid, security: .wpa2, passphrase: Array("correct horse".utf8))
        ])
    ]
    scenario.owners = [
      .init(email: Self.ada, password: "analytical-engine", home: "Hillside"),
      .init(email: Self.grace, password: "nanoseconds-of-wire", home: "Hillside"),
    ]
    scenario.devices = [
      .init(
        nickname: "porch", kind: .camera, model: "cam-1", firmware: "2.0.0", owner: Self.ada,
        network: ssid),
      .init(
        nickname: "bathroom", kind: .scale, model: "scale-1", firmware: "1.0.0", owner: Self.ada,
        network: ssid),
    ]
    scenario.steps = steps.enumerated().map { Step($1, line: $0 + 1) }
    scenario.claims = claims
    return scenario
  }

  private static func online(_ selection: DeviceSelection = .all) -> Action {
    .expect(
      Expectation(.devices(selection), [.state(.online), .session(.live)], .within(.seconds(15))))
  }

  /// The lines whose verdicts did not hold; nil stands for what holds in every scenario.
  private static func broken(_ outcome: Outcome) -> [Int?] {
    outcome.verdicts.filter { !$0.held }.map(\.line)
  }

  @Test(.timeLimit(.minutes(5)))
  func `a wrong passphrase, a cloud that is down and a router that is replaced are survived`()
    async throws
  {
    let ssid = try #require(SSID(Array("Hillside".utf8)))
    let newSSID = try #require(SSID(Array("Hillside 2".utf8)))
    var wrong = Action.Pairing()
    wrong.passphrase = Array("wrong horse".utf8)
    let porch = DeviceSelection.named(["porch"])
    let outcome = try await play(
      Self.scenario([
        .pair(porch, wrong),
        .expect(Expectation(.devices(porch), [.wifi(.wrongPassphrase)], .within(.seconds(10)))),
        .pair(.all, .init()), Self.online(),
        .cloud(.backUp), Self.online(),
        .cloud(.crash), Self.online(),
        .network(home: "Hillside", ssid: ssid, .noInternet),
        .expect(Expectation(.devices(.all), [.state(.offline)], .within(.seconds(20)))),
        .use(.all, times: 2),
        .heal, Self.online(),
        .expect(Expectation(.devices(.all), [.everythingRecorded], .within(.seconds(10)))),
        .replaceRouter(
          home: "Hillside", ssid: ssid,
          with: .init(ssid: newSSID, security: .sae, passphrase: Array("new".utf8))),
        .expect(Expectation(.devices(.all), [.state(.offline)], .within(.seconds(20)))),
        .changeNetwork(.all, to: newSSID), Self.online(),
        .cloud(.restore),
        .logIn(.all), Self.online(),
      ]))
    #expect(outcome.passed, "\(outcome)")
  }

  @Test(.timeLimit(.minutes(5)))
  func `a device goes from owner to owner, and each logout covers whom it says`() async throws {
    let porch = DeviceSelection.named(["porch"])
    var graces = Action.Pairing()
    graces.owner = Self.grace
    let outcome = try await play(
      Self.scenario(
        [
          .pair(.all, .init()), Self.online(), .use(.all, times: 1),
          .makeToken(name: "t", owner: Self.grace, relinkPolicy: .silent),
          .show(token: "t", to: "porch", .init()),
          .expect(Expectation(.devices(porch), [.payload(.notReady)], .within(.seconds(10)))),
          .logOut(.device("porch"), reason: "a test"), Self.online(),
          .logOut(.session(Self.grace), reason: "a test"),
          .expect(Expectation(.owners(.named([Self.grace])), [.loggedIn(false)])),
          .logIn(.named([Self.grace])),
          .logOut(.kind(.scale), reason: "a test"), Self.online(),
          .remove(porch),
          .expect(Expectation(.devices(porch), [.binding(nil), .recordings(0)])),
          .reset(porch),
          .expect(Expectation(.devices(porch), [.state(.factory)], .within(.seconds(10)))),
          .pair(porch, graces), Self.online(),
          .expect(Expectation(.devices(porch), [.binding(Self.grace)])),
          .use(.all, times: 1),
          .expect(Expectation(.devices(.all), [.everythingRecorded], .within(.seconds(10)))),
          .signOut(.named([Self.grace])),
          .expect(Expectation(.owners(.named([Self.grace])), [.loggedIn(false)])),
          .refresh(.named([Self.ada]), atOnce: 4),
        ], claims: [Claim(.counter(.sessions), of: .owner(Self.grace), .exactly(2))]))
    #expect(outcome.passed, "\(outcome)")
  }

  @Test(.timeLimit(.minutes(5)))
  func `what is not so is told with its line, and with what was seen`() async throws {
    let porch = DeviceSelection.named(["porch"])
    let outcome = try await play(
      Self.scenario(
        [
          .pair(porch, .init()), Self.online(porch),
          .expect(Expectation(.devices(.all), [.state(.online)])),
          .expect(Expectation(.devices(porch), [.binding(Self.grace)])),
          .steal(from: .device("porch"), as: "copy"),
          .replay("copy", atOnce: 1, expecting: .loggedOut),
          .mark("end of the steps"),
          .power(.home("Hillside"), isOn: false),
          .expect(Expectation(.devices(porch), [.state(.offline)], .throughout(.seconds(1)))),
        ],
        claims: [
          Claim(.counter(.boots), of: .devices(.all), .exactly(1)),
          Claim(.counter(.pairings), of: .devices(.all), .exactly(1)),
          Claim(.counter(.deadTokensAccepted), of: .everybody, .exactly(0)),
        ]))
    #expect(outcome.failure == nil)
    #expect(Self.broken(outcome).compactMap(\.self) == [3, 4, 6, 9])
    let failures = outcome.verdicts.compactMap(\.failure)
    #expect(failures.contains("bathroom is as it left the factory"))
    #expect(failures.contains("porch belongs to ada@example.org"))
    #expect(failures.contains("bathroom: 0"))
    #expect(failures.contains("everybody: 1"))
  }

  @Test func `what the real way can't do is told before anything is started`() async throws {
    let runner = RealRunner(programs: try Programs.beside())
    let outcome = await runner.run(
      try Self.scenario([.clock(device: nil, by: .seconds(3_600))]), seed: 1)
    #expect(
      outcome.failure
        == "line 1: the real way has no clock that jumps; run it the virtual way")
    #expect(outcome.statistics.events == 0)
  }
}
