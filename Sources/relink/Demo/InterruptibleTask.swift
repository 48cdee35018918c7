import Dispatch
import Foundation
import Synchronization

/// Runs a task that Ctrl-C (SIGINT), SIGTERM and SIGHUP cancel instead of ending the process, so that
/// it can clean up. A second signal, also during that, ends the process at once, and so does one that
/// comes when the task is over.
enum InterruptibleTask {
  enum Outcome {
    case finished
    case failed(any Error)
    case interrupted(signal: Int32)
  }

  static func run(_ body: @escaping @Sendable () async throws -> Void) async -> Outcome {
    let received = Mutex<Int32?>(nil)
    // A queue of its own: the global one has no thread left while a simulation computes on all cores.
    let queue = DispatchQueue(label: "relink.signals", qos: .userInteractive)
    let task = Task { try await body() }
    let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      let former = signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        let isFirst = received.withLock { seen in
          defer { seen = seen ?? number }
          return seen == nil
        }
        if isFirst { task.cancel() } else { _exit(128 + number) }
      }
      source.resume()
      return (number, former, source)
    }
    let result = await task.result
    // A signal that came just now counts.
    queue.sync {}
    for (number, former, source) in sources {
      source.cancel()
      signal(number, former)
    }
    if let signal = received.withLock({ $0 }) { return .interrupted(signal: signal) }
    switch result {
    case .success: return .finished
    case .failure(let error): return .failed(error)
    }
  }
}
