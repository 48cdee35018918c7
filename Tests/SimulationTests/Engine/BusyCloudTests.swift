import DeviceProtocol
import Testing

@testable import Simulation

/// A cloud with a queue, and one that is slow.
@Suite struct BusyCloudTests {
  private static func fleet(_ count: Int, _ actions: [Action]) -> Scenario {
    var scenario = Scenario(name: "a fleet")
    scenario.fleet = Scenario.Fleet(count: count, model: "cam-1", firmware: "2.0.0")
    scenario.fleet?.isPaired = true
    scenario.timing.heartbeat = .seconds(86_400)
    scenario.steps = actions.map { Step($0) }
    return scenario
  }

  @Test func `who waits in the queue of a cloud that crashes is cut off with it`() throws {
    var scenario = Self.fleet(
      20,
      [
        .wait(seconds: 60), .logOut(.everyone, reason: "a test"), .wait(seconds: 3),
        .cloud(.crash), .wait(.milliseconds(500)),
      ])
    scenario.cloud.capacityPerSecond = 1
    let play = try Play(scenario)
    #expect(play.failures == [])
    let crash = try #require(play.entries("cloud", "crashed").first).milliseconds
    let cut = play.journal.filter {
      $0.milliseconds >= crash && $0.words.contains("name relink, outcome failed reset")
    }
    #expect(cut.count >= 3, "\(cut.count)")
    // Nothing of what was sent to the old process is answered by the new one.
    for nickname in (1...20).map({ "fleet-\($0)" }) {
      #expect(
        play.requests("relink", of: nickname).allSatisfy {
          $0.sent > crash || $0.ended <= crash + 1_000
        })
    }
  }

  @Test func `who comes when nobody is served waits for nothing, also without a queue`() throws {
    var scenario = Scenario.oneHome()
    scenario.cloud.capacityPerSecond = 10
    scenario.cloud.queueLimit = 0
    #expect(try Play(scenario).failures == [])
  }

  @Test func `a client gives up after 15 s, however long the cloud takes`() throws {
    var scenario = Self.fleet(1, [.wait(seconds: 7_200)])
    scenario.cloud.commitTime = .seconds(600)
    let play = try Play(scenario)
    let refreshes = play.requests("refresh", of: "fleet-1")
    #expect(refreshes.count > 1)
    #expect(refreshes.allSatisfy { $0.time == 15_000 && $0.outcome == "failed timedOut" })
  }

  @Test func `owners who cannot log in end the run`() throws {
    var scenario = Scenario.oneHome()
    scenario.cloud.commitTime = .seconds(20)
    let play = try Play(scenario)
    #expect(play.failures == ["ada@example.org could not log in within the first hour"])
  }

  @Test func `a cloud that is stopped while it restarts stays away`() throws {
    let play = try Play(
      .oneHome([
        .cloud(.crash), .cloud(.stop), .wait(seconds: 60), .expect(.all, .state(.offline)),
        .cloud(.start), .online(.all),
      ]))
    #expect(play.failures == [])
  }

  @Test func `a cloud that does not run logs nobody out, and the scenario says so`() throws {
    let steps: [Action] = [.cloud(.stop), .logOut(.everyone, reason: "a test"), .cloud(.start)]
    let play = try Play(.oneHome(steps))
    #expect(play.failures == ["the cloud does not run, and cannot log anybody out"])
    var drawn = Scenario.oneHome(steps + [.online(.all)])
    drawn.isDrawn = true
    let other = try Play(drawn)
    #expect(other.failures == [])
    #expect(other.number(.logouts, of: "porch") == 0)
  }

  @Test func `a device without power is not on line, and not back`() throws {
    var scenario = Self.fleet(
      10, [.mark("dark"), .power(.devices(.fleet), isOn: false), .wait(seconds: 60)])
    scenario.steps.append(Step(.expect(Expectation(.devices(.fleet), [.state(.online)]))))
    var claim = Claim(.percentBack(after: .seconds(1)), of: .everybody, .exactly(0))
    claim.since = "dark"
    scenario.claims = [claim]
    #expect(try Play(scenario).failures == ["0 of 10 are on line"])
  }

  @Test func `the doubled request of a link is that link's`() throws {
    var scenario = Self.fleet(3, [.wait(seconds: 600)])
    scenario.fleet?.alexaLinks = 3
    scenario.cloud.accessTokenLifetime = .seconds(60)
    scenario.weather.duplicatedRequestsPermille = 1_000
    scenario.claims = [Claim(.counter(.refreshes), of: .links, .atLeast(10))]
    #expect(try Play(scenario).failures == [])
  }

  @Test func `what is expected must be so also where a rule is broken on purpose`() throws {
    var scenario = Scenario.oneHome([
      .steal(from: .owner("ada@example.org"), as: "copy"),
      .replay("copy", atOnce: 1, expecting: .replayed), .wait(seconds: 1),
    ])
    scenario.brokenRule = 5
    #expect(
      try Play(scenario).failures == ["it was answered accepted", "no rule was seen broken"])
  }

  @Test func `a run that is told to end says that it was interrupted`() throws {
    var scenario = Scenario.oneHome([.wait(.seconds(86_400 * 365_000))])
    scenario.weather.halfOpenStreamsPermille = 1
    var world = try World(scenario, seed: 1, firmware: .builtIn)
    var questions = 0
    let outcome = world.run {
      questions += 1
      return questions == 3
    }
    #expect(outcome.failure == "interrupted" && outcome.isInterrupted && !outcome.passed)
    #expect(questions == 3)
  }
}
