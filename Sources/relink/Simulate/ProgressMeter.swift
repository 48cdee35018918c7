import Foundation
import Scenarios
import Synchronization

/// Tells how far an exploration is: one line on a terminal, elsewhere a line now and then.
final class ProgressMeter: Sendable {
  private let total: Int?
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let started = ContinuousClock.now
  private let state = Mutex(ContinuousClock.now)

  init(of total: Int?) { self.total = total }

  func show(_ progress: Exploration.Progress) {
    let now = ContinuousClock.now
    let isDue = self.state.withLock { last in
      guard now - last >= (self.isTerminal ? .milliseconds(200) : .seconds(30)) else {
        return false
      }
      last = now
      return true
    }
    guard isDue else { return }
    let seconds = (now - self.started).inSeconds
    let of = self.total.map { "/\($0)" } ?? ""
    let line =
      "\(progress.runs)\(of) runs, \(Self.rate(progress.events, seconds)) events/s, \(Self.days(progress.virtualMilliseconds, seconds)) days/s"
    FileHandle.standardError.writeIfPossible(
      self.isTerminal ? "\r\u{1B}[K\(line)" : line + "\n")
  }

  func finish() {
    if self.isTerminal { FileHandle.standardError.writeIfPossible("\r\u{1B}[K") }
  }

  static func summary(of progress: Exploration.Progress, seconds: Double) -> String {
    let time = String(format: "%.1f", seconds)
    return
      "\(progress.runs) runs, \(progress.events) events, \(SuitePrinter.span(progress.virtualMilliseconds)) of virtual time in \(time) s (\(self.rate(progress.events, seconds)) events/s, \(self.days(progress.virtualMilliseconds, seconds)) days/s)"
  }

  private static func rate(_ count: Int, _ seconds: Double) -> String {
    "\(Int(Double(count) / max(seconds, 0.001)))"
  }

  private static func days(_ milliseconds: UInt64, _ seconds: Double) -> String {
    String(format: "%.1f", Double(milliseconds) / 86_400_000 / max(seconds, 0.001))
  }
}
