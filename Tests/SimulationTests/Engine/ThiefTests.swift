import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct ThiefTests {
  /// A window of 30 s, and tokens that live for a minute.
  private func play(_ actions: [Action]) throws -> Play {
    var scenario = Scenario.oneHome(actions)
    scenario.cloud.rotationWindow = .seconds(30)
    scenario.cloud.accessTokenLifetime = .seconds(3_600)
    return try Play(scenario)
  }

  private func replay(_ name: String, _ answer: Action.ReplayAnswer, atOnce: Int = 1) -> Action {
    .replay(name, atOnce: atOnce, expecting: answer)
  }

  private static let steal = Action.steal(from: .owner("ada@example.org"), as: "copy")

  @Test func `within the window a copy is accepted, and kills nothing`() throws {
    let play = try self.play([
      Self.steal, .refresh(.ada, atOnce: 1), .wait(seconds: 5),
      self.replay("copy", .accepted, atOnce: 3), .wait(seconds: 10),
      .expect(Demand(.owners(.ada), [.loggedIn(true)])),
    ])
    #expect(play.failures == [])
    #expect(play.world.counters.total(.replays) == 0)
    #expect(play.entries("thief", "answers accepted accepted accepted").count == 1)
  }

  @Test func `after the window it kills that session, and no other`() throws {
    let play = try self.play([
      Self.steal, .steal(from: .device("porch"), as: "flash"), .refresh(.ada, atOnce: 1),
      .wait(seconds: 60), .look(.ada), .wait(seconds: 5), self.replay("copy", .replayed),
      .look(.ada), .wait(seconds: 10),
      .expect(Demand(.owners(.ada), [.loggedIn(false)])), .expect(.all, .session(.live)),
    ])
    #expect(play.failures == [])
    #expect(play.world.counters.total(.replays) == 1)
  }

  @Test func `a copy of a logged-out token is of no use and harms nobody`() throws {
    let play = try self.play([
      .steal(from: .device("porch"), as: "flash"), Self.steal,
      .logOut(.kind(.camera), reason: "drill"), self.replay("flash", .loggedOut),
      .logOut(.session("ada@example.org"), reason: "drill"), self.replay("copy", .loggedOut),
      .wait(seconds: 10), .expect(.bathroom, .session(.live)),
    ])
    #expect(play.failures == [])
    #expect(play.world.counters.total(.replays) == 0)
  }

  @Test func `a copy of a session that was signed out of is answered so`() throws {
    let play = try self.play([
      Self.steal, .signOut(.ada), .wait(seconds: 5), self.replay("copy", .sessionEnded),
    ])
    #expect(play.failures == [])
  }

  @Test func `another answer than expected is a failure with what was seen`() throws {
    let play = try self.play([Self.steal, self.replay("copy", .replayed)])
    #expect(play.outcome.verdicts.last?.claim == "the copy copy is answered replayed")
    #expect(play.failures == ["it was answered accepted"])
    let several = try self.play([Self.steal, self.replay("copy", .loggedOut, atOnce: 2)])
    #expect(several.failures == ["it was answered accepted, accepted"])
  }

  @Test func `where there is nothing to steal the run ends, unless chance has drawn it`() throws {
    let steps: [Action] = [
      .signOut(.ada), .wait(seconds: 5), Self.steal, self.replay("copy", .accepted),
      .wait(seconds: 5),
    ]
    #expect(try self.play(steps).failures == ["ada@example.org has no tokens to steal"])
    var drawn = Scenario.oneHome(steps)
    drawn.isDrawn = true
    let play = try Play(drawn)
    #expect(play.failures == [])
    #expect(play.entries("thief").isEmpty)
  }
}
