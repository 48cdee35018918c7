import CloudCore
import CloudStore
import TestSupport

/// The stores that must behave alike.
enum StoreKind: CaseIterable {
  case memory, sqlite

  /// Runs the body with an empty store, which is closed and removed after it.
  func withStore(_ body: (any CloudStore) async throws -> Void) async throws {
    switch self {
    case .memory:
      try await body(MemoryStore())
    case .sqlite:
      let folder = try TemporaryFolder()
      let store = try SQLiteStore(folder: folder.path)
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(store))
      } catch {
        result = .failure(error)
      }
      try await store.close()
      try result.get()
    }
  }
}
