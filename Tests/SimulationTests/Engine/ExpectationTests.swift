import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct ExpectationTests {
  private static let offline: [Action] = [.power(.devices(.porch), isOn: false)]

  /// What an expectation's verdict says, and when it came, in milliseconds after it was asked.
  private func judge(
    _ actions: [Action], _ expectation: Demand
  ) throws -> (failure: String?, milliseconds: UInt64) {
    let play = try Play(.oneHome(actions + [.expect(expectation), .wait(seconds: 9_999)]))
    let asked = try #require(play.entries("lab", "step: action expect").last).milliseconds
    let told = try #require(
      play.journal.last { $0.who == "lab" && ["held", "failed"].contains($0.event) })
    let verdict = try #require(play.outcome.verdicts.last)
    #expect((told.event == "held") == verdict.held)
    // What follows rests on it.
    #expect((play.outcome.statistics.milliseconds >= 9_999_000) == verdict.held)
    return (verdict.failure, told.milliseconds - asked)
  }

  private func expect(
    _ actions: [Action], _ expectation: Demand, _ failure: String?, after: ClosedRange<UInt64>
  ) throws {
    let judgement = try self.judge(actions, expectation)
    #expect(judgement.failure == failure)
    #expect(after.contains(judgement.milliseconds), "\(judgement.milliseconds) ms")
  }

  @Test func `now is at once, whichever way it goes`() throws {
    let online = Demand(.devices(.porch), [.state(.online)])
    try self.expect([], online, nil, after: 0...0)
    try self.expect(Self.offline, online, "porch has no power", after: 0...0)
  }

  @Test func `within waits as long as it may, and no longer`() throws {
    let online = Demand(.devices(.porch), [.state(.online)], .within(.seconds(30)))
    try self.expect([], online, nil, after: 0...0)
    let back: [Action] = Self.offline + [.power(.devices(.porch), isOn: true)]
    try self.expect(back, online, nil, after: 1...20_000)
    try self.expect(Self.offline, online, "porch has no power", after: 30_000...30_000)
  }

  @Test func `throughout is until its end, or until it is broken`() throws {
    let alone = Demand(.devices(.porch), [.recordings(0)], .throughout(.seconds(30)))
    let use = Action.use(.porch, times: 1)
    try self.expect([], alone, nil, after: 30_000...30_000)
    try self.expect([use], alone, "porch has 1 recordings", after: 1...1_000)
    try self.expect(Self.offline + [use], alone, nil, after: 30_000...30_000)
  }

  private static let conditions: [([Action], Demand.Condition, Bool)] = [
    ([], .state(.online), true), ([], .state(.loggedOut), false),
    ([], .binding("ada@example.org"), true), ([], .binding(nil), false),
    ([.remove(.porch), .wait(seconds: 5)], .binding(nil), true),
    ([.remove(.porch), .wait(seconds: 5)], .binding("ada@example.org"), false),
    ([], .binding("eve@example.org"), false),
    ([], .session(.live), true), ([], .session(.dead), false), ([], .session(.none), false),
    ([.logOut(.everyone, reason: "drill")], .session(.dead), true),
    ([.logOut(.everyone, reason: "drill")], .session(.live), false),
    ([.remove(.porch), .wait(seconds: 5)], .session(.none), true),
    ([], .payload(.accepted), true), ([], .payload(.malformed), false),
    ([], .wifi(.joined), true), ([], .wifi(.wrongPassphrase), false),
    ([], .recordings(0), true), ([], .recordings(1), false),
    ([.use(.porch, times: 3), .wait(seconds: 9)], .recordings(3), true),
    ([.use(.porch, times: 3), .wait(seconds: 9)], .everythingRecorded, true),
    (
      [
        .fault(.motions, of: .devices(.porch), .beforeCommit), .use(.porch, times: 1),
        .wait(seconds: 9),
      ], .everythingRecorded, false
    ),
    ([], .settled, true),
    (
      [.network(home: "Hillside", ssid: .named("Hill"), .noInternet), .wait(seconds: 60)], .settled,
      false
    ),
    ([.power(.devices(.porch), isOn: false)], .settled, true),
    ([], .loggedIn(true), false),
  ]

  @Test(arguments: Self.conditions)
  func `each condition of a device can hold and can fail`(
    actions: [Action], condition: Demand.Condition, holds: Bool
  ) throws {
    let play = try Play(.oneHome(actions + [.expect(.porch, condition)]))
    #expect(play.outcome.passed == holds, "\(play.failures)")
    if !holds { #expect(play.outcome.verdicts.contains { $0.failure?.hasPrefix("porch") == true }) }
  }

  @Test(arguments: [true, false]) func `an owner is logged in or out`(isLoggedIn: Bool) throws {
    let play = try Play(
      .twoHomes([
        .signOut(.ada), .wait(seconds: 5),
        .expect(Demand(.owners(.ada), [.loggedIn(isLoggedIn)])),
      ]))
    #expect(play.failures == (isLoggedIn ? ["ada@example.org is logged out"] : []))
    let both = try Play(
      .twoHomes([
        .signOut(.ada), .wait(seconds: 5),
        .expect(Demand(.owners(.all), [.loggedIn(isLoggedIn)])),
      ]))
    #expect(
      both.failures == [
        "\(isLoggedIn ? "ada" : "grace")@example.org is logged \(isLoggedIn ? "out" : "in")"
      ])
  }

  @Test func `all of several must be so, in all conditions`() throws {
    let play = try Play(
      .twoHomes([
        .power(.devices(.named(["quay"])), isOn: false),
        .expect(Demand(.devices(.all), [.binding("ada@example.org")])),
      ]))
    #expect(play.failures == ["quay has binding to grace@example.org"])
    let other = try Play(
      .oneHome([
        .expect(Demand(.devices(.all), [.state(.online), .recordings(1)]))
      ]))
    #expect(other.failures == ["porch has 0 recordings; bathroom has 0 recordings"])
  }

  @Test func `of a fleet only how many are on line is asked`() throws {
    var scenario = Scenario(name: "fleet")
    scenario.fleet = Scenario.Fleet(count: 3, model: "cam-1", firmware: "2.0.0")
    func failures(_ actions: [Action]) throws -> [String] {
      scenario.steps = ([.wait(seconds: 60)] + actions).map { Step($0) }
      return try Play(scenario).failures
    }
    #expect(try failures([.pair(.fleet, .init()), .online(.fleet)]) == [])
    #expect(try failures([.expect(.fleet, .state(.online))]) == ["0 of 3 are on line"])
    #expect(
      try failures([.expect(.fleet, .session(.live))]) == ["that cannot be asked of a fleet"])
  }

  /// Rule 6 is broken, or 8, not only an expectation.
  @Test func `a device that is not settled breaks a rule`() throws {
    let play = try Play(
      .oneHome([
        .network(home: "Hillside", ssid: .named("Hill"), .noInternet), .wait(seconds: 60),
        .expect(.all, .settled),
      ]))
    #expect(play.outcome.verdicts.last?.rule == 6)
    let lost = try Play(
      .oneHome([
        .fault(.measurements, of: .anybody, .beforeCommit), .use(.bathroom, times: 1),
        .wait(seconds: 5), .expect(.all, .settled),
      ]))
    #expect(lost.outcome.verdicts.last?.rule == 8)
  }

  /// Not from the words of what is seen.
  @Test func `which rule it is comes from what is wrong`() throws {
    var scenario = Scenario.oneHome([
      .network(home: "Hillside", ssid: .named("Hill"), .noInternet), .wait(seconds: 60),
      .expect(.all, .settled),
    ])
    scenario.devices[0].nickname = "measurement-camera"
    #expect(try Play(scenario).outcome.verdicts.last?.rule == 6)
    let motions = try Play(
      .oneHome([
        .fault(.motions, of: .anybody, .beforeCommit), .use(.porch, times: 1),
        .wait(seconds: 5), .expect(.porch, .settled),
      ]))
    #expect(motions.outcome.verdicts.last?.rule == 8)
  }

  /// Also when its clock jumps back onto the time of the one before.
  @Test func `each motion is another`() throws {
    let play = try Play(
      .oneHome([
        .use(.porch, times: 1), .clock(device: "porch", by: .milliseconds(-1)),
        .use(.porch, times: 60), .wait(seconds: 60), .use(.porch, times: 1),
        .wait(seconds: 10), .expect(.porch, .everythingRecorded),
      ]))
    #expect(play.failures == [])
  }
}
