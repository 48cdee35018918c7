import DeviceProtocol
import Synchronization

/// The newest requests of the public listener, in memory: a ring. Older ones are dropped.
final class RequestJournal: Sendable {
  struct Page {
    var records: [RequestRecord]
    /// The last that was looked at; the next page begins after it.
    var cursor: UInt64
    /// Whether nothing that was asked for had been dropped.
    var isComplete: Bool
  }

  /// Where to begin.
  struct Start: Sendable {
    /// By the cloud's clock; nil for any time.
    var since: UnixMilliseconds?
    /// After this one.
    var after: UInt64?
  }

  private struct State {
    /// By sequence modulo the capacity, once it is full.
    var records: ContiguousArray<RequestRecord> = []
    var newest: UInt64 = 0
    /// The latest time of those that were dropped.
    var latestDropped: UnixMilliseconds?
  }

  private let capacity: Int
  private let state = Mutex(State())

  /// - Parameter capacity: How many are kept; none when 0.
  init(capacity: Int) { self.capacity = max(0, capacity) }

  /// Of the last request; 0 before the first.
  var newest: UInt64 { self.state.withLock { $0.newest } }

  func append(_ record: RequestRecord) {
    self.state.withLock { state in
      state.newest += 1
      var record = record
      record.sequence = state.newest
      if state.records.count < self.capacity {
        state.records.append(record)
      } else if self.capacity > 0 {
        let index = Int((state.newest - 1) % UInt64(self.capacity))
        let dropped = state.records[index].at
        state.latestDropped = max(state.latestDropped ?? dropped, dropped)
        state.records[index] = record
      } else {
        state.latestDropped = max(state.latestDropped ?? record.at, record.at)
      }
    }
  }

  /// The first that match, from the start on.
  func first(
    _ limit: Int, from start: Start, where isIncluded: (RequestRecord) -> Bool
  ) -> Page {
    self.state.withLock { state in
      var page = Page(records: [], cursor: state.newest, isComplete: self.isComplete(start, state))
      self.forEach(from: start, in: state) { record in
        guard isIncluded(record) else { return true }
        page.records.append(record)
        guard page.records.count == limit else { return true }
        page.cursor = record.sequence
        return false
      }
      return page
    }
  }

  /// The newest that match, oldest first.
  func newest(_ limit: Int, where isIncluded: (RequestRecord) -> Bool) -> Page {
    self.state.withLock { state in
      var records: [RequestRecord] = []
      var sequence = state.newest
      while sequence > state.newest - UInt64(state.records.count), records.count < limit {
        let record = state.records[self.index(of: sequence)]
        if isIncluded(record) { records.append(record) }
        sequence -= 1
      }
      return Page(
        records: records.reversed(), cursor: state.newest,
        isComplete: records.count == limit || state.latestDropped == nil)
    }
  }

  /// How many match, and the first of them.
  func count(
    from start: Start, showing limit: Int, where isIncluded: (RequestRecord) -> Bool
  ) -> (count: Int, first: [RequestRecord], isComplete: Bool) {
    self.state.withLock { state in
      var (count, first): (Int, [RequestRecord]) = (0, [])
      self.forEach(from: start, in: state) { record in
        guard isIncluded(record) else { return true }
        count += 1
        if first.count < limit { first.append(record) }
        return true
      }
      return (count, first, self.isComplete(start, state))
    }
  }

  private func index(of sequence: UInt64) -> Int {
    Int((sequence - 1) % UInt64(max(self.capacity, 1)))
  }

  private func isComplete(_ start: Start, _ state: State) -> Bool {
    if let after = start.after { return after >= state.newest - UInt64(state.records.count) }
    guard let dropped = state.latestDropped else { return true }
    return start.since.map { dropped < $0 } ?? false
  }

  private func forEach(
    from start: Start, in state: State, _ body: (RequestRecord) -> Bool
  ) {
    let oldest = state.newest - UInt64(state.records.count) + 1
    var sequence = max(oldest, start.after.map { $0 == .max ? $0 : $0 + 1 } ?? 0)
    while sequence <= state.newest {
      let record = state.records[self.index(of: sequence)]
      if start.since.map({ record.at >= $0 }) ?? true, !body(record) { return }
      sequence += 1
    }
  }
}
