import Logging
import Synchronization

@testable import CloudServer

/// Collects what is logged, as JSON lines.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])
  var all: [String] { self.lines.withLock { $0 } }

  func logger(level: Logger.Level) -> Logger {
    Logger(label: "test") { label in
      JSONLogHandler(label: label, logLevel: level) { line in
        self.lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
      }
    }
  }
}
