import DeviceProtocol

/// How long a login has to wait after failures. It delays a guesser without locking the owner out:
/// no wait is longer than a minute, and attempts made while waiting count for nothing.
enum LoginThrottle {
  private static let longestDelaySeconds: UInt32 = 60
  /// After this long without a failure the earlier ones are forgotten.
  private static let memorySeconds: UInt32 = 3_600

  /// Failures that cost nothing. An address may be many people's, such as a company's.
  private static func freeFailures(_ key: LoginAttemptKey) -> UInt32 {
    switch key {
    case .account, .userCodes: 5
    case .address: 20
    }
  }

  /// - Returns: Seconds to wait from now, rounded up; nil if an attempt may be made.
  static func retryAfterSeconds(
    _ attempts: LoginAttempts?, of key: LoginAttemptKey, at now: UnixMilliseconds
  ) -> UInt32? {
    // After a clock jumped back nobody waits for it to catch up: the next failure is stamped anew.
    guard let attempts, attempts.failures >= self.freeFailures(key), attempts.lastFailureAt <= now
    else { return nil }
    let doublings = min(attempts.failures - self.freeFailures(key), 6)
    let delay = UInt64(min(1 << doublings, self.longestDelaySeconds)) * 1_000
    let passed = now.milliseconds(since: attempts.lastFailureAt)
    return passed < delay ? UInt32((delay - passed + 999) / 1_000) : nil
  }

  static func counting(
    failureAfter attempts: LoginAttempts?, at now: UnixMilliseconds
  ) -> LoginAttempts {
    guard let attempts,
      now.milliseconds(since: attempts.lastFailureAt) < UInt64(self.memorySeconds) * 1_000
    else { return LoginAttempts(failures: 1, lastFailureAt: now) }
    let (failures, overflow) = attempts.failures.addingReportingOverflow(1)
    return LoginAttempts(failures: overflow ? .max : failures, lastFailureAt: now)
  }
}
