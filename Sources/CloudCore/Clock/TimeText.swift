package import DeviceProtocol

/// Times as people and programs write and read them: ISO 8601 (RFC 3339), in whole milliseconds. All
/// of it is done with integers: a floating-point second has no exact millisecond.
package enum TimeText {
  /// - Parameter text: Milliseconds since 1970 in digits, or ISO 8601 with a zone, such as
  ///   `2026-01-31T12:00:00Z` or `2026-01-31T12:00:00.250+01:00`. What is finer than a millisecond
  ///   is cut off.
  /// - Returns: Nil for anything else, for a day or an hour that there is not, and for times before
  ///   1970 or after the year 9999.
  package static func parse(_ text: String) -> UnixMilliseconds? {
    var reader = Reader(Array(text.utf8))
    if let number = UInt64(text), reader.bytes.first != UInt8(ascii: "+") {
      return number <= ClockSetting.latest.value ? UnixMilliseconds(number) : nil
    }
    guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2),
      reader.skip("-"), let day = reader.number(2), reader.skip("T") || reader.skip("t"),
      let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2),
      reader.skip(":"), let second = reader.number(2),
      let millisecond = reader.fraction(), let offset = reader.zone(), reader.isAtEnd,
      (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day),
      hour < 24, minute < 60, second < 60
    else { return nil }
    let minutes = (Self.days(to: year, month, day) * 24 + hour) * 60 + minute - offset
    let time = (minutes * 60 + second) * 1_000 + millisecond
    guard time >= 0, time <= Int64(ClockSetting.latest.value) else { return nil }
    return UnixMilliseconds(UInt64(time))
  }

  /// In UTC, as in `2026-01-31T12:00:00.250Z`.
  ///
  /// - Parameter toMilliseconds: False for whole seconds.
  package static func text(_ time: UnixMilliseconds, toMilliseconds: Bool = true) -> String {
    let (seconds, millisecond) = time.value.quotientAndRemainder(dividingBy: 1_000)
    let (day, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let (year, month, dayOfMonth) = Self.date(day: Int64(day))
    func padded(_ number: some BinaryInteger, _ width: Int) -> String {
      let digits = "\(number)"
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
      + "T\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
      + (toMilliseconds ? ".\(padded(millisecond, 3))Z" : "Z")
  }

  // The Gregorian calendar repeats itself every 400 years, which are 146,097 days. Years are counted
  // from March, so that the day that leap years have more is the last.

  /// - Returns: Days from 1970-01-01.
  private static func days(to year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted % 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// - Parameter day: From 1970-01-01, not negative.
  private static func date(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (day + 719_468).quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  private struct Reader {
    let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { self.index == self.bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard self.index < self.bytes.count, self.bytes[self.index] == UInt8(ascii: character)
      else { return false }
      self.index += 1
      return true
    }

    private mutating func digit() -> Int64? {
      guard self.index < self.bytes.count,
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self.bytes[self.index])
      else { return nil }
      defer { self.index += 1 }
      return Int64(self.bytes[self.index] - UInt8(ascii: "0"))
    }

    /// Of exactly so many digits.
    mutating func number(_ width: Int) -> Int64? {
      var number: Int64 = 0
      for _ in 0..<width {
        guard let digit = self.digit() else { return nil }
        number = number * 10 + digit
      }
      return number
    }

    /// - Returns: Milliseconds; 0 when there is no fraction; nil when it has no digit.
    mutating func fraction() -> Int64? {
      guard self.skip(".") else { return 0 }
      guard let first = self.digit() else { return nil }
      var milliseconds = first * 100
      var weight: Int64 = 10
      while let digit = self.digit() {
        milliseconds += digit * weight
        weight /= 10
      }
      return milliseconds
    }

    /// As in `Z`, `+01:00`, `+0100` and `+01`.
    ///
    /// - Returns: Minutes east of UTC.
    mutating func zone() -> Int64? {
      if self.skip("Z") || self.skip("z") { return 0 }
      let sign: Int64
      if self.skip("+") { sign = 1 } else if self.skip("-") { sign = -1 } else { return nil }
      guard let hours = self.number(2), hours < 24 else { return nil }
      guard !self.isAtEnd else { return sign * hours * 60 }
      _ = self.skip(":")
      guard let minutes = self.number(2), minutes < 60 else { return nil }
      return sign * (hours * 60 + minutes)
    }
  }
}
