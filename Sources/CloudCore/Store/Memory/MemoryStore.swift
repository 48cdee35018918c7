import Synchronization

/// The cloud's records in memory, for simulations and a cloud that need not outlive its process.
package final class MemoryStore: CloudStore {
  /// Held whenever `records` is used.
  private let lock = Mutex<Void>(())
  private nonisolated(unsafe) let records: MemoryRecords

  /// - Parameter forgetsUnsynced: Whether what was committed is durable only after `sync`, so that
  ///   `crash` takes it back; each write since then takes some 300 bytes. Otherwise each commit is
  ///   durable at once.
  package init(forgetsUnsynced: Bool = false) {
    self.records = MemoryRecords(forgetsUnsynced: forgetsUnsynced)
  }

  /// As `write(_:)`, for callers that are synchronous themselves. The transaction is of no use after
  /// the body has returned.
  package func transaction<Value, Failure: Error>(
    _ body: (any StoreTransaction) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try self.locked { records throws(Failure) in
      do throws(Failure) {
        let value = try body(records)
        records.commit()
        return value
      } catch {
        records.rollBack()
        throw error
      }
    }
  }

  /// As `read(_:)`, for callers that are synchronous themselves. Sees what was committed, also what
  /// is not yet durable. The reader is of no use after the body has returned.
  package func reading<Value, Failure: Error>(
    _ body: (any StoreReader) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try self.locked { records throws(Failure) in try body(records) }
  }

  package func write<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
  ) async throws -> Value {
    try self.transaction(body)
  }

  package func read<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    try self.reading(body)
  }

  /// Makes room for so many records: tables that grow to millions of them are copied many times on
  /// the way, and are up to twice as large as they need to be.
  package func reserve(accounts: Int, sessions: Int, devices: Int) {
    self.locked { records in
      records.tables.accounts.reserve(accounts)
      records.tables.sessions.reserve(sessions)
      records.tables.devices.reserve(devices)
    }
  }

  /// Makes durable what was committed. Forgets how to undo it: costs little, whatever its size.
  package func sync() { self.locked { $0.sync() } }

  /// Loses what was committed and not made durable: all is as at the last `sync`, or as when the
  /// store was made. Costs as much as the writes since then.
  package func crash() { self.locked { $0.crash() } }

  /// All records as they are now, also those that are not yet durable. Costs nothing at once; each
  /// table is copied when it is next written to.
  package func snapshot() -> MemorySnapshot {
    self.locked { MemorySnapshot(tables: $0.tables) }
  }

  /// Replaces all records by those of a snapshot, of whichever store. They are durable.
  package func restore(_ snapshot: MemorySnapshot) {
    self.locked { $0.restore(snapshot.tables) }
  }

  /// Runs the body alone. What it returns stays with the caller's thread, which is why it need not
  /// be sendable.
  func locked<Value, Failure: Error>(
    _ body: (MemoryRecords) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try self.lock.withLock { _ throws(Failure) in
      nonisolated(unsafe) let value = try body(self.records)
      return value
    }
  }
}
