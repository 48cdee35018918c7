import ArgumentParser
import Foundation

/// A time on the command line: ISO 8601 with a zone, milliseconds since 1970, or `now`.
struct PointInTime: ExpressibleByArgument {
  let text: String
  /// Since 1970; nil for `now`.
  let milliseconds: UInt64?

  init?(argument: String) {
    self.text = argument
    if argument == "now" {
      self.milliseconds = nil
    } else if let number = UInt64(argument) {
      self.milliseconds = number
    } else {
      let style = Date.ISO8601FormatStyle()
      guard
        let date = (try? style.parse(argument))
          ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(argument)),
        date.timeIntervalSince1970 >= 0
      else { return nil }
      self.milliseconds = UInt64((date.timeIntervalSince1970 * 1_000).rounded())
    }
  }
}
