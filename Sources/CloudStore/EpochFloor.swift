import CloudCore
import DeviceProtocol
import Synchronization

/// The highest epochs and marks of access tokens that there ever were, in a file of its own beside the
/// database: whoever puts an older copy of the database back gets none back that is lower, so that no
/// token lives again that a logout had killed, or that was let expire.
///
/// A line is on the disk before the transaction that raises one is committed. A commit that
/// fails after that leaves the file above the database; the next start raises the database to it,
/// which logs out whoever was to be.
final class EpochFloor: Sendable {
  enum Counter: Hashable, Sendable {
    case epoch(RevocationScope)
    case accessMark(AccessScope)
    /// Up to where values were used that a restore has undone; counts nothing by itself.
    case used
  }

  /// What a counter has reached.
  struct Mark: Hashable, Sendable {
    let counter: Counter
    let value: UInt64
    /// Of the scope `issuedBefore` alone, which has as many of these as there are cut-offs.
    let before: UnixMilliseconds?

    init(_ counter: Counter, _ value: UInt64, before: UnixMilliseconds? = nil) {
      self.counter = counter
      self.value = value
      self.before = before
    }
  }

  fileprivate struct State: ~Copyable {
    var file: AppendedFile
    /// The file was replaced, and `file` may be the former one.
    var isReplaced = false
    /// The sum of all counters.
    var total: UInt64
  }

  private let state: Mutex<State>

  init(file: consuming AppendedFile, total: UInt64) {
    self.state = Mutex(State(file: file, total: total))
  }

  /// Returns once these are on the disk.
  ///
  /// - Throws: `StoreError`; then the file is as it was.
  func append(_ marks: [(mark: Mark, by: UInt64)]) throws(StoreError) {
    try self.state.withLock { state throws(StoreError) in
      try state.reopenIfReplaced()
      var bytes: [UInt8] = []
      var total = state.total
      for (mark, difference) in marks {
        total += difference
        bytes += EpochFloorLine(mark: mark, total: total).bytes
      }
      try state.file.append(bytes)
      state.total = total
    }
  }

  /// As `append`, of whichever of these have changed.
  ///
  /// - Parameters:
  ///   - marks: All of the database.
  ///   - former: All of it as they were.
  func raise(to marks: [Mark], from former: [Mark]) throws(StoreError) {
    let known = Set(former)
    let raised = marks.filter { !known.contains($0) }
    if raised.isEmpty { return }
    try self.state.withLock { state throws(StoreError) in
      try state.reopenIfReplaced()
      let total = max(state.total, Self.total(of: marks))
      try state.file.append(raised.flatMap { EpochFloorLine(mark: $0, total: total).bytes })
      state.total = total
    }
  }

  /// Forgets what there was: from now on these are the highest. Returns once that is on the disk.
  ///
  /// - Parameter marks: All of the database.
  /// - Throws: `StoreError`; then the file is the former one or the new one, and whole.
  func replace(with marks: [Mark]) throws(StoreError) {
    try self.state.withLock { state throws(StoreError) in
      let total = Self.total(of: marks)
      state.isReplaced = true
      try AppendedFile.replace(
        state.file.path, with: marks.flatMap { EpochFloorLine(mark: $0, total: total).bytes })
      state.total = total
      try state.reopenIfReplaced()
    }
  }

  /// The sum of all counters.
  static func total(of marks: [Mark]) -> UInt64 {
    var values: [Counter: UInt64] = [:]
    for mark in marks where mark.counter != .used {
      values[mark.counter] = max(values[mark.counter] ?? 0, mark.value)
    }
    return values.values.reduce(0, +)
  }
}

extension EpochFloor.State {
  fileprivate mutating func reopenIfReplaced() throws(StoreError) {
    guard self.isReplaced else { return }
    self.file = try AppendedFile(appendingTo: self.file.path)
    self.isReplaced = false
  }
}
