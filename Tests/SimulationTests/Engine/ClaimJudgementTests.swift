import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct ClaimJudgementTests {
  /// Everything that is counted happens, but that a dead token is accepted.
  private static let eventful: Scenario = {
    var scenario = Scenario.twoHomes([
      .mark("a"), .wait(seconds: 300), .mark("b"),
      .fault(.refresh, of: .devices(.porch), .afterCommit, times: 1), .wait(seconds: 60),
      .steal(from: .owner("ada@example.org"), as: "copy"), .refresh(.ada, atOnce: 1),
      .wait(seconds: 60), .look(.ada), .wait(seconds: 5),
      .replay("copy", atOnce: 1, expecting: .replayed), .wait(seconds: 5),
      .reach(.bathroom, isInReach: false), .logOut(.everyone, reason: "drill"),
      .wait(seconds: 5), .reach(.bathroom, isInReach: true), .wait(seconds: 30), .logIn(.all),
      .online(.all), .mark("c"),
    ])
    scenario.cloud.accessTokenLifetime = .seconds(60)
    scenario.cloud.rotationWindow = .seconds(5)
    scenario.cloud.relinkInterval = .seconds(1)
    return scenario
  }()

  private static let counted = Result {
    let counters = try Play(Self.eventful).world.counters
    return Dictionary(
      uniqueKeysWithValues: Claim.Counter.allCases.map { ($0, counters.total($0)) })
  }

  @Test func `it is eventful`() throws {
    #expect(try Play(Self.eventful).failures == [])
    let numbers = try Self.counted.get()
    for counter in Claim.Counter.allCases {
      #expect(
        (numbers[counter, default: 0] > 0) == (counter != .deadTokensAccepted), "\(counter)")
    }
  }

  @Test(arguments: Claim.Counter.allCases)
  func `a count is claimed, by each bound, and each can fail`(counter: Claim.Counter) throws {
    let number = try #require(try Self.counted.get()[counter])
    let bounds: [(Claim.Bound, Bool)] = [
      (.exactly(number), true), (.exactly(number + 1), false), (.exactly(number - 1), false),
      (.atLeast(number), true), (.atLeast(number + 1), false),
      (.atMost(number), true), (.atMost(number - 1), false),
    ]
    var scenario = Self.eventful
    scenario.claims = bounds.map { Claim(.counter(counter), of: .everybody, $0.0) }
    let verdicts = try Play(scenario).outcome.verdicts.suffix(bounds.count)
    #expect(verdicts.map(\.held) == bounds.map(\.1))
    for verdict in verdicts where !verdict.held {
      #expect(verdict.failure == "everybody: \(number)")
    }
  }

  @Test func `devices are counted each for itself, owners by their apps`() throws {
    let play = try Play(
      Self.eventful.claiming(
        Claim(.counter(.logouts), of: .devices(.all), .exactly(1)),
        Claim(.counter(.pairings), of: .devices(.all), .exactly(2)),
        Claim(.counter(.pairings), of: .owner("ada@example.org"), .exactly(0)),
        Claim(.counter(.logins), of: .owner("grace@example.org"), .exactly(7)),
        Claim(.counter(.logins), of: .devices(.porch), .exactly(0))))
    #expect(
      play.outcome.verdicts.suffix(5).map(\.failure) == [
        nil, "porch: 1; bathroom: 1; quay: 1", nil, "grace@example.org: 2", nil,
      ])
  }

  @Test func `a span is from one mark to another`() throws {
    func number(_ since: String?, _ until: String?) throws -> Int {
      var claim = Claim(.counter(.refreshes), of: .everybody, .exactly(-1))
      claim.since = since
      claim.until = until
      let failure = try Play(Self.eventful.claiming(claim)).outcome.verdicts.last?.failure
      return try #require(failure.flatMap { Int($0.dropFirst("everybody: ".count)) })
    }
    let (all, toA, toB, fromB) = try (
      number(nil, nil), number(nil, "a"), number("a", "b"), number("b", nil)
    )
    #expect(toB > 5)
    #expect(fromB > 0)
    #expect(toA + toB + fromB == all)
    #expect(try number("b", "c") <= fromB)
  }

  @Test func `a mark that the run never came to fails the claim`() throws {
    var scenario = Scenario.oneHome([.expect(.all, .recordings(7)), .mark("late")])
    var claim = Claim(.counter(.requests), of: .everybody, .atLeast(0))
    claim.since = "late"
    scenario.claims = [claim]
    #expect(try Play(scenario).failures.last == "the run never came to its mark")
    claim.since = nil
    claim.until = "late"
    scenario.claims = [claim]
    #expect(try Play(scenario).failures.last == "the run never came to its mark")
  }

  // MARK: Storms

  @Test func `the figures of a storm`() {
    var storm = StormWatch(count: 5, fleetStart: 1)
    for second in 0..<60 as Range<UInt64> {
      for request in 0..<2 as Range<UInt64> {
        storm.requestMade(at: second * 1_000 + request * 300)
      }
    }
    for device in 0..<5 { storm.stateChanged(of: device, isOnline: true, now: 5) }
    let mark = storm.mark(at: 60_000)
    #expect(storm.onlineCount == 4)
    #expect(storm.secondsUntilBack(percent: 100, since: mark) == 0)
    for device in 0..<4 { storm.stateChanged(of: device, isOnline: false, now: 60_500) }
    #expect(storm.onlineCount == 1)
    // The fifth stays, and need not come back.
    #expect(storm.secondsUntilBack(percent: 20, since: mark) == 0)
    #expect(storm.secondsUntilBack(percent: 40, since: mark) == nil)
    for request in 0..<9 as Range<UInt64> { storm.requestMade(at: 62_000 + request) }
    for device in [0, 0, 0, 1, 2] { storm.requestSent(by: device) }
    for (device, time) in [(0, 63_000), (1, 71_999), (2, 90_000)] as [(Int, UInt64)] {
      storm.stateChanged(of: device, isOnline: true, now: time)
    }
    // After it is back, what it sends is no part of coming back.
    storm.requestSent(by: 0)
    #expect(storm.peakPercent(since: mark) == 450)
    #expect(storm.peak(since: mark) == 9)
    #expect(storm.secondsUntilBack(percent: 60, since: mark) == 11)
    #expect(storm.secondsUntilBack(percent: 80, since: mark) == 30)
    #expect(storm.percentBack(within: 11_998, of: mark) == 40)
    #expect(storm.percentBack(within: 11_999, of: mark) == 60)
    #expect(storm.percentBack(within: 1_000_000, of: mark) == 80)
    #expect(storm.secondsUntilBack(percent: 100, since: mark) == nil)
    #expect(storm.mostRequests(since: mark) == 3)
  }

  @Test func `a storm's figures are claimed, and each can fail`() throws {
    var scenario = Scenario(name: "storm")
    scenario.fleet = Scenario.Fleet(count: 20, model: "cam-1", firmware: "2.0.0")
    scenario.timing.heartbeat = .seconds(2)
    scenario.steps = [
      .wait(seconds: 60), .pair(.fleet, .init()), .online(.fleet), .wait(seconds: 90),
      .mark("out"), .logOut(.everyone, reason: "drill"), .wait(seconds: 1), .online(.fleet),
    ].map { Step($0) }
    func failure(_ quantity: Claim.Quantity, _ bound: Claim.Bound) throws -> String? {
      var claim = Claim(quantity, of: .everybody, bound)
      claim.since = "out"
      let outcome = try Play(scenario.claiming(claim)).outcome
      #expect(outcome.verdicts.dropLast().allSatisfy { $0.held })
      return outcome.verdicts.last?.failure
    }
    for quantity in [
      .peakPercent, .peakPerSecond, .secondsUntilBack(percent: 99), .mostRequestsPerDevice,
      .percentBack(after: .seconds(1)), .percentOfOwnersBack(after: .seconds(1)),
    ] as [Claim.Quantity] {
      let seen = try #require(try failure(quantity, .exactly(-1)))
      let number = try #require(Int(seen.dropFirst("it was ".count)))
      #expect(try failure(quantity, .exactly(number)) == nil)
      #expect(try failure(quantity, .atMost(number - 1)) == seen)
      #expect(try failure(quantity, .atLeast(number + 1)) == seen)
    }
  }

  // MARK: What is broken on purpose

  /// Two owners who look at their cameras again and again, through a cache.
  private func february(_ cache: Scenario.CloudSettings.Cache, violates rule: Int?) throws -> Play {
    var scenario = Scenario.twoHomes(
      [.use(.porch, times: 1), .wait(seconds: 1), .use(.named(["quay"]), times: 1)]
        + [.wait(seconds: 5)] + (0..<20).map { _ in .look(.all) }
        + [.wait(seconds: 30)])
    scenario.devices.removeAll { $0.kind == .scale }
    scenario.cloud.cache = cache
    scenario.cloud.commitTime = .zero
    scenario.weather.latency = .milliseconds(1)
    scenario.weather.jitter = .zero
    scenario.brokenRule = rule
    return try Play(scenario)
  }

  @Test func `a scenario that is broken on purpose passes when its rule is seen broken`() throws {
    let broken = try self.february(.mixedUp, violates: nil)
    #expect(broken.outcome.verdicts.last?.rule == 5)
    #expect(!broken.outcome.passed)
    #expect(try self.february(.mixedUp, violates: 5).outcome.passed)
    #expect(try self.february(.mixedUp, violates: 4).failures == ["rule 5 was seen broken"])
    #expect(try self.february(.sound, violates: 5).failures == ["no rule was seen broken"])
    #expect(try self.february(.sound, violates: nil).failures == [])
    #expect(try self.february(.none, violates: nil).failures == [])
  }
}
