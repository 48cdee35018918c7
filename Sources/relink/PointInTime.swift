import ArgumentParser
import CloudCore
import DeviceProtocol

/// A time on the command line: ISO 8601 with a zone, milliseconds since 1970, or `now`.
struct PointInTime: ExpressibleByArgument {
  let text: String
  /// Since 1970; nil for `now`.
  let milliseconds: UInt64?

  init?(argument: String) {
    self.text = argument
    if argument == "now" {
      self.milliseconds = nil
    } else if let time = TimeText.parse(argument) {
      self.milliseconds = time.value
    } else {
      return nil
    }
  }
}

/// A time of the cloud's clock, which only the cloud knows how to compare.
struct CloudTime: ExpressibleByArgument {
  let text: String

  init?(argument: String) {
    guard TimeText.parse(argument) != nil else { return nil }
    self.text = argument
  }
}

/// A moment as commands show it.
enum ShownTime {
  /// To the millisecond.
  static func exact(_ milliseconds: UInt64) -> String {
    TimeText.text(UnixMilliseconds(milliseconds))
  }

  /// To the second.
  static func text(_ milliseconds: UInt64) -> String {
    TimeText.text(UnixMilliseconds(milliseconds), toMilliseconds: false)
  }
}
