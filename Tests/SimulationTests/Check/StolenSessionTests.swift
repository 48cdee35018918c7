import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

/// A session that is killed as stolen must have been stolen (rule 3).
@Suite struct StolenSessionTests {
  private static let steal = Action.steal(from: .owner("ada@example.org"), as: "copy")
  private static let refreshes: [Action] = [
    .refresh(.ada, atOnce: 1), .wait(seconds: 2), .look(.ada), .wait(seconds: 2),
  ]

  private func world(_ actions: [Action]) throws -> World {
    var scenario = Scenario.oneHome(actions)
    scenario.cloud.rotationWindow = .seconds(1)
    var world = try World(scenario, seed: 1, firmware: .builtIn)
    let outcome = world.run()
    #expect(outcome.passed)
    return world
  }

  /// An app presents a token that it had before the present one, which an honest one never does.
  private func presentOldToken(stolenBefore: Bool) throws -> Violation? {
    let before = stolenBefore ? [Self.steal] : []
    let old = try #require(try self.world(before).apps[0].tokens?.refresh)
    var world = try self.world(before + Self.refreshes)
    #expect(world.apps[0].tokens?.refresh != old)
    world.apps[0].tokens?.refresh = old
    world.director = Director(.oneHome([]))
    world.director.waiting = .nothing
    world.director.next = 2
    world.ask(0, .refresh)
    world.wait(5_000)
    _ = world.run()
    #expect(world.counters.total(.replays) == 1)
    return world.violation
  }

  @Test func `its own client killed it, and nobody stole it`() throws {
    let violation = try #require(try self.presentOldToken(stolenBefore: false))
    #expect(violation.rule == 3)
    #expect(violation.seen.contains("ada@example.org is taken for stolen"))
  }

  @Test func `a thief has had one of its tokens`() throws {
    #expect(try self.presentOldToken(stolenBefore: true) == nil)
  }

  /// The network held a copy of the request back for longer than the window: no cloud can tell that
  /// from a thief.
  @Test func `a request that nobody waits for any more is no client's doing`() throws {
    var world = try self.world(Self.refreshes)
    let session = try #require(world.apps[0].tokens?.session)
    let late = Exchange(
      client: .app(0), request: .refresh(token: "old", kind: .app), kind: .refresh, sentAt: 0,
      isAwaited: false)
    world.sessionIsTakenForStolen(session, by: late)
    #expect(world.violation == nil)
    late.isAwaited = true
    world.sessionIsTakenForStolen(session, by: late)
    #expect(world.violation?.rule == 3)
  }
}
