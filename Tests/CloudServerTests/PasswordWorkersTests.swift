import Testing

@testable import CloudServer

@Suite(.timeLimit(.minutes(5))) struct PasswordWorkersTests {
  @Test func `registrations take a quarter of the places, and logins get in beside them`()
    async throws
  {
    let workers = PasswordWorkers(threadCount: 2, queueCount: 6)
    let (starts, continuation) = AsyncStream.makeStream(of: Void.self)
    let isReleased = Flag()
    // Lets the registrations end also when an expectation throws.
    defer { isReleased.set() }
    let registrations = (0..<2).map { _ in
      Task {
        try await workers.run(for: .registration) {
          continuation.yield()
          while !isReleased.value {}
        }
      }
    }
    var started = starts.makeAsyncIterator()
    for _ in 0..<2 { await started.next() }

    await #expect(
      throws: HTTPFailure.unavailable("too many registrations at once", retryAfterSeconds: 1)
    ) { try await workers.run(for: .registration) {} }
    let logins = (0..<6).map { _ in Task { try await workers.run(for: .login) {} } }
    isReleased.set()
    for task in registrations + logins { try await task.value }
    // The places are free again.
    try await workers.run(for: .registration) {}
    try await workers.shutDown()
  }
}
