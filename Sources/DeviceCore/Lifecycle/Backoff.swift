/// Full-jitter exponential backoff: after the nth failure in a row (from 0) wait
/// random(0, min(cap, base·2ⁿ)).
///
/// - SeeAlso: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
struct Backoff {
  /// A cloud that asks for a longer wait does not get it; a device must not sleep for years.
  static let retryAfterLimitSeconds: UInt32 = 3_600

  /// Failures in a row.
  private(set) var attempt: UInt16 = 0

  mutating func reset() { self.attempt = 0 }

  /// How long to wait after one more failure, in milliseconds.
  ///
  /// - Parameter retryAfterSeconds: What the cloud asked for. The jitter comes on top of it, or all
  ///   that were told the same would return together.
  mutating func next(
    timing: DeviceTiming, retryAfterSeconds: UInt32?, random: inout RandomGenerator
  ) -> UInt32 {
    let doubled = UInt64(timing.backoffBaseMilliseconds) << UInt64(min(self.attempt, 31))
    let limit = min(UInt64(timing.backoffCapMilliseconds), doubled)
    if self.attempt < .max { self.attempt += 1 }
    let jitter = random.number(upTo: UInt32(truncatingIfNeeded: limit))
    let floor = min(retryAfterSeconds ?? 0, Self.retryAfterLimitSeconds) * 1_000
    let (sum, overflow) = floor.addingReportingOverflow(jitter)
    return overflow ? .max : sum
  }
}
