import DeviceProtocol

// Answers of the flash.

extension Device {
  /// An older write of the same key that a newer one follows means nothing any more.
  mutating func recordStored(_ key: RecordKey, now: Instant) {
    guard let record = self.writer.ended(key) else { return }
    self.writer.succeeded(record)
    switch key {
    case .counters: self.countersStored()
    case .credentials: self.credentialsStored(now: now)
    default: break
    }
  }

  /// Keeps trying to write the record, but for credentials that something waits for: those are not
  /// used, and asked for once more.
  mutating func recordFailed(_ key: RecordKey, now: Instant) {
    guard let record = self.writer.ended(key) else { return }
    if key == .credentials, self.credentialsFailed(now: now) { return }
    self.writer.retry(record, now: now, timing: self.timing, random: &self.random)
  }

  private mutating func credentialsStored(now: Instant) {
    switch self.state {
    case .pairing(.storing(_, let grant)): self.pairingStored(grant, now: now)
    case .loggedOut(.storing(let grant)): self.relinkStored(grant, now: now)
    case .online, .offline(.renewing):
      guard let (credentials, step) = self.state.renewal else { return }
      self.renewalStored(credentials, step, now: now)
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting: break
    }
  }

  /// - Returns: Whether something waited for the write.
  private mutating func credentialsFailed(now: Instant) -> Bool {
    switch self.state {
    case .pairing(.storing(let token, _)):
      if self.wifi.joined == nil {
        self.state = .joiningWiFi(.pair(token: token))
      } else {
        self.state = .pairing(.waiting(token: token, until: self.cloudRetry(now: now)))
      }
    case .loggedOut(.storing):
      if self.wifi.joined == nil {
        self.state = .loggedOut(.unlinked)
      } else {
        self.askAgainLater(now: now, retryAfterSeconds: nil)
      }
    case .online, .offline(.renewing):
      guard let (credentials, step) = self.state.renewal else { return false }
      switch step {
      case .removing, .storing: self.renewalStoreFailed(credentials, now: now)
      case .waiting, .requesting: return false
      }
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting:
      return false
    }
    return true
  }
}
