import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct CloudOutageTests {
  /// A commit takes three seconds, so that a crash can come between handling and commit.
  private func slow(_ actions: [Action]) -> Scenario {
    var scenario = Scenario.oneHome(actions)
    scenario.cloud.commitTime = .seconds(3)
    scenario.timing.heartbeat = .seconds(3_600)
    return scenario
  }

  @Test func `a crash loses what is not durable and nothing else`() throws {
    let play = try Play(
      self.slow([
        .wait(seconds: 20), .use(.porch, times: 1), .wait(seconds: 10),
        .expect(.porch, .recordings(1)),
        .use(.porch, times: 1), .wait(seconds: 1), .expect(.porch, .recordings(2)),
        .cloud(.crash), .expect(.porch, .recordings(1)), .wait(.milliseconds(500)),
        .expect(.porch, .session(.live)),
        .expect(.porch, .binding("ada@example.org")),
        .expect(.porch, .recordings(2), .within(.seconds(30))),
        .expect(.all, .everythingRecorded),
      ]))
    #expect(play.failures == [])
    #expect(play.entries("porch", "name motions, outcome sent").count == 3)
    #expect(play.number(.sessions, of: "porch") == 1)
  }

  @Test func `what is durable when it crashes is kept`() throws {
    let play = try Play(
      self.slow([
        .wait(seconds: 20), .use(.porch, times: 1), .wait(.milliseconds(3_100)),
        .cloud(.crash), .expect(.porch, .recordings(1), .throughout(.seconds(10))),
      ]))
    #expect(play.failures == [])
  }

  @Test func `it is back a second after a crash, and stays away when it is stopped`() throws {
    let play = try Play(
      .oneHome([
        .cloud(.crash), .online(.all), .cloud(.stop), .wait(seconds: 1),
        .expect(.all, .state(.offline), .throughout(.seconds(60))), .cloud(.start), .online(.all),
      ]))
    #expect(play.failures == [])
    let crashed = try #require(play.entries("cloud", "crashed").first).milliseconds
    #expect(play.entries("cloud", "started").first?.milliseconds == crashed + 1_000)
    let stopped = try #require(play.entries("cloud", "stopped").first).milliseconds
    #expect(
      play.entries("porch", "outcome failed").contains {
        $0.milliseconds > stopped && $0.words.contains("failed refused")
      })
  }

  @Test func `a restore brings back what was there at the copy, and all must log in again`() throws
  {
    let play = try Play(
      .oneHome([
        .use(.porch, times: 1), .wait(seconds: 5), .cloud(.backUp), .use(.porch, times: 1),
        .wait(seconds: 5), .expect(.porch, .recordings(2)), .cloud(.restore),
        .expect(.all, .binding("ada@example.org")),
        .expect(.all, .session(.dead)), .look(.all), .wait(seconds: 60),
        .expect(Demand(.owners(.all), [.loggedIn(false)])),
        .logIn(.all), .online(.all), .expect(.all, .session(.live)),
        .expect(.porch, .recordings(1)),
      ]))
    #expect(play.failures == [])
    #expect(play.number(.relinks, of: "porch") == 1)
    #expect(play.number(.pairings, of: "porch") == 1)
  }

  /// Sixteen requests at once from four devices of one second's work.
  private func busy(capacity: Int?, queue: Int, retryAfter: Duration? = nil) -> Scenario {
    var scenario = Scenario(name: "busy")
    var fleet = Scenario.Fleet(count: 40, model: "cam-1", firmware: "2.0.0")
    fleet.relinkPolicy = .silent
    scenario.fleet = fleet
    scenario.cloud.capacityPerSecond = capacity
    scenario.cloud.queueLimit = queue
    scenario.cloud.retryAfter = retryAfter
    scenario.cloud.commitTime = .zero
    scenario.timing.heartbeat = .seconds(3_600)
    scenario.steps = [
      .wait(seconds: 600), .pair(.fleet, .init()),
      .expect(.fleet, .state(.online), .within(.seconds(600))),
    ].map { Step($0) }
    return scenario
  }

  @Test func `a cloud of limited capacity serves one after another`() throws {
    let free = try Play(self.busy(capacity: nil, queue: 1_000))
    let limited = try Play(self.busy(capacity: 10, queue: 1_000))
    #expect(free.failures == [] && limited.failures == [])
    #expect(free.world.storm.refused == 0 && limited.world.storm.refused == 0)
    func answersPerSecond(_ play: Play) -> Int {
      var counts: [UInt64: Int] = [:]
      for entry in play.journal where entry.words.contains("name pair, outcome ok") {
        counts[entry.milliseconds / 1_000, default: 0] += 1
      }
      return counts.values.max() ?? 0
    }
    #expect(answersPerSecond(free) > 20)
    #expect(answersPerSecond(limited) <= 11)
  }

  @Test func `who would wait behind too many is refused, and may be told when to come back`() throws
  {
    let play = try Play(self.busy(capacity: 10, queue: 5))
    #expect(play.failures == [])
    #expect(play.world.storm.refused > 20)
    let refused = play.journal.filter { $0.words.contains("outcome refused 503") }
    #expect(refused.count > 5)
    let told = try Play(self.busy(capacity: 10, queue: 5, retryAfter: .seconds(30)))
    for device in 1...40 {
      let requests = told.requests("pair", of: "fleet-\(device)")
      for (one, next) in zip(requests, requests.dropFirst())
      where one.outcome.hasPrefix("refused 503") {
        #expect(next.sent - one.ended >= 30_000)
      }
    }
  }
}
