package import DeviceProtocol

/// How long somebody has to wait after failures. It delays a guesser without locking the owner out:
/// waits have an end, attempts made while waiting count for nothing, and whoever is known to the
/// account (`BrowserMark`, a session) has a budget that a stranger cannot use up.
enum LoginThrottle {
  /// After this long without a failure the earlier ones are forgotten.
  static let memorySeconds: UInt32 = 3_600
  /// How many are remembered at once; the oldest go first.
  static let longestMemory = 100_000

  /// Failures that cost nothing. An address may be many people's, such as a company's.
  private static func freeFailures(_ key: LoginAttemptKey) -> UInt32 {
    switch key {
    case .account, .browser, .session, .secondFactor, .userCodes: 5
    case .address: 20
    case .registration, .accountFrom: .max
    }
  }

  private static func longestDelaySeconds(_ key: LoginAttemptKey) -> UInt32 {
    switch key {
    case .account, .accountFrom, .address, .browser, .session, .registration, .userCodes: 60
    // There are a million codes, of which three are right: at one a minute somebody who knows the
    // password would be in within half a year.
    case .secondFactor: 900
    }
  }

  /// How many times as long as another an address waits for an account at which it has failed so often.
  /// So whoever goes on hammering an account has to leave the next attempt to the others each time, and
  /// cannot win every one; and guessers together get no more attempts than one would.
  private static func patience(afterFailures count: UInt32) -> UInt64 {
    1 + UInt64(min(count > self.patientFailures ? count - self.patientFailures : 0, 10))
  }

  /// More than a person mistypes.
  private static let patientFailures: UInt32 = 15

  /// - Parameter failuresFromHere: At this account, of who asks.
  /// - Returns: Seconds to wait from now, rounded up; nil if an attempt may be made.
  static func retryAfterSeconds(
    _ attempts: LoginAttempts?, of key: LoginAttemptKey, failuresFromHere: UInt32 = 0,
    at now: UnixMilliseconds
  ) -> UInt32? {
    // After a clock jumped back nobody waits for it to catch up: the next failure is stamped anew.
    guard let attempts, attempts.failures >= self.freeFailures(key), attempts.lastFailureAt <= now
    else { return nil }
    let doublings = min(attempts.failures - self.freeFailures(key), 10)
    let delay =
      UInt64(min(1 << doublings, self.longestDelaySeconds(key))) * 1_000
      * self.patience(afterFailures: failuresFromHere)
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

  /// Takes one from an allowance of so many an hour, which fills up evenly (the generic cell rate
  /// algorithm of ITU-T I.371).
  ///
  /// - Returns: What to keep, or how long to wait for the next.
  static func taking(
    after attempts: LoginAttempts?, allowance perHour: UInt32, at now: UnixMilliseconds
  ) -> Taking {
    let hour: UInt64 = 3_600_000
    let interval = max(1, hour / UInt64(max(1, perHour)))
    var full = attempts?.lastFailureAt.value ?? 0
    // From a clock that has jumped back since.
    if full < now.value || full - now.value > hour { full = now.value }
    let wait = full - now.value
    guard wait + interval <= hour else {
      return .wait(seconds: UInt32((wait + interval - hour + 999) / 1_000))
    }
    return .taken(LoginAttempts(failures: 1, lastFailureAt: UnixMilliseconds(full + interval)))
  }

  enum Taking: Equatable {
    case taken(LoginAttempts)
    case wait(seconds: UInt32)
  }
}

extension Cloud {
  /// Of all these together.
  func retryAfterSeconds(
    _ keys: [LoginAttemptKey], in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> UInt32? {
    var failuresFromHere: UInt32 = 0
    for case .accountFrom(let email, let address) in keys {
      failuresFromHere =
        try reader.loginAttempts(for: .accountFrom(email, address))?.failures ?? 0
    }
    return try keys.compactMap { key in
      let isAccounts = if case .account = key { true } else { false }
      return LoginThrottle.retryAfterSeconds(
        try reader.loginAttempts(for: key), of: key,
        failuresFromHere: isAccounts ? failuresFromHere : 0, at: now)
    }.max()
  }

  func countFailure(
    _ keys: [LoginAttemptKey], in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws {
    for key in keys {
      let attempts = try transaction.loginAttempts(for: key)
      try transaction.save(LoginThrottle.counting(failureAfter: attempts, at: now), for: key)
    }
    let memory = UInt64(LoginThrottle.memorySeconds) * 1_000
    try transaction.removeLoginAttempts(
      before: UnixMilliseconds(now.value > memory ? now.value - memory : 0),
      keeping: LoginThrottle.longestMemory)
  }

  /// Takes one from the address's allowance of registrations, whatever comes of it.
  ///
  /// - Returns: Nil, or how long to wait.
  package func admitRegistration(
    from address: RemoteAddress, in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> UInt32? {
    let key = LoginAttemptKey.registration(address.network)
    let attempts = try transaction.loginAttempts(for: key)
    let allowance = self.configuration.registrationsPerHour
    guard allowance > 0 else { return nil }
    switch LoginThrottle.taking(after: attempts, allowance: allowance, at: now) {
    case .wait(let seconds): return seconds
    case .taken(let attempts):
      try transaction.save(attempts, for: key)
      try self.countFailure([], in: transaction, at: now)
      return nil
    }
  }
}
