package import Simulation
import Synchronization

/// Runs what is drawn from one seed after another until one fails, all are done, or it is time.
package struct Exploration: Sendable {
  package var firstSeed: UInt64 = 1
  /// Nil goes on until `isOver`.
  package var seeds: Int?
  package var jobs: Int
  package var isOver: @Sendable () -> Bool = { false }
  private let firmware: FirmwareTable

  package init(firmware: FirmwareTable) {
    self.firmware = firmware
    self.jobs = ParallelRuns.defaultWidth
  }

  package struct Progress: Sendable {
    package var runs = 0
    package var events = 0
    package var virtualMilliseconds: UInt64 = 0
    /// The smallest seed that failed.
    package var failedSeed: UInt64?
    package init() {}
  }

  /// - Parameter tell: Told after each run; one that is interrupted is none.
  package func run(tell: @escaping @Sendable (Progress) -> Void) async -> Progress {
    let progress = Mutex(Progress())
    let (firstSeed, firmware, isOver) = (self.firstSeed, self.firmware, self.isOver)
    // None comes after the last that there is.
    let count = self.seeds ?? Int(clamping: UInt64.max - firstSeed)
    await ParallelRuns.run(count: count, width: self.jobs) {
      // A smaller seed may still be under way on another thread; none is begun any more.
      isOver() || progress.withLock { $0.failedSeed != nil }
    } _: { index in
      let seed = firstSeed &+ UInt64(index)
      return VirtualRun.run(
        ScenarioDraw.scenario(seed: seed), seed: seed, firmware: firmware,
        isOver: { Task.isCancelled }
      ).outcome
    } done: { index, outcome in
      guard !outcome.isInterrupted else { return }
      let now = progress.withLock { progress in
        progress.runs += 1
        progress.events += outcome.statistics.events
        progress.virtualMilliseconds += outcome.statistics.milliseconds
        if !outcome.passed {
          progress.failedSeed = min(progress.failedSeed ?? .max, outcome.seed)
        }
        return progress
      }
      tell(now)
    }
    return progress.withLock { $0 }
  }
}
