import DeviceProtocol

/// Login attempts by whose they are and by age.
struct LoginAttemptTable: Sendable {
  private var attempts: [LoginAttemptKey: LoginAttempts] = [:]
  private var queue = ExpiryQueue<LoginAttemptKey>()

  var count: Int { self.attempts.count }

  subscript(key: LoginAttemptKey) -> LoginAttempts? { self.attempts[key] }

  /// - Parameter attempts: Nil forgets them.
  /// - Returns: What was there.
  mutating func put(_ attempts: LoginAttempts?, for key: LoginAttemptKey) -> LoginAttempts? {
    guard let attempts else { return self.attempts.removeValue(forKey: key) }
    let former = self.attempts.updateValue(attempts, forKey: key)
    if former?.lastFailureAt != attempts.lastFailureAt {
      self.queue.add(key, at: attempts.lastFailureAt)
    }
    return former
  }

  /// Removes one whose last failure was before this time.
  ///
  /// - Returns: Nil if there is none.
  mutating func removeOne(
    lastFailureBefore time: UnixMilliseconds
  ) -> (key: LoginAttemptKey, attempts: LoginAttempts)? {
    while let key = self.queue.next(before: time) {
      if let attempts = self.attempts[key], attempts.lastFailureAt < time {
        self.attempts[key] = nil
        return (key, attempts)
      }
    }
    return nil
  }

  /// Removes the one whose last failure is the longest ago.
  ///
  /// - Returns: Nil if there is none.
  mutating func removeOldest() -> (key: LoginAttemptKey, attempts: LoginAttempts)? {
    while let (time, key) = self.queue.removeFirst() {
      // One that has failed again has another entry, further back.
      if let attempts = self.attempts[key], attempts.lastFailureAt == time {
        self.attempts[key] = nil
        return (key, attempts)
      }
    }
    return nil
  }
}
