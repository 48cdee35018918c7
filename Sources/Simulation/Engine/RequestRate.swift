/// Requests by the second: of the last minute, and the busiest between marks. It takes the same room
/// however long a run lasts.
struct RequestRate {
  private static let steadySeconds = 60

  private var second: UInt64 = 0
  /// Of the present second.
  private var count: UInt32 = 0
  /// Of the seconds before it, at their number modulo the size.
  private var minute = [UInt32](repeating: 0, count: Self.steadySeconds)
  /// The busiest second of each span between two marks; the first is that before any.
  private var peaks: [UInt32] = [0]

  struct Mark {
    fileprivate let span: Int
    /// Of the minute before the mark's second, or as much of it as there was.
    fileprivate let steadyTotal: Int
    fileprivate let steadySeconds: Int
  }

  mutating func add(at time: UInt64) {
    self.advance(to: time / 1_000)
    self.count += 1
    self.peaks[self.peaks.count - 1] = max(self.peaks[self.peaks.count - 1], self.count)
  }

  /// What was counted in the mark's own second belongs to what follows, too.
  mutating func mark(at time: UInt64) -> Mark {
    self.advance(to: time / 1_000)
    self.peaks.append(self.count)
    return Mark(
      span: self.peaks.count - 1, steadyTotal: self.minute.reduce(0) { $0 + Int($1) },
      steadySeconds: Int(min(UInt64(Self.steadySeconds), self.second)))
  }

  /// The busiest second from the mark on, in percent of the mean before it; nil without either.
  func peakPercent(since mark: Mark?) -> Int? {
    guard let mark, mark.steadyTotal > 0, let peak = self.peak(since: mark) else { return nil }
    return peak * 100 * mark.steadySeconds / mark.steadyTotal
  }

  /// The requests of the busiest second from the mark on; nil if there were none.
  func peak(since mark: Mark?) -> Int? {
    let peak = self.peaks[(mark?.span ?? 0)...].max() ?? 0
    return peak == 0 ? nil : Int(peak)
  }

  private mutating func advance(to second: UInt64) {
    guard second > self.second else { return }
    let size = UInt64(Self.steadySeconds)
    if second - self.second >= size {
      for index in self.minute.indices { self.minute[index] = 0 }
    } else {
      for passed in (self.second + 1)..<second { self.minute[Int(passed % size)] = 0 }
    }
    if second - self.second <= size { self.minute[Int(self.second % size)] = self.count }
    self.second = second
    self.count = 0
  }
}
