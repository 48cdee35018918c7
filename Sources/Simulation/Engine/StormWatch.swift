/// What a mass reconnect is measured by: requests in each second, and who is back when.
struct StormWatch {
  private var rate = RequestRate()
  /// By device.
  private var back: BackWatch
  private var requestsUntilBack: [UInt32]
  /// Answered 503 because the cloud was busy.
  var refused = 0

  struct Mark {
    let time: UInt64
    fileprivate let rate: RequestRate.Mark
  }

  /// - Parameters:
  ///   - count: Of all devices.
  ///   - fleetStart: The first one of the fleet.
  init(count: Int, fleetStart: Int) {
    self.back = BackWatch(count: count, watchedFrom: fleetStart)
    self.requestsUntilBack = [UInt32](repeating: 0, count: count)
  }

  mutating func requestMade(at time: UInt64) { self.rate.add(at: time) }

  mutating func stateChanged(of device: Int, isOnline: Bool, now: UInt64) {
    self.back.changed(device, isThere: isOnline, now: now)
  }

  mutating func requestSent(by device: Int) {
    if !self.back.isBack(device) { self.requestsUntilBack[device] &+= 1 }
  }

  /// Of the fleet.
  var onlineCount: Int { self.back.watchedCount }

  /// Watches anew from here on: who is on line has to come back once more.
  mutating func mark(at time: UInt64) -> Mark {
    self.back.mark(at: time)
    for device in self.requestsUntilBack.indices { self.requestsUntilBack[device] = 0 }
    return Mark(time: time, rate: self.rate.mark(at: time))
  }

  /// The busiest second from the mark on, in percent of the mean before it.
  func peakPercent(since mark: Mark?) -> Int? { self.rate.peakPercent(since: mark?.rate) }

  /// The requests of the busiest second from the mark on.
  func peak(since mark: Mark?) -> Int? { self.rate.peak(since: mark?.rate) }

  /// Nil as long as fewer are back.
  func secondsUntilBack(percent: Int, since mark: Mark?) -> Int? {
    self.back.millisecondsUntilBack(percent: percent, since: mark?.time ?? 0).map { $0 / 1_000 }
  }

  func percentBack(within milliseconds: UInt64, of mark: Mark?) -> Int? {
    self.back.percentBack(within: milliseconds, of: mark?.time)
  }

  func mostRequests(since mark: Mark?) -> Int? {
    self.requestsUntilBack.max().map { Int($0) }
  }
}
