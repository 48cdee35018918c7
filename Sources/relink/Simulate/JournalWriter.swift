import Foundation
import Scenarios
import Simulation

/// Writes a run's journal as JSON lines, and keeps the first error for the end.
final class JournalWriter {
  private let handle: FileHandle
  private var buffer = Data()
  private var problem: (any Error)?

  /// - Throws: What the system says when the file cannot be made.
  init(_ path: String) throws {
    try Data().write(to: URL(fileURLWithPath: path))
    self.handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  func write(_ entry: LogEntry) {
    self.buffer.append(contentsOf: entry.json)
    self.buffer.append(UInt8(ascii: "\n"))
    if self.buffer.count >= 1 << 16 { self.flush() }
  }

  /// - Returns: What the system said when something could not be written.
  func close() -> String? {
    self.flush()
    do {
      try self.handle.synchronize()
      try self.handle.close()
    } catch {
      self.problem = self.problem ?? error
    }
    return self.problem.map { PlainError.text(of: $0) }
  }

  private func flush() {
    guard self.problem == nil else {
      self.buffer = Data()
      return
    }
    do {
      try self.handle.write(contentsOf: self.buffer)
    } catch {
      self.problem = error
    }
    self.buffer = Data()
  }
}
