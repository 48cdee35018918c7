import Foundation
import Synchronization

/// Runs independent pieces of work on several threads and gives their results in their order,
/// whatever the number of threads.
enum ParallelRuns {
  private final class State: Sendable {
    let next = Atomic<Int>(0)
    let turn = Mutex<Void>(())
  }

  /// As many as the machine has cores for us.
  static var defaultWidth: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// - Parameters:
  ///   - count: Nil goes on until `isOver` says so or the task is cancelled.
  ///   - isOver: Asked before each piece is begun.
  ///   - done: Told of each result, by any thread, one at a time.
  /// - Returns: Those that were done; all before the first that was not begun are there.
  static func run<Value: Sendable>(
    count: Int?, width: Int, isOver: @escaping @Sendable () -> Bool = { false },
    _ body: @escaping @Sendable (Int) async -> Value,
    done: @escaping @Sendable (Int, Value) -> Void
  ) async {
    let state = State()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<max(1, width) {
        group.addTask {
          while !Task.isCancelled, !isOver() {
            let index = state.next.add(1, ordering: .relaxed).oldValue
            if let count, index >= count { return }
            let value = await body(index)
            state.turn.withLock { _ in done(index, value) }
          }
        }
      }
    }
  }
}
