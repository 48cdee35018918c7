import GRDB
import Synchronization

/// Connections for reads of a few rows, which run at once on the caller's thread: handing one to a
/// queue of the pool and waiting for it takes several times as long as the read itself.
final class BriefReaders: Sendable {
  private let free: Mutex<[DatabaseQueue]>
  private let all: [DatabaseQueue]

  /// - Parameter count: At least as many as threads will read at the same time.
  init(path: String, count: Int) throws {
    var configuration = Configuration()
    configuration.label = "cloud.brief"
    configuration.readonly = true
    let queues = try (0..<count).map { _ in
      try DatabaseQueue(path: path, configuration: configuration)
    }
    self.all = queues
    self.free = Mutex(queues)
  }

  /// Runs the body in a snapshot of the newest commit.
  ///
  /// - Returns: Nil if all connections are in use; the body was not run.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value? {
    guard let queue = self.free.withLock({ $0.popLast() }) else { return nil }
    defer { self.free.withLock { $0.append(queue) } }
    return try queue.unsafeRead { database in
      try database.run("BEGIN")
      do {
        let value = try body(database)
        try database.run("COMMIT")
        return value
      } catch {
        try? database.rollback()
        throw error
      }
    }
  }

  func close() throws {
    for queue in self.all { try queue.close() }
  }
}
