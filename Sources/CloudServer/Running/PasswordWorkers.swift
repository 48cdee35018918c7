import NIOPosix
import Synchronization

/// Hashes passwords on threads of their own, for one takes tens of milliseconds and 16 MiB: few at
/// once, and the others wait in a queue that has an end.
package final class PasswordWorkers: Sendable {
  private let pool: NIOThreadPool
  private let capacity: Int
  /// Running and waiting.
  private let admitted = Atomic<Int>(0)

  /// - Parameters:
  ///   - threadCount: How many passwords are hashed at once.
  ///   - queueCount: How many more may wait.
  package init(threadCount: Int = 2, queueCount: Int = 32) {
    self.pool = NIOThreadPool(numberOfThreads: threadCount)
    self.capacity = threadCount + queueCount
    self.pool.start()
  }

  /// - Throws: `HTTPFailure.unavailable` when the queue is full, else what the work throws.
  func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    guard self.admit() else {
      throw HTTPFailure.unavailable("too many logins at once", retryAfterSeconds: 1)
    }
    defer { self.admitted.subtract(1, ordering: .relaxed) }
    return try await self.pool.runIfActive(work)
  }

  private func admit() -> Bool {
    let (_, count) = self.admitted.add(1, ordering: .relaxed)
    guard count <= self.capacity else {
      self.admitted.subtract(1, ordering: .relaxed)
      return false
    }
    return true
  }

  package func shutDown() async throws {
    try await self.pool.shutdownGracefully()
  }
}
