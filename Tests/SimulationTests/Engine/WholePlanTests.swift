import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct WholePlanTests {
  /// Two homes, and a step of each kind.
  private static let scenario: Scenario = {
    var router = Scenario.Network(
      ssid: .named("Hill 2"), security: .sae, passphrase: Array("another secret".utf8))
    router.signalDBm = -40
    var scenario = Scenario.twoHomes([
      .stage("Tokens"), .mark("begin"), .use(.all, times: 2), .look(.all), .wait(seconds: 90),
      .refresh(.all, atOnce: 3), .steal(from: .owner("ada@example.org"), as: "copy"),
      .replay("copy", atOnce: 2, expecting: .accepted),
      .stage("Trouble"), .fault(.refresh, of: .devices(.porch), .afterCommit, times: 1),
      .cutPower("bathroom", during: .afterByte(24)), .wait(seconds: 90),
      .power(.devices(.bathroom), isOn: true), .power(.home("Harbour"), isOn: false),
      .wait(seconds: 10), .power(.home("Harbour"), isOn: true), .reach(.porch, isInReach: false),
      .wait(seconds: 10), .reach(.porch, isInReach: true),
      .network(home: "Harbour", ssid: .named("Quay"), .routerDown), .wait(seconds: 10),
      .clock(device: "quay", by: .seconds(-600)), .clock(device: nil, by: .seconds(5)), .heal,
      .online(.all), .cloud(.backUp), .cloud(.crash), .online(.all),
      .stage("Other owners, other networks"), .reset(.porch), .wait(seconds: 30),
      .expect(.porch, .state(.factory)),
      .makeToken(name: "kept", owner: "ada@example.org", relinkPolicy: .silent),
      .wait(seconds: 5), .show(token: "kept", to: "porch", .init()), .online(.porch),
      .replaceRouter(home: "Hillside", ssid: .named("Hill"), with: router), .wait(seconds: 5),
      .changeNetwork(.named(["porch", "bathroom"]), to: .named("Hill 2")), .online(.all),
      .remove(.named(["quay"])), .wait(seconds: 60), .expect(.named(["quay"]), .session(.none)),
      .stage("Everybody out"), .logOut(.everyone, reason: "drill"), .wait(seconds: 60),
      .signOut(.ada), .logIn(.all),
      .expect(
        Demand(
          .devices(.named(["porch", "bathroom"])), [.state(.online), .everythingRecorded],
          .within(.seconds(120)))),
      .mark("end"),
    ])
    scenario.cloud.accessTokenLifetime = .seconds(60)
    return scenario
  }()

  @Test func `it has steps of each kind, in an order that is possible`() {
    #expect(Set(Self.scenario.steps.map(\.action.kind)) == Set(ActionKind.allCases))
    #expect(Self.scenario.problems() == [])
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `two homes with steps of each kind come to the end`(seed: UInt64) throws {
    let play = try Play(Self.scenario, seed: seed)
    #expect(play.failures == [])
    let steps = play.entries("lab", "step: action").count
    #expect(steps == Self.scenario.steps.count)
  }

  @Test func `a scenario and a seed are one journal, and another seed is another`() throws {
    let first = try Play(Self.scenario, seed: 7)
    #expect(try #require(first.digest).count == 64)
    #expect(try Play(Self.scenario, seed: 7).digest == first.digest)
    #expect(try Play(Self.scenario, seed: 7).outcome == first.outcome)
    #expect(try Play(Self.scenario, seed: 8).digest != first.digest)
  }

  @Test func `the digest is that of the lines`() throws {
    let play = try Play(.oneHome(), seed: 7)
    let again = Log(.digest)
    for entry in play.journal { again.write(entry) }
    #expect(again.digest == play.digest)
    #expect(Log().digest == nil)
    #expect(!Log().isOn)
    let lines = play.journal.map { String(decoding: $0.json, as: UTF8.self) }
    #expect(lines.first == #"{"at":0,"who":"porch","event":"booted"}"#)
    #expect(!lines.contains { $0.contains("\n") })
  }

  /// Rule 10.
  @Test func `no token, password or passphrase is in a journal`() throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let play = try Play(Self.scenario, seed: seed)
      let text = play.journal.map { String(decoding: $0.json, as: UTF8.self) }
        .joined(separator: "\n")
      #expect(!text.contains("long enough"))
      #expect(!text.contains("secret"))
      #expect(text.firstMatch(of: /rl[a-z]+_[A-Za-z0-9_-]{8}/) == nil)
      for app in play.world.apps {
        let tokens = try #require(app.tokens)
        #expect(!text.contains(tokens.access) && !text.contains(tokens.refresh))
      }
    }
  }

  @Test func `what cannot be made is an error`() {
    let changes: [(inout Scenario) -> Void] = [
      { $0.devices[0].firmware = "9.9.9" }, { $0.devices[0].owner = "nobody@example.org" },
      { $0.owners[0].home = "nowhere" },
      { $0.fleet = .init(count: 1, model: "toaster", firmware: "2.0.0") },
    ]
    for (index, change) in changes.enumerated() {
      var scenario = Scenario.oneHome()
      change(&scenario)
      #expect(throws: WorldError.self, "change \(index)") { try Play(scenario) }
    }
  }

  @Test func `a run that takes too many events has failed`() throws {
    var world = try World(
      .oneHome([.wait(seconds: 86_400)]), seed: 1, firmware: .builtIn, eventLimit: 500)
    let outcome = world.run()
    #expect(outcome.failure == "it was not at its end after 500 events")
    #expect(!outcome.passed)
    #expect(outcome.statistics.events == 500)
  }
}
