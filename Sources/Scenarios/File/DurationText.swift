/// Durations as scenario files have them: a whole number and a unit.
enum DurationText {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  enum Reading: Equatable {
    case duration(Duration)
    /// Longer than `DurationRule.longest`, either way.
    case tooLong
    case noDuration
  }

  static func read(_ text: String) -> Reading {
    let isNegative = text.hasPrefix("-")
    let unsigned = text.dropFirst(isNegative ? 1 : 0)
    let digits = unsigned.prefix { $0.isASCII && $0.isNumber }
    let unit = unsigned.dropFirst(digits.count)
    guard !digits.isEmpty, let scale = Self.units.first(where: { $0.name == unit })?.milliseconds
    else { return .noDuration }
    guard let count = Int64(digits) else { return .tooLong }
    let (milliseconds, overflows) = count.multipliedReportingOverflow(by: scale)
    guard !overflows, milliseconds <= DurationRule.longest.wholeSeconds * 1_000 else {
      return .tooLong
    }
    return .duration(.milliseconds(isNegative ? -milliseconds : milliseconds))
  }

  /// In the largest unit that says it exactly; parts of a millisecond are dropped.
  static func text(of duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    guard milliseconds != 0 else { return "0s" }
    let unit = Self.units.first { milliseconds % $0.milliseconds == 0 } ?? ("ms", 1)
    return "\(milliseconds / unit.milliseconds)\(unit.name)"
  }
}

extension Duration {
  package var wholeSeconds: Int64 { self.components.seconds }
}
