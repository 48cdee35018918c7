import Foundation
import Synchronization

/// A program that is run for what it prints.
enum ChildProgram {
  /// Runs it to its end. Cancelled, it is killed: it may have inherited that signals are ignored.
  ///
  /// - Returns: What it printed; nil if it failed.
  static func output(of executable: String, _ arguments: [String]) async throws -> Data? {
    try Task.checkCancellation()
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.standardOutput = pipe
    try process.run()
    // 0 once it has been waited for: its id may be another process's then.
    let identifier = Mutex(process.processIdentifier)
    return try await withTaskCancellationHandler {
      let output = await Self.read(pipe.fileHandleForReading)
      identifier.withLock { identifier in
        process.waitUntilExit()
        identifier = 0
      }
      try Task.checkCancellation()
      return process.terminationStatus == 0 ? output : nil
    } onCancel: {
      identifier.withLock { if $0 > 0 { _ = kill($0, SIGKILL) } }
    }
  }

  /// On a thread of its own, for it waits.
  private static func read(_ handle: FileHandle) async -> Data {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: handle.readDataToEndOfFile()) }
    }
  }
}
