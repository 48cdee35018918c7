import DeviceProtocol

/// The device's side of one Wi-Fi network: joins it, and joins it again when that fails or the
/// network is lost.
struct WiFiStation {
  private enum State {
    case off
    /// `airChanged`: the networks in reach have changed since the join began, so that its failure
    /// is no reason to wait.
    case joining(WiFiCredentials, airChanged: Bool)
    case joined(WiFiCredentials, signalDBm: Int8, since: Instant)
    case waiting(WiFiCredentials, until: Instant)
  }

  /// What to do after the network could not be joined, or is lost.
  enum OnFailure: Equatable {
    case joinAgain(WiFiCredentials)
    case wait(milliseconds: UInt32, attempt: UInt16)
  }

  private var state = State.off
  private var backoff = Backoff()

  /// The network that is joined and its signal; nil when none is.
  var joined: (ssid: SSID, signalDBm: Int8)? {
    guard case .joined(let credentials, let signal, _) = self.state else { return nil }
    return (credentials.ssid, signal)
  }

  /// Of the network that is joined, or is to be; nil when there is none.
  var chosen: WiFiCredentials? {
    switch self.state {
    case .off: nil
    case .joining(let credentials, _), .joined(let credentials, _, _),
      .waiting(let credentials, _):
      credentials
    }
  }

  /// When to join again; nil when not waiting.
  var deadline: Instant? {
    guard case .waiting(_, let until) = self.state else { return nil }
    return until
  }

  /// Begins to join a network that somebody chose just now: earlier failures count no more.
  mutating func join(_ credentials: WiFiCredentials) {
    self.backoff.reset()
    self.state = .joining(credentials, airChanged: false)
  }

  mutating func leave() {
    self.backoff.reset()
    self.state = .off
  }

  /// - Returns: The network's name; nil when none was being joined.
  mutating func joinSucceeded(signalDBm: Int8, now: Instant) -> SSID? {
    guard case .joining(let credentials, _) = self.state else { return nil }
    self.state = .joined(credentials, signalDBm: signalDBm, since: now)
    return credentials.ssid
  }

  mutating func signalChanged(signalDBm: Int8) {
    guard case .joined(let credentials, _, let since) = self.state else { return }
    self.state = .joined(credentials, signalDBm: signalDBm, since: since)
  }

  mutating func joinFailed(
    now: Instant, timing: DeviceTiming, random: inout RandomGenerator
  ) -> (ssid: SSID, then: OnFailure)? {
    guard case .joining(let credentials, let airChanged) = self.state else { return nil }
    if airChanged {
      self.state = .joining(credentials, airChanged: false)
      return (credentials.ssid, .joinAgain(credentials))
    }
    return (credentials.ssid, self.wait(credentials, now: now, timing: timing, random: &random))
  }

  mutating func lost(
    now: Instant, timing: DeviceTiming, random: inout RandomGenerator
  ) -> (ssid: SSID, then: OnFailure)? {
    guard case .joined(let credentials, _, let since) = self.state else { return nil }
    if now.milliseconds(since: since) >= UInt64(timing.stableMilliseconds) { self.backoff.reset() }
    return (credentials.ssid, self.wait(credentials, now: now, timing: timing, random: &random))
  }

  /// - Returns: What to join now; nil when not waiting.
  mutating func airChanged() -> WiFiCredentials? {
    switch self.state {
    case .off, .joined: return nil
    case .joining(let credentials, _):
      self.state = .joining(credentials, airChanged: true)
      return nil
    case .waiting(let credentials, _):
      self.state = .joining(credentials, airChanged: false)
      return credentials
    }
  }

  /// - Returns: What to join now; nil when the wait is not over.
  mutating func timePassed(now: Instant) -> WiFiCredentials? {
    guard case .waiting(let credentials, let until) = self.state, until <= now else { return nil }
    self.state = .joining(credentials, airChanged: false)
    return credentials
  }

  private mutating func wait(
    _ credentials: WiFiCredentials, now: Instant, timing: DeviceTiming,
    random: inout RandomGenerator
  ) -> OnFailure {
    let wait = self.backoff.next(timing: timing, retryAfterSeconds: nil, random: &random)
    self.state = .waiting(credentials, until: now.advanced(byMilliseconds: wait))
    return .wait(milliseconds: wait, attempt: self.backoff.attempt)
  }
}
