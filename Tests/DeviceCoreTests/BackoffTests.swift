import DeviceProtocol
import Testing

@testable import DeviceCore

struct BackoffTests {
  /// The reference implementation's first numbers for this seed.
  @Test func `the generator is SplitMix64`() {
    var generator = RandomGenerator(seed: 1_234_567)
    let numbers = (0..<5).map { _ in generator.next() }
    #expect(
      numbers == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test(arguments: [0, 1, 9, 1_000, .max] as [UInt32])
  func `random numbers fill their range and stay in it`(limit: UInt32) {
    var generator = RandomGenerator(seed: 3)
    let numbers = (0..<2_000).map { _ in generator.number(upTo: limit) }
    #expect(numbers.allSatisfy { $0 <= limit })
    let tenth = limit / 10
    #expect(numbers.contains { $0 <= tenth })
    #expect(numbers.contains { $0 >= limit - tenth })
  }

  @Test func `each wait is below a limit that doubles up to the cap`() {
    var timing = DeviceTiming()
    timing.backoffBaseMilliseconds = 100
    timing.backoffCapMilliseconds = 3_000
    var longest = [UInt32](repeating: 0, count: 12)
    var shortest = [UInt32](repeating: .max, count: 12)
    var generator = RandomGenerator(seed: 5)
    for _ in 0..<1_000 {
      var backoff = Backoff()
      for attempt in longest.indices {
        let wait = backoff.next(timing: timing, retryAfterSeconds: nil, random: &generator)
        longest[attempt] = max(longest[attempt], wait)
        shortest[attempt] = min(shortest[attempt], wait)
      }
    }
    for attempt in longest.indices {
      let limit = min(3_000, 100 << UInt32(attempt))
      #expect(longest[attempt] <= limit)
      #expect(longest[attempt] > limit * 9 / 10)
      #expect(shortest[attempt] < limit / 10)
    }
  }

  @Test func `the exponent saturates`() {
    var timing = DeviceTiming()
    timing.backoffBaseMilliseconds = .max
    timing.backoffCapMilliseconds = .max
    var generator = RandomGenerator(seed: 6)
    var backoff = Backoff()
    for _ in 0..<70_000 {
      _ = backoff.next(timing: timing, retryAfterSeconds: .max, random: &generator)
    }
    #expect(backoff.attempt == .max)
    backoff.reset()
    #expect(backoff.attempt == 0)
  }

  @Test func `what the cloud asks to wait is a lower bound with jitter on top, up to an hour`() {
    var generator = RandomGenerator(seed: 7)
    for (asked, floor) in [(30, 30_000), (86_400, 3_600_000), (.max, 3_600_000)]
      as [(UInt32, UInt32)]
    {
      var waits: Set<UInt32> = []
      for _ in 0..<100 {
        var backoff = Backoff()
        let wait = backoff.next(
          timing: DeviceTiming(), retryAfterSeconds: asked, random: &generator)
        #expect((floor...(floor + 1_000)).contains(wait))
        waits.insert(wait)
      }
      #expect(waits.count > 50)
    }
  }
}
