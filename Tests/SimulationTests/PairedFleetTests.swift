import CloudCore
import DeviceCore
import DeviceProtocol
import Testing

@testable import Simulation

/// A fleet that is paired when a run begins.
struct PairedFleetTests {
  private static func scenario(_ steps: [Action]) -> Scenario {
    var scenario = Scenario(name: "a fleet")
    var fleet = Scenario.Fleet(count: 40, model: "cam-1", firmware: "2.0.0")
    fleet.isPaired = true
    fleet.alexaLinks = 6
    fleet.scales = 3
    fleet.ownersReturn = .seconds(3_600)
    scenario.fleet = fleet
    scenario.cloud.accessTokenLifetime = .seconds(86_400)
    scenario.timing.heartbeat = .seconds(86_400)
    scenario.steps = steps.map { Step($0) }
    return scenario
  }

  private static let isOnline = Action.expect(
    Expectation(.devices(.fleet), [.state(.online)]))

  /// A day in which tokens rotate, a logout of everybody, and two days after it.
  private static let incident = scenario([
    isOnline, .wait(.seconds(90_000)), isOnline, .mark("logout"),
    .logOut(.everyone, reason: "a test"), .wait(.seconds(172_800)), isOnline,
  ])

  private static func play(
    _ scenario: Scenario, checksRules: Bool?
  ) throws -> (world: World, outcome: Outcome) {
    var world = try World(
      scenario, seed: 7, firmware: .builtIn, log: Log(.digest), checksRules: checksRules)
    let outcome = world.run()
    return (world, outcome)
  }

  @Test(arguments: [true, false])
  func `all are on line at once, in the model's eyes too`(_ checksRules: Bool) throws {
    let (world, outcome) = try Self.play(
      Self.scenario([Self.isOnline]), checksRules: checksRules)
    #expect(outcome.passed, "\(outcome.failure ?? "") \(outcome.verdicts)")
    #expect(world.counters.total(.pairings) == 43)
    #expect(world.counters.total(.logins) == 46)
  }

  @Test(arguments: [true, false])
  func `after a logout devices relink, owners return, and links stay cut`(
    _ checksRules: Bool
  ) throws {
    var scenario = Self.incident
    func claim(_ quantity: Claim.Quantity, of subject: Claim.Subject, _ bound: Claim.Bound) {
      var claim = Claim(quantity, of: subject, bound)
      claim.since = "logout"
      scenario.claims.append(claim)
    }
    claim(.counter(.relinks), of: .everybody, .exactly(43))
    claim(.counter(.deadTokensAccepted), of: .everybody, .exactly(0))
    // Each app and each link presents what it has, once.
    claim(.counter(.deadTokenRequests), of: .everybody, .atLeast(46))
    claim(.counter(.logouts), of: .links, .exactly(6))
    claim(.counter(.logins), of: .links, .exactly(0))
    claim(.percentBack(after: .seconds(3_600)), of: .everybody, .exactly(100))
    claim(.percentOfOwnersBack(after: .seconds(60)), of: .everybody, .atMost(20))
    claim(.percentOfOwnersBack(after: .seconds(172_800)), of: .everybody, .exactly(100))
    let outcome = try Self.play(scenario, checksRules: checksRules).outcome
    #expect(outcome.passed, "\(outcome.failure ?? "") \(outcome.verdicts.filter { !$0.held })")
    #expect(outcome.verdicts.suffix(8).allSatisfy { $0.figures != nil })
  }

  @Test func `the same seed gives the same journal`() throws {
    let digests = try (0..<2).map { _ in
      try Self.play(Self.incident, checksRules: nil).outcome.statistics.journalDigest
    }
    #expect(digests[0] == digests[1])
    #expect(digests[0] != nil)
  }

  @Test func `a token of before a logout that is accepted breaks rule 1 without the model`() throws
  {
    var world = try Self.play(Self.scenario([Self.isOnline]), checksRules: false).world
    let exchange = Exchange(
      client: .device(0, .init(1)), request: .resource(accessToken: "", .events), kind: .stream,
      sentAt: 0)
    #expect(!world.isDead(exchange, certificate: nil))
    world.eras.loggedOut(.kind(.scale))
    #expect(!world.isDead(exchange, certificate: nil))
    world.eras.loggedOut(.kind(.camera))
    #expect(world.isDead(exchange, certificate: nil))
    world.observeWithoutModel(exchange, wasDead: exchange.wasDead)
    #expect(world.violation?.rule == 1)
    exchange.era = world.eras.present
    #expect(!world.isDead(exchange, certificate: nil))
  }
}
