import CloudCore
import DeviceProtocol
import Foundation

/// Times as people and programs write them to operators' routes.
enum TimeText {
  /// - Parameter text: Milliseconds since 1970 in digits, or ISO 8601 with a zone, such as
  ///   `2026-01-31T12:00:00Z` or `2026-01-31T12:00:00.250Z`.
  /// - Returns: Nil for anything else, and for times before 1970 or after the year 9999.
  static func parse(_ text: String) -> UnixMilliseconds? {
    if let milliseconds = UInt64(text) {
      let time = UnixMilliseconds(milliseconds)
      return time <= ClockSetting.latest ? time : nil
    }
    let date =
      (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
      ?? (try? Date(text, strategy: .iso8601))
    guard let milliseconds = date.map({ ($0.timeIntervalSince1970 * 1_000).rounded() }),
      (0...Double(ClockSetting.latest.value)).contains(milliseconds)
    else { return nil }
    return UnixMilliseconds(UInt64(milliseconds))
  }

  /// In ISO 8601, in UTC, with milliseconds.
  static func text(_ time: UnixMilliseconds) -> String {
    Date(timeIntervalSince1970: Double(time.value) / 1_000)
      .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}
