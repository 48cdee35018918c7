import NIOCore

/// Runs the tasks of a connection on its event loop's thread.
///
/// A hop to the shared pool's threads and back wakes two sleeping threads; that costs more than most
/// answers take. What is slow (passwords, commits) runs on threads of its own and is waited for.
final class EventLoopTasks: TaskExecutor {
  private let eventLoop: any EventLoop

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    self.eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Runs what takes a processor for long on the shared pool's threads instead: a task of its own has not
/// the connection's for its own.
func offEventLoop<Value: Sendable>(
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await Task { try await body() }.value
}
