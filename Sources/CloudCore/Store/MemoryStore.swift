import Synchronization

/// The cloud's records in memory, for simulations and a cloud that need not outlive its process.
package final class MemoryStore: CloudStore {
  private let records = Mutex(MemoryRecords())

  package init() {}

  /// As `write(_:)`, for callers that are synchronous themselves.
  package func transaction<Value: Sendable>(
    _ body: (any StoreTransaction) throws -> Value
  ) throws -> Value {
    try self.records.withLock { records in
      do {
        let value = try body(records)
        records.commit()
        return value
      } catch {
        records.rollBack()
        throw error
      }
    }
  }

  package func write<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
  ) async throws -> Value {
    try self.transaction(body)
  }

  package func read<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    try self.records.withLock { try body($0) }
  }
}
