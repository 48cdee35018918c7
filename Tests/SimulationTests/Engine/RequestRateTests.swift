import Testing

@testable import Simulation

@Suite struct RequestRateTests {
  /// With each second of the run in a list.
  private struct Plain {
    var seconds: [Int: Int] = [:]
    mutating func add(at time: UInt64) { self.seconds[Int(time / 1_000), default: 0] += 1 }
    func peak(since time: UInt64) -> Int? {
      self.seconds.filter { $0.key >= Int(time / 1_000) }.values.max()
    }
    func steady(before time: UInt64, now: UInt64) -> (total: Int, seconds: Int) {
      let end = Int(time / 1_000)
      let first = max(0, end - 60)
      return ((first..<end).reduce(0) { $0 + self.seconds[$1, default: 0] }, end - first)
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `peaks and steady rates are those of a list of all seconds`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var rate = RequestRate()
    var plain = Plain()
    var time: UInt64 = 0
    var marks: [(mark: RequestRate.Mark, time: UInt64)] = []
    for _ in 0..<2_000 {
      time += UInt64(
        random.element(of: [0, 0, 3, 200, 900, 1_000, 30_000, 59_999, 61_000, 200_000])!)
      if random.chance(permille: 10) { marks.append((rate.mark(at: time), time)) }
      rate.add(at: time)
      plain.add(at: time)
    }
    #expect(rate.peak(since: nil) == plain.peak(since: 0))
    for (mark, at) in marks {
      let peak = plain.peak(since: at)
      #expect(rate.peak(since: mark) == peak)
      let steady = plain.steady(before: at, now: time)
      let percent = steady.total == 0 ? nil : peak.map { $0 * 100 * steady.seconds / steady.total }
      #expect(rate.peakPercent(since: mark) == percent)
    }
    #expect(marks.count > 5)
  }
}
