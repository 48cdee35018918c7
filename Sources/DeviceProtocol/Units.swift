/// A point on a clock that only runs forward; milliseconds since an origin of the caller's choice.
package struct Instant: Equatable, Comparable, Sendable {
  package let milliseconds: UInt64
  package init(milliseconds: UInt64) { self.milliseconds = milliseconds }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Saturates at the clock's end.
  package func advanced(byMilliseconds count: UInt32) -> Instant {
    let (sum, overflow) = self.milliseconds.addingReportingOverflow(UInt64(count))
    return Instant(milliseconds: overflow ? .max : sum)
  }

  /// How much time has passed since an earlier instant; 0 if it is not earlier.
  package func milliseconds(since earlier: Instant) -> UInt64 {
    self > earlier ? self.milliseconds - earlier.milliseconds : 0
  }
}

/// Wall-clock time: milliseconds since 1970-01-01T00:00:00Z. It may jump, also back.
package struct UnixMilliseconds: Equatable, Comparable, Hashable, Sendable {
  package let value: UInt64
  package init(_ value: UInt64) { self.value = value }

  package static func < (left: UnixMilliseconds, right: UnixMilliseconds) -> Bool {
    left.value < right.value
  }
}

package enum DeviceKind: UInt8, Equatable, CaseIterable, Sendable {
  case camera = 0
  case scale = 1
}
