import CloudCore
import DeviceProtocol
import Synchronization

/// A store in memory that can be made to refuse whatever changes how far receivers have come.
final class ForgetfulStore: CloudStore {
  private let store = MemoryStore()
  private let refusing = Mutex(false)

  var refusesMarks: Bool {
    get { self.refusing.withLock { $0 } }
    set { self.refusing.withLock { $0 = newValue } }
  }

  func write<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
  ) async throws -> Value {
    let refuses = self.refusesMarks
    return try await self.store.write { transaction in
      let before = try transaction.receivers()
      let value = try body(transaction)
      if refuses, try transaction.receivers() != before {
        throw StoreError(code: .failed, path: "", attempted: "mark an event", detail: "a test")
      }
      return value
    }
  }

  func saveSnapshot(
    _ name: SnapshotName, savedAt: UnixMilliseconds, machineAt: UnixMilliseconds
  ) async throws -> (info: SnapshotInfo, isNew: Bool) {
    try await self.store.saveSnapshot(name, savedAt: savedAt, machineAt: machineAt)
  }

  func restoreSnapshot<Value: Sendable>(
    _ name: SnapshotName, epochs: RestoredEpochs,
    _ body: @escaping @Sendable (any StoreTransaction, SnapshotInfo) throws -> Value,
    committed: @escaping @Sendable (Value) -> Void
  ) async throws -> Value? {
    try await self.store.restoreSnapshot(name, epochs: epochs, body, committed: committed)
  }

  func snapshots() async throws -> SnapshotList { try await self.store.snapshots() }

  func removeSnapshot(_ name: SnapshotName) async throws -> Bool {
    try await self.store.removeSnapshot(name)
  }

  func read<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    try await self.store.read(body)
  }
}
