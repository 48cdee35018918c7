import NIOPosix
import Synchronization

/// Hashes passwords on threads of their own, for one takes tens of milliseconds and 16 MiB: few at
/// once, and the others wait in a queue that has an end.
package final class PasswordWorkers: Sendable {
  private let pool: NIOThreadPool
  private let capacity: Int
  /// Of which strangers who open accounts may take no more than these: owners get in beside them.
  private let registrationCapacity: Int
  /// Running and waiting.
  private let admitted = Atomic<Int>(0)
  private let admittedRegistrations = Atomic<Int>(0)

  /// What a password is hashed for.
  enum Purpose { case login, registration }

  /// - Parameters:
  ///   - threadCount: How many passwords are hashed at once.
  ///   - queueCount: How many more may wait.
  package init(threadCount: Int = 2, queueCount: Int = 32) {
    self.pool = NIOThreadPool(numberOfThreads: threadCount)
    self.capacity = threadCount + queueCount
    self.registrationCapacity = max(1, self.capacity / 4)
    self.pool.start()
  }

  /// - Throws: `HTTPFailure.unavailable` when the queue is full, else what the work throws.
  func run<Value: Sendable>(
    for purpose: Purpose, _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    switch purpose {
    case .login:
      return try await self.run(work)
    case .registration:
      guard Self.admit(to: self.admittedRegistrations, upTo: self.registrationCapacity) else {
        throw HTTPFailure.unavailable("too many registrations at once", retryAfterSeconds: 1)
      }
      defer { self.admittedRegistrations.subtract(1, ordering: .relaxed) }
      return try await self.run(work)
    }
  }

  private func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    guard Self.admit(to: self.admitted, upTo: self.capacity) else {
      throw HTTPFailure.unavailable("too many logins at once", retryAfterSeconds: 1)
    }
    defer { self.admitted.subtract(1, ordering: .relaxed) }
    return try await self.pool.runIfActive(work)
  }

  private static func admit(to places: borrowing Atomic<Int>, upTo capacity: Int) -> Bool {
    let (_, count) = places.add(1, ordering: .relaxed)
    guard count <= capacity else {
      places.subtract(1, ordering: .relaxed)
      return false
    }
    return true
  }

  package func shutDown() async throws {
    try await self.pool.shutdownGracefully()
  }
}
