import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct WeatherTests {
  /// The porch sees something each minute, in this weather.
  private func play(
    count: Int = 30, _ change: (inout Scenario.NetworkWeather) -> Void
  ) throws -> Play {
    let uses = (0..<count).flatMap { _ in [Action.use(.porch, times: 1), .wait(seconds: 60)] }
    var scenario = Scenario.oneHome(
      uses + [.heal, .wait(seconds: 60), .expect(.porch, .everythingRecorded)])
    change(&scenario.weather)
    // Weather may strike the pairing, too.
    scenario.steps[1] = Step(
      .expect(.all, .state(.online), .within(.seconds(1_200))))
    return try Play(scenario)
  }

  @Test func `latency and commit are what an answer takes`() throws {
    let play = try self.play {
      $0.latency = .milliseconds(200)
      $0.jitter = .zero
    }
    let before = play.requests("motions", of: "porch").dropLast()
    #expect(before.count == 29)
    #expect(before.allSatisfy { $0.time == 402 })
  }

  @Test func `jitter adds up to so much on each way`() throws {
    let play = try self.play {
      $0.latency = .milliseconds(200)
      $0.jitter = .milliseconds(300)
    }
    let times = play.requests("motions", of: "porch").dropLast().map(\.time)
    #expect(times.allSatisfy { (402...1_002).contains($0) }, "\(times)")
    #expect(Set(times).count > 20)
    #expect(times.contains { $0 < 600 } && times.contains { $0 > 700 })
  }

  @Test func `a lost request is waited for in vain`() throws {
    let play = try self.play { $0.lostRequestsPermille = 300 }
    let lost = play.entries("porch", "lost motions request").map(\.milliseconds)
    let failed = play.requests("motions", of: "porch").filter { !$0.isFine }
    #expect(lost.count > 3)
    #expect(failed.map(\.sent) == lost)
    #expect(failed.allSatisfy { $0.outcome == "failed timedOut" && $0.time == 15_000 })
    #expect(play.failures == [])
  }

  @Test func `a lost response is waited for in vain, and its request was heard`() throws {
    let play = try self.play { $0.lostResponsesPermille = 300 }
    let lost = play.entries("porch", "lost motions response")
    let failed = play.requests("motions", of: "porch").filter { !$0.isFine }
    #expect(lost.count > 3)
    #expect(failed.count == lost.count)
    #expect(failed.allSatisfy { $0.outcome == "failed timedOut" && $0.time == 15_000 })
    #expect(play.failures == [])
  }

  @Test func `a truncated response breaks the connection`() throws {
    let play = try self.play { $0.truncatedResponsesPermille = 300 }
    let cut = play.entries("porch", "cut motions response")
    let failed = play.requests("motions", of: "porch").filter { !$0.isFine }
    #expect(cut.count > 3)
    #expect(failed.count == cut.count)
    #expect(failed.allSatisfy { $0.outcome == "failed reset" })
    #expect(play.failures == [])
  }

  @Test func `a doubled request arrives twice and is recorded once`() throws {
    let play = try self.play { $0.duplicatedRequestsPermille = 300 }
    #expect(play.entries("porch", "doubled motions request").count > 3)
    #expect(play.requests("motions", of: "porch").allSatisfy { $0.isFine })
    #expect(play.failures == [])
  }

  @Test func `a half-open stream is noticed after 45 seconds of silence`() throws {
    let play = try self.play(count: 10) { $0.halfOpenStreamsPermille = 1_000 }
    let broken = play.entries("porch", "half-open").map(\.milliseconds)
    let noticed = play.entries("porch", "name stream, outcome failed timedOut").map(\.milliseconds)
    #expect(broken.count >= 8)
    #expect(noticed == Array(broken.map { $0 + 45_000 }.prefix(noticed.count)))
    #expect(noticed.count >= broken.count - 1)
    #expect(play.failures == [])
  }

  /// The device cannot hear of a logout over a stream that is broken.
  @Test func `nothing comes over a half-open stream`() throws {
    var scenario = Scenario.oneHome([
      .wait(seconds: 60), .logOut(.everyone, reason: "drill"),
      .expect(.porch, .state(.online), .throughout(.seconds(20))),
    ])
    scenario.weather.halfOpenStreamsPermille = 1_000
    scenario.timing.heartbeat = .seconds(3_600)
    #expect(try Play(scenario).failures == [])
    scenario.weather.halfOpenStreamsPermille = 0
    #expect(try Play(scenario).failures == ["porch has state loggedOut"])
  }

  @Test func `calm weather strikes nobody, and healing ends it`() throws {
    let calm = try self.play(count: 5) { _ in }
    #expect(!calm.journal.contains { $0.event == "network" })
    var scenario = Scenario.oneHome([.heal, .use(.all, times: 5), .wait(seconds: 300)])
    scenario.weather.lostRequestsPermille = 600
    scenario.steps[1] = Step(.expect(.all, .state(.online), .within(.seconds(1_200))))
    let play = try Play(scenario)
    let healed = try #require(play.entries("lab", "action heal").first).milliseconds
    #expect(!play.journal.contains { $0.event == "network" && $0.milliseconds > healed })
    #expect(play.journal.contains { $0.event == "network" })
  }
}
