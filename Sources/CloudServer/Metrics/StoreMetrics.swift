import CloudStore
import Synchronization

/// The commits of the database.
final class StoreMetrics: Sendable {
  private struct State {
    var durations = Histogram(
      bounds: [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5])
    var batches = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256])
    var failureCount: UInt64 = 0
  }

  private let state = Mutex(State())

  func record(_ commit: CommitReport) {
    let seconds = commit.duration.inSeconds
    self.state.withLock { state in
      guard commit.isDurable else {
        state.failureCount += 1
        return
      }
      state.durations.record(seconds)
      state.batches.record(Double(commit.writeCount))
    }
  }

  func write(to text: inout MetricText) {
    let state = self.state.withLock { $0 }
    let durations = "relink_store_commit_duration_seconds"
    text.begin(durations, .histogram, "From the first write of a commit until it was durable.")
    state.durations.write(durations, [], to: &text)
    let batches = "relink_store_commit_writes"
    text.begin(batches, .histogram, "How many writes shared a commit.")
    state.batches.write(batches, [], to: &text)
    let failures = "relink_store_commit_failures_total"
    text.begin(failures, .counter, "Commits that failed; whoever waited for them was told.")
    text.sample(failures, [], Double(state.failureCount))
  }
}
