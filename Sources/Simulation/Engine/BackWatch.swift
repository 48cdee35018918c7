/// Of many, who is there, and who of them was back when after the last mark.
struct BackWatch {
  private static let never = UInt64.max

  private var isThere: [Bool]
  /// Of the present mark.
  private var backAt: [UInt64]
  private var markedAt: UInt64 = 0
  /// From here on who is there is counted.
  private let watchedFrom: Int
  private(set) var watchedCount = 0

  init(count: Int, watchedFrom: Int) {
    self.isThere = [Bool](repeating: false, count: count)
    self.backAt = [UInt64](repeating: Self.never, count: count)
    self.watchedFrom = watchedFrom
  }

  mutating func changed(_ index: Int, isThere: Bool, now: UInt64) {
    if index >= self.watchedFrom, self.isThere[index] != isThere {
      self.watchedCount += isThere ? 1 : -1
    }
    self.isThere[index] = isThere
    // Who was there at the mark and is so no longer has to come back.
    if !isThere, self.backAt[index] == self.markedAt { self.backAt[index] = Self.never }
    if isThere, self.backAt[index] == Self.never { self.backAt[index] = now }
  }

  func isBack(_ index: Int) -> Bool { self.backAt[index] != Self.never }

  /// Watches anew: who is there now need not come back unless it goes.
  mutating func mark(at time: UInt64) {
    self.markedAt = time
    for index in self.backAt.indices {
      self.backAt[index] = self.isThere[index] ? time : Self.never
    }
  }

  /// Nil as long as fewer are back.
  func millisecondsUntilBack(percent: Int, since start: UInt64) -> Int? {
    let times = self.backAt.filter { $0 != Self.never }.sorted()
    let needed = (self.backAt.count * percent + 99) / 100
    guard needed > 0, times.count >= needed else { return nil }
    return Int(times[needed - 1] - min(times[needed - 1], start))
  }

  /// Rounded down; nil of nobody.
  func percentBack(within milliseconds: UInt64, of start: UInt64?) -> Int? {
    guard !self.backAt.isEmpty else { return nil }
    let limit = (start ?? 0) &+ milliseconds
    return self.backAt.count { $0 != Self.never && $0 <= limit } * 100 / self.backAt.count
  }
}
