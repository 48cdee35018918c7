import DeviceProtocol
import Synchronization

/// The newest requests of the public listener, in memory: a ring. Older ones are dropped, and all of
/// them when the cloud ends.
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
  /// Nine digits.
  private let run: String
  private let state = Mutex(State())

  /// - Parameters:
  ///   - capacity: How many are kept; none when 0.
  ///   - run: Tells this journal from another run's, which counts from 1 too.
  init(capacity: Int, run: UInt32 = .random(in: 100_000_000...999_999_999)) {
    self.capacity = max(0, capacity)
    self.run = "\(run)"
  }

  /// Takes all requests until this time for dropped: they were noted in the journal of a former run.
  func drop(until time: UnixMilliseconds) {
    self.state.withLock { $0.latestDropped = max($0.latestDropped ?? time, time) }
  }

  // MARK: Cursors

  /// What operators are given for a place in this journal.
  func cursor(after sequence: UInt64) -> String { "\(self.run)\(sequence)" }

  /// Nil for a cursor that this journal has not given.
  func sequence(ofCursor cursor: String) -> UInt64? {
    guard let sequence = UInt64(cursor.dropFirst(self.run.count)), sequence <= self.newest,
      self.cursor(after: sequence) == cursor
    else { return nil }
    return sequence
  }

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
    var records: [RequestRecord] = []
    let (last, isComplete) = self.scan(from: start) { record in
      if isIncluded(record) { records.append(record) }
      return records.count < limit
    }
    return Page(records: records, cursor: last, isComplete: isComplete)
  }

  /// The newest that match, oldest first.
  func newest(_ limit: Int, where isIncluded: (RequestRecord) -> Bool) -> Page {
    let end = self.newest
    var records: [RequestRecord] = []
    var next = end
    while next > 0, records.count < limit {
      let lowest = next - min(next, Self.pieceCount) + 1
      let piece = self.state.withLock { self.records(from: lowest, to: next, in: $0) }
      guard let oldest = piece.first else { break }
      for record in piece.reversed() where records.count < limit && isIncluded(record) {
        records.append(record)
      }
      next = oldest.sequence - 1
    }
    let isAll = self.state.withLock { $0.latestDropped == nil }
    return Page(
      records: records.reversed(), cursor: end, isComplete: records.count == limit || isAll)
  }

  /// How many match, the first of them, and which was looked at last.
  func count(
    from start: Start, showing limit: Int, where isIncluded: (RequestRecord) -> Bool
  ) -> (count: Int, first: [RequestRecord], last: UInt64, isComplete: Bool) {
    var (count, first): (Int, [RequestRecord]) = (0, [])
    let (last, isComplete) = self.scan(from: start) { record in
      guard isIncluded(record) else { return true }
      count += 1
      if first.count < limit { first.append(record) }
      return true
    }
    return (count, first, last, isComplete)
  }

  /// How many are taken under the lock at once: requests are noted in between.
  private static let pieceCount: UInt64 = 1_000

  /// Shows the body all that there are from the start on, oldest first, until it returns false.
  ///
  /// - Returns: The last that was looked at, and whether nothing that was asked for had been dropped.
  private func scan(
    from start: Start, _ body: (RequestRecord) -> Bool
  ) -> (last: UInt64, isComplete: Bool) {
    let end: UInt64
    var (next, isComplete): (UInt64, Bool)
    (end, next, isComplete) = self.state.withLock {
      ($0.newest, Self.oldest(in: $0), self.isComplete(start, $0))
    }
    next = max(next, start.after.map { $0 == .max ? $0 : $0 + 1 } ?? 0)
    while next <= end {
      let highest = next + min(end - next, Self.pieceCount - 1)
      let (piece, isStillComplete) = self.state.withLock {
        (self.records(from: next, to: highest, in: $0), self.isComplete(start, $0))
      }
      // Some were dropped before they were looked at.
      if UInt64(piece.count) <= highest - next, !isStillComplete { isComplete = false }
      for record in piece where start.since.map({ record.at >= $0 }) ?? true {
        if !body(record) { return (record.sequence, isComplete) }
      }
      next = highest + 1
    }
    return (end, isComplete)
  }

  private static func oldest(in state: State) -> UInt64 {
    state.newest - UInt64(state.records.count) + 1
  }

  /// Those of these that are kept.
  private func records(from first: UInt64, to last: UInt64, in state: State) -> [RequestRecord] {
    let (lower, upper) = (max(first, Self.oldest(in: state)), min(last, state.newest))
    guard lower <= upper else { return [] }
    return (lower...upper).map { state.records[Int(($0 - 1) % UInt64(max(self.capacity, 1)))] }
  }

  private func isComplete(_ start: Start, _ state: State) -> Bool {
    if let after = start.after { return after >= state.newest - UInt64(state.records.count) }
    guard let dropped = state.latestDropped else { return true }
    return start.since.map { dropped < $0 } ?? false
  }
}
