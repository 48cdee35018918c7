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

// MARK: - The policies

extension BackoffTests {
  /// The waits of this many failures in a row.
  private func waits(
    _ traits: FirmwareTraits, count: Int, base: UInt32 = 100, cap: UInt32 = 3_000,
    retryAfterSeconds: UInt32? = nil, seed: UInt64 = 1
  ) -> [UInt32] {
    var timing = DeviceTiming()
    timing.backoffBaseMilliseconds = base
    timing.backoffCapMilliseconds = cap
    var generator = RandomGenerator(seed: seed)
    var backoff = Backoff(BackoffPolicy(traits))
    return (0..<count).map { _ in
      backoff.next(timing: timing, retryAfterSeconds: retryAfterSeconds, random: &generator)
    }
  }

  @Test(
    arguments: [
      (.retriesAtOnce, [1, 1, 1, 1, 1, 1, 1]),
      (.fixedBackoff, [100, 100, 100, 100, 100, 100, 100]),
      (.backoffWithoutJitter, [100, 200, 400, 800, 1_600, 3_000, 3_000]),
    ] as [(FirmwareTraits, [UInt32])])
  func `a policy without jitter waits the same each time`(
    traits: FirmwareTraits, expected: [UInt32]
  ) {
    for seed in 1...3 as ClosedRange<UInt64> {
      #expect(self.waits(traits, count: 7, seed: seed) == expected)
    }
  }

  @Test func `decorrelated jitter draws from the base to three times the wait before`() {
    var longest: [Double] = []
    for seed in 0..<300 as Range<UInt64> {
      let waits = self.waits(.decorrelatedJitter, count: 12, seed: seed)
      var previous: UInt32 = 100
      for wait in waits {
        #expect((100...min(3_000, previous * 3)).contains(wait))
        longest.append(Double(wait - 100) / Double(previous * 3 - 100))
        previous = wait
      }
    }
    #expect(longest.contains { $0 > 0.95 })
    #expect(longest.contains { $0 < 0.05 })
    let last = (0..<300).map { self.waits(.decorrelatedJitter, count: 12, seed: $0)[11] }
    #expect(last.contains(3_000))
  }

  @Test func `a reset begins anew`() {
    for traits in [.backoffWithoutJitter, .decorrelatedJitter, []] as [FirmwareTraits] {
      var generator = RandomGenerator(seed: 4)
      var backoff = Backoff(BackoffPolicy(traits))
      for _ in 0..<9 {
        _ = backoff.next(timing: DeviceTiming(), retryAfterSeconds: nil, random: &generator)
      }
      backoff.reset()
      #expect(
        backoff.next(timing: DeviceTiming(), retryAfterSeconds: nil, random: &generator) <= 3_000)
      #expect(backoff.attempt == 1)
    }
  }

  @Test func `of several policies the one that does most harm counts`() {
    let ordered: [FirmwareTraits] = [
      .retriesAtOnce, .fixedBackoff, .backoffWithoutJitter, .decorrelatedJitter,
    ]
    for index in ordered.indices {
      let several = ordered[index...].reduce(into: FirmwareTraits()) { $0.formUnion($1) }
      #expect(BackoffPolicy(several) == BackoffPolicy(ordered[index]))
      #expect(BackoffPolicy(several) == BackoffPolicy.allCases[index])
    }
    #expect(BackoffPolicy([.keepsPreviousToken, .startsWithJitter]) == .fullJitter)
  }

  @Test(
    arguments: [.retriesAtOnce, .fixedBackoff, .backoffWithoutJitter, .decorrelatedJitter]
      as [FirmwareTraits])
  func `no policy waits 0 or traps, whatever base and cap are`(traits: FirmwareTraits) {
    for (base, cap) in [(0, 0), (.max, .max), (5, 2), (.max, 0)] as [(UInt32, UInt32)] {
      #expect(self.waits(traits, count: 70, base: base, cap: cap).allSatisfy { $0 >= 1 })
    }
  }

  @Test func `what the cloud asks to wait comes before the wait of each policy`() {
    #expect(self.waits(.retriesAtOnce, count: 2, retryAfterSeconds: 30) == [30_001, 30_001])
    #expect(
      self.waits(.backoffWithoutJitter, count: 2, retryAfterSeconds: 30) == [30_100, 30_200])
  }
}

// MARK: - The policies in a device

extension BackoffTests {
  @Test func `the trait governs how a device comes back to the cloud`() {
    var bench = DeviceBench.online(traits: [.keepsPreviousToken, .backoffWithoutJitter])
    var waits: [UInt32] = []
    for _ in 0..<5 {
      waits += bench.send(.streamClosed(nil)).backoffs
      #expect(bench.wake().streams == ["access-1"])
    }
    #expect(waits == [1_000, 2_000, 4_000, 8_000, 16_000])
  }

  @Test func `the trait governs deliveries, with a backoff of their own`() {
    var bench = DeviceBench.online(traits: [.keepsPreviousToken, .fixedBackoff])
    bench.acceptHeartbeat()
    bench.send(.motion(at: UnixMilliseconds(5)))
    for _ in 0..<3 {
      #expect(bench.lastRequest?.name == .motions)
      #expect(bench.fail(.reset).backoffs == [1_000])
      bench.wake()
    }
  }

  @Test func `the trait does not govern how a network is joined`() {
    var bench = DeviceBench.online(traits: [.keepsPreviousToken, .fixedBackoff])
    var waits = bench.send(.wifiLost).backoffs
    for _ in 0..<8 {
      bench.wake()
      waits += bench.send(.wifiFailed(.networkNotFound)).backoffs
    }
    #expect(Set(waits).count > 5)
  }

  @Test(arguments: [false, true])
  func `firmware may ignore what the cloud asks to wait`(ignores: Bool) {
    let traits: FirmwareTraits = ignores ? [.fixedBackoff, .ignoresRetryAfter] : .fixedBackoff
    let expected: UInt32 = ignores ? 1_000 : 31_000
    var bench = DeviceBench.online(traits: traits.union(.keepsPreviousToken))
    bench.send(.motion(at: UnixMilliseconds(5)))
    #expect(bench.lastRequest?.name == .motions)
    #expect(bench.answer(503, retryAfterSeconds: 30).backoffs == [expected])
    let busy = Response(status: 503, retryAfterSeconds: 30, body: [])
    #expect(bench.send(.streamClosed(busy)).backoffs == [expected])
  }

  @Test func `the first contact after Wi-Fi is joined is at once, or spread by the trait`() {
    func starts(_ traits: FirmwareTraits) -> [UInt64] {
      (1...200 as ClosedRange<UInt64>).map { seed in
        var bench = DeviceBench.online(traits: traits)
        bench.now += 5_000
        _ = bench.reboot(seed: seed)
        let joinedAt = bench.now
        let joined = bench.send(.wifiJoined(signalDBm: -50))
        if !joined.requests.contains(where: { $0.name == .refresh }) { bench.wake() }
        #expect(bench.lastRequest?.name == .refresh)
        return bench.now - joinedAt
      }
    }
    #expect(starts(.keepsPreviousToken).allSatisfy { $0 == 0 })
    let spread = starts([.keepsPreviousToken, .startsWithJitter])
    #expect(spread.allSatisfy { $0 <= 10_000 })
    #expect(spread.contains { $0 < 1_000 })
    #expect(spread.contains { $0 > 9_000 })
  }

  @Test func `the start jitter spreads who lost Wi-Fi and who is logged out, and no pairing`() {
    // `online` pairs without waiting.
    var bench = DeviceBench.online(traits: [.keepsPreviousToken, .startsWithJitter])
    bench.send(.wifiLost)
    bench.wake()
    let joined = bench.send(.wifiJoined(signalDBm: -50))
    #expect(joined.backoffs.count == 1)
    #expect(joined.streams.isEmpty)
    #expect(bench.wake().streams == ["access-1"])
    bench.openStream()
    bench.logOut()
    bench.send(.wifiLost)
    bench.wake()
    #expect(bench.send(.wifiJoined(signalDBm: -50)).requests.isEmpty)
    #expect(bench.wake().requests.map(\.name) == [.relink])
  }
}
