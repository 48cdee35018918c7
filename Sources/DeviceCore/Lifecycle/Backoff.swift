import DeviceProtocol

/// How long to wait between tries that fail in a row; base and cap are of `DeviceTiming`.
///
/// - SeeAlso: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
enum BackoffPolicy: UInt8, CaseIterable {
  /// 1 ms: not at all, but for letting a real process breathe.
  case none
  /// The base.
  case fixed
  /// min(cap, base·2ⁿ), n from 0.
  case exponential
  /// min(cap, random(base, 3·previous)), where the first previous is the base.
  case decorrelatedJitter
  /// random(0, min(cap, base·2ⁿ)), n from 0.
  case fullJitter

  /// Of several traits the one counts that does the cloud most harm: the first of these cases.
  init(_ traits: FirmwareTraits) {
    if traits.contains(.retriesAtOnce) {
      self = .none
    } else if traits.contains(.fixedBackoff) {
      self = .fixed
    } else if traits.contains(.backoffWithoutJitter) {
      self = .exponential
    } else if traits.contains(.decorrelatedJitter) {
      self = .decorrelatedJitter
    } else {
      self = .fullJitter
    }
  }
}

/// Counts failures in a row, and says how long to wait after each.
struct Backoff {
  /// A cloud that asks for a longer wait does not get it; a device must not sleep for years.
  static let retryAfterLimitSeconds: UInt32 = 3_600

  let policy: BackoffPolicy
  /// Failures in a row.
  private(set) var attempt: UInt16 = 0
  /// The last wait without what the cloud asked for; nil after none.
  private var previous: UInt32?

  init(_ policy: BackoffPolicy = .fullJitter) { self.policy = policy }

  mutating func reset() { self = Backoff(self.policy) }

  /// How long to wait after one more failure, in milliseconds.
  ///
  /// - Parameter retryAfterSeconds: What the cloud asked for. The wait of the policy comes on top of
  ///   it: without its jitter all that were told the same would return together.
  mutating func next(
    timing: DeviceTiming, retryAfterSeconds: UInt32?, random: inout RandomGenerator
  ) -> UInt32 {
    let wait = self.wait(timing: timing, random: &random)
    if self.attempt < .max { self.attempt += 1 }
    self.previous = wait
    let floor = min(retryAfterSeconds ?? 0, Self.retryAfterLimitSeconds) * 1_000
    let (sum, overflow) = floor.addingReportingOverflow(wait)
    return overflow ? .max : sum
  }

  private func wait(timing: DeviceTiming, random: inout RandomGenerator) -> UInt32 {
    let base = timing.backoffBaseMilliseconds
    var doubled = UInt64(base) << UInt64(min(self.attempt, 31))
    if isPlanted(.backoffOverflows) { doubled &= 0xffff_ffff }
    let cap = isPlanted(.backoffUncapped) ? .max : timing.backoffCapMilliseconds
    let limit = UInt32(clamping: min(UInt64(cap), doubled))
    switch self.policy {
    case .none: return 1
    case .fixed: return max(1, base)
    case .exponential: return max(1, limit)
    case .decorrelatedJitter:
      let highest = UInt32(clamping: UInt64(self.previous ?? base) * 3)
      let drawn = base + random.number(upTo: max(base, highest) - base)
      return max(1, min(timing.backoffCapMilliseconds, drawn))
    case .fullJitter: return random.number(upTo: limit)
    }
  }
}
