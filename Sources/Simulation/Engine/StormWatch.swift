/// What a mass reconnect is measured by: requests in each second, and who is back when.
struct StormWatch {
  /// By whole second since the run began.
  private(set) var requestsPerSecond: [UInt32] = []
  /// By device; grown as devices report.
  private var online: [Bool] = []
  /// Of the present mark.
  private var backAt: [UInt64?] = []
  private var requestsUntilBack: [UInt32] = []
  private var markedAt: UInt64 = 0
  /// Answered 503 because the cloud was busy.
  var refused = 0

  struct Mark {
    let time: UInt64
  }

  mutating func requestMade(at time: UInt64) {
    let second = Int(time / 1_000)
    while self.requestsPerSecond.count <= second { self.requestsPerSecond.append(0) }
    self.requestsPerSecond[second] += 1
  }

  mutating func stateChanged(of device: Int, isOnline: Bool, now: UInt64) {
    self.grow(to: device)
    self.online[device] = isOnline
    if isOnline, self.backAt[device] == nil { self.backAt[device] = now }
  }

  mutating func requestSent(by device: Int) {
    self.grow(to: device)
    if self.backAt[device] == nil { self.requestsUntilBack[device] &+= 1 }
  }

  func onlineCount(from first: Int) -> Int { self.online.dropFirst(first).count { $0 } }

  /// Watches anew from here on: who is on line has to come back once more.
  mutating func mark(at time: UInt64) -> Mark {
    self.markedAt = time
    self.backAt = [UInt64?](repeating: nil, count: self.backAt.count)
    self.requestsUntilBack = [UInt32](repeating: 0, count: self.requestsUntilBack.count)
    return Mark(time: time)
  }

  /// The busiest second from the mark on, in percent of the mean before it.
  func peakPercent(since mark: Mark?) -> Int? {
    let start = Int((mark?.time ?? 0) / 1_000)
    guard start < self.requestsPerSecond.count else { return nil }
    let steadySeconds = self.requestsPerSecond[max(0, start - 60)..<start]
    let total = steadySeconds.reduce(0) { $0 + Int($1) }
    guard total > 0, let peak = self.requestsPerSecond[start...].max() else { return nil }
    return Int(peak) * 100 * steadySeconds.count / total
  }

  /// Nil as long as fewer are back.
  func secondsUntilBack(percent: Int, since mark: Mark?) -> Int? {
    let times = self.backAt.compactMap { $0 }.sorted()
    let needed = (self.backAt.count * percent + 99) / 100
    guard needed > 0, times.count >= needed else { return nil }
    return Int((times[needed - 1] - min(times[needed - 1], mark?.time ?? 0)) / 1_000)
  }

  func mostRequests(since mark: Mark?) -> Int? {
    self.requestsUntilBack.max().map { Int($0) }
  }

  private mutating func grow(to device: Int) {
    while self.online.count <= device {
      self.online.append(false)
      self.backAt.append(nil)
      self.requestsUntilBack.append(0)
    }
  }
}
