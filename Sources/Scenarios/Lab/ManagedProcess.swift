import Foundation
import Subprocess
import SystemPackage

/// A program that the lab runs: its standard output is a journal (also kept as a file of JSON
/// lines), its standard error a file.
package actor ManagedProcess {
  package nonisolated let name: String
  package nonisolated let journal: Journal
  private let executable: String
  private let arguments: [String]
  private let logs: Logs
  private var run: Task<TerminationStatus?, Never>?
  private var identifier: ProcessIdentifier?

  /// The files that a process's words are appended to.
  package struct Logs: Sendable {
    package let standardOutput: String
    package let standardError: String
  }

  package init(
    name: String, executable: String, arguments: [String], logs: Logs, journal: Journal
  ) {
    self.name = name
    self.executable = executable
    self.arguments = arguments
    self.logs = logs
    self.journal = journal
  }

  package var processID: Int32? { self.identifier?.value }

  /// Starts it; a process that has ended can be started again and goes on in the same journal.
  package func start() async throws {
    guard self.run == nil else {
      throw LabError(.notStarted, "\(self.name) runs already")
    }
    await self.journal.reopen()
    let standardError = try Self.open(self.logs.standardError)
    let standardOutput = try Self.open(self.logs.standardOutput)
    let (started, startedContinuation) = AsyncStream.makeStream(of: ProcessIdentifier.self)
    let run = Task { [executable, arguments, journal] () -> TerminationStatus? in
      defer {
        startedContinuation.finish()
        try? standardOutput.close()
      }
      let result = try? await Subprocess.run(
        .path(FilePath(executable)), arguments: Arguments(arguments), input: .none,
        output: .sequence, error: .fileDescriptor(standardError, closeAfterSpawningProcess: true)
      ) { execution in
        startedContinuation.yield(execution.processIdentifier)
        for try await line in execution.standardOutput.strings() {
          _ = try? standardOutput.writeAll(Array((line + "\n").utf8))
          if let entry = JournalEntry(line: line) { await journal.append(entry) }
        }
      }
      // It has been waited for: from now on its id may become another process's.
      self.forgetIdentifier()
      await journal.close()
      return result?.terminationStatus
    }
    self.run = run
    // In a task of its own, which is not cancelled with the caller's: what is being started must
    // be known, or nobody stops it.
    self.identifier = await Task {
      for await identifier in started { return identifier }
      return nil
    }.value
    guard self.identifier == nil else { return }
    _ = await run.value
    self.run = nil
    throw LabError(.notStarted, "\(self.name): \(self.executable) could not be started")
  }

  /// Waits until it has ended.
  ///
  /// - Returns: Its exit code, or minus the signal that ended it.
  @discardableResult
  package func waitUntilEnded() async -> Int32 {
    guard let run = self.run else { return 0 }
    let status = await run.value
    self.run = nil
    switch status {
    case .exited(let code): return code
    case .signaled(let signal): return -signal
    case nil: return -1
    }
  }

  /// Ends it with SIGKILL: it can do nothing about it.
  package func kill() async {
    self.send(SIGKILL)
    await self.waitUntilEnded()
  }

  /// Asks it to end; after two seconds it is killed.
  ///
  /// - Returns: As `waitUntilEnded()`.
  @discardableResult
  package func stop() async -> Int32 {
    self.send(SIGTERM)
    let insist = Task {
      try await Task.sleep(for: .seconds(2))
      self.send(SIGKILL)
    }
    defer { insist.cancel() }
    return await self.waitUntilEnded()
  }

  private static func open(_ path: String) throws(LabError) -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite])
    } catch {
      throw LabError(.file, "the log \(path): \(error)")
    }
  }

  private func send(_ signal: Int32) {
    guard let identifier = self.identifier else { return }
    _ = Glibc.kill(identifier.value, signal)
  }

  private func forgetIdentifier() { self.identifier = nil }
}
