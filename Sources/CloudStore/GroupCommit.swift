import CloudCore
import GRDB
import Synchronization

/// Runs write bodies so that those which arrive while a commit is under way share the next one: a
/// commit's price is the disk's, whatever the number of bodies.
///
/// Each body runs in a savepoint of its own, so one that throws leaves no trace and harms no other.
/// All of a batch are answered after its commit is durable; when that fails, all fail with it and
/// the next batch is tried anew.
final class GroupCommit: Sendable {
  /// One body, and who waits for it.
  private struct Job: Sendable {
    /// Runs the body. Returns what to call once it is known whether the commit succeeded.
    let run: @Sendable (SQLiteTransaction) -> Answer
    let fail: @Sendable (StoreError) -> Void
  }

  private struct Answer: Sendable {
    /// What the body threw; nil if what it wrote is to be kept.
    let error: (any Error)?
    let deliver: @Sendable () -> Void
  }

  private struct State {
    /// Those that go ahead of `pending`.
    var first: [Job] = []
    var pending: [Job] = []
    var isDraining = false
    var isClosed = false
    /// Bodies that wait to run alone.
    var exclusiveCount = 0
  }

  /// More than this in one commit gains nothing, and makes the first of them wait.
  private static let longestBatch = 256

  private let state = Mutex(State())
  private let pool: DatabasePool
  private let path: String
  let floor: EpochFloor
  private let onCommit: @Sendable (CommitReport) -> Void
  private let memory: SessionMemory

  /// - Parameter onCommit: Called after each commit, before anybody is answered.
  init(
    pool: DatabasePool, path: String, floor: EpochFloor, memory: SessionMemory,
    onCommit: @escaping @Sendable (CommitReport) -> Void
  ) {
    self.pool = pool
    self.path = path
    self.floor = floor
    self.memory = memory
    self.onCommit = onCommit
  }

  /// - Parameter isFirst: Whether it goes ahead of those that wait; it shares no commit with them.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreTransaction) throws -> Value, isFirst: Bool = false
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      self.enqueue(
        isFirst: isFirst,
        Job(
          run: { transaction in
            do {
              let value = try body(transaction)
              return Answer(error: nil) { continuation.resume(returning: value) }
            } catch {
              let error = error is DatabaseError ? transaction.storeError(error) : error
              return Answer(error: error) { continuation.resume(throwing: error) }
            }
          },
          fail: { continuation.resume(throwing: $0) }))
    }
  }

  /// Runs the body alone, outside of a transaction, after the bodies that came before it.
  func exclusively<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let isClosed = self.state.withLock { state in
        if state.isClosed { return true }
        state.exclusiveCount += 1
        self.pool.asyncWriteWithoutTransaction { database in
          self.state.withLock { $0.exclusiveCount -= 1 }
          self.memory.beginCommit(of: .everything)
          let result = Result { try body(database) }
          self.memory.endCommit()
          continuation.resume(with: result)
        }
        return false
      }
      if isClosed { continuation.resume(throwing: self.closed) }
    }
  }

  private var closed: StoreError {
    StoreError(
      code: .closed, path: self.path, attempted: "write to the database",
      detail: "it has been closed")
  }

  /// Refuses further bodies and returns once those before are answered.
  func close() async {
    self.state.withLock { $0.isClosed = true }
    // The writer's queue is serial, so this comes after the drain that may be under way.
    await withCheckedContinuation { continuation in
      self.pool.asyncWriteWithoutTransaction { _ in continuation.resume() }
    }
  }

  private func enqueue(isFirst: Bool, _ job: Job) {
    let isClosed = self.state.withLock { state in
      if state.isClosed { return true }
      if isFirst { state.first.append(job) } else { state.pending.append(job) }
      if !state.isDraining {
        state.isDraining = true
        // Within the lock, so that it is in the queue before whatever `close` puts there.
        self.pool.asyncWriteWithoutTransaction { self.drain($0) }
      }
      return false
    }
    if isClosed {
      job.fail(self.closed)
    }
  }

  private func drain(_ database: Database) {
    while true {
      let batch = self.state.withLock { state in
        if !state.first.isEmpty {
          defer { state.first = [] }
          return state.first[...]
        }
        if state.exclusiveCount > 0, !state.isClosed, !state.pending.isEmpty {
          // Behind it in the queue, so that writers who never pause don't keep it waiting. Within
          // the lock, for the sake of `close`.
          self.pool.asyncWriteWithoutTransaction { self.drain($0) }
          return ArraySlice<Job>()
        }
        let batch = state.pending.prefix(Self.longestBatch)
        state.pending.removeFirst(batch.count)
        state.isDraining = !batch.isEmpty
        return batch
      }
      if batch.isEmpty { return }
      self.commit(batch, in: database)
    }
  }

  private func commit(_ batch: ArraySlice<Job>, in database: Database) {
    let answers: [Answer]
    let start = ContinuousClock.now
    func report(isDurable: Bool) {
      self.onCommit(
        CommitReport(writeCount: batch.count, duration: .now - start, isDurable: isDurable))
    }
    do {
      answers = try self.run(batch, in: database)
    } catch {
      report(isDurable: false)
      if database.isInsideTransaction { try? database.rollback() }
      let error = StoreError(error, path: self.path, attempted: "commit to the database")
      for job in batch { job.fail(error) }
      return
    }
    report(isDurable: true)
    for answer in answers { answer.deliver() }
  }

  private func run(_ batch: ArraySlice<Job>, in database: Database) throws -> [Answer] {
    let raised = RaisedEpochs()
    let changed = ChangedRecords()
    let transaction = SQLiteTransaction(
      database: database, path: self.path, raised: raised, changed: changed)
    var answers: [Answer] = []
    try database.beginTransaction(.immediate)
    for job in batch {
      try transaction.execute("SAVEPOINT body", changing: .nothingRead)
      let raisedBefore = raised.marks.count
      let answer = job.run(transaction)
      // A full disk, for one, makes SQLite roll back the whole transaction by itself: then nothing
      // of this batch may be answered as done.
      guard database.isInsideTransaction else {
        throw answer.error
          ?? StoreError(
            code: .failed, path: self.path, attempted: "write to the database",
            detail: "SQLite rolled the transaction back")
      }
      if answer.error != nil {
        try transaction.execute("ROLLBACK TO body", changing: .nothingRead)
        raised.marks.removeSubrange(raisedBefore...)
      }
      try transaction.execute("RELEASE body", changing: .nothingRead)
      answers.append(answer)
    }
    // Before the commit: what is acknowledged is in both.
    if !raised.marks.isEmpty { try self.floor.append(raised.marks) }
    self.memory.beginCommit(of: changed.reach)
    defer { self.memory.endCommit() }
    try database.commit()
    return answers
  }
}
