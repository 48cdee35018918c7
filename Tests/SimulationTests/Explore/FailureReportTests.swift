import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct FailureReportTests {
  /// The porch has recorded something when that is asked for; the rest does not matter.
  private static let failing = Scenario.twoHomes([
    .use(.bathroom, times: 3), .wait(seconds: 30), .use(.porch, times: 1),
    .network(home: "Harbour", ssid: .named("Quay"), .off), .wait(seconds: 5),
    .power(.devices(.porch), isOn: false), .use(.bathroom, times: 1), .wait(seconds: 5),
    .expect(.porch, .recordings(0)), .use(.all, times: 1),
  ])

  private func report(_ scenario: Scenario, shrinks: Bool) throws -> FailureReport? {
    try FailureReport.make(scenario, seed: 3, firmware: .builtIn, shrinks: shrinks)
  }

  @Test func `there is none of a scenario that passes`() throws {
    #expect(try self.report(.twoHomes(), shrinks: true) == nil)
  }

  @Test func `it tells what failed and what led there`() throws {
    let report = try #require(try self.report(Self.failing, shrinks: false))
    #expect(report.failure == .claim("porch has 0 recordings in the cloud"))
    #expect(report.shrunk == nil)
    #expect(report.outcome.verdicts.last?.failure == "porch has 1 recordings")
    #expect(report.outcome.seed == 3)
    #expect(report.lastEvents.count == 30)
    #expect(report.lastEvents.last?.words.contains("failed: claim porch has 0 recordings") == true)
    let times = report.lastEvents.map(\.milliseconds)
    #expect(times == times.sorted())
  }

  @Test func `the shrunk scenario fails in the same way, under the same seed`() throws {
    let report = try #require(try self.report(Self.failing, shrinks: true))
    let (scenario, runCount) = try #require(report.shrunk)
    let kinds = scenario.steps.map(\.action.kind)
    #expect(kinds.count <= 5)
    #expect(kinds.first == .pair && kinds.contains(.use) && kinds.last == .expect)
    #expect(scenario.devices.map(\.nickname) == ["porch"])
    #expect(runCount > 3)
    let play = try Play(scenario, seed: 3)
    #expect(Shrinker.Failure(play.outcome) == report.failure)
    #expect(play.outcome.verdicts == report.outcome.verdicts)
  }

  /// Of a rule that was broken the events of those whom it concerns, and of the cloud and the lab.
  @Test func `only those concerned are in its last events`() throws {
    let scenario = Scenario.twoHomes([
      .fault(.measurements, of: .anybody, .beforeCommit), .use(.all, times: 1),
      .wait(seconds: 5), .expect(.all, .settled),
    ])
    let report = try #require(try self.report(scenario, shrinks: false))
    #expect(report.failure == .rule(8))
    #expect(report.lastEvents.last?.words.contains("rule 8") == true)
  }
}
