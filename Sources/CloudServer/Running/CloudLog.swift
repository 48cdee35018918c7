import Foundation
import Glibc
package import Logging

/// How log lines are written to standard error.
package enum CloudLogFormat: String, Sendable, CaseIterable {
  case text
  /// One JSON object a line: `time`, `level`, `label`, `message` and the metadata.
  case json

  package func handler(label: String, level: Logger.Level) -> any LogHandler {
    switch self {
    case .text:
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = level
      return handler
    case .json:
      return JSONLogHandler(label: label, logLevel: level) { line in
        line.withUnsafeBytes { bytes in
          // One call for a line, so that lines of several threads do not mix. Where standard error
          // is closed there is nobody to tell.
          _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
      }
    }
  }
}

struct JSONLogHandler: LogHandler {
  let label: String
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  private let write: @Sendable ([UInt8]) -> Void

  /// - Parameter write: Takes a whole line with its line feed.
  init(label: String, logLevel: Logger.Level, write: @escaping @Sendable ([UInt8]) -> Void) {
    self.label = label
    self.logLevel = logLevel
    self.write = write
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { self.metadata[key] }
    set { self.metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var members: [String: String] = [:]
    for (key, value) in self.metadata { members[key] = "\(value)" }
    for (key, value) in event.metadata ?? [:] { members[key] = "\(value)" }
    if let error = event.error { members["error"] = "\(error)" }
    members["time"] = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    members["level"] = event.level.rawValue
    members["label"] = self.label
    members["message"] = event.message.description
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A dictionary of strings is always encodable.
    guard let line = try? encoder.encode(members) else { return }
    self.write(Array(line) + [UInt8(ascii: "\n")])
  }
}
