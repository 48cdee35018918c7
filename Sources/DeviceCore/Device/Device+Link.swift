import DeviceProtocol

// The radio: joining, and what its loss means for the rest.

extension Device {
  mutating func wifiJoined(signalDBm: Int8, now: Instant) {
    guard let ssid = self.wifi.joinSucceeded(signalDBm: signalDBm, now: now) else { return }
    self.report(.wifi(.joined, ssid: ssid))
    switch self.state {
    case .joiningWiFi(.pair(let token)):
      self.state = .pairing(.waiting(token: token, until: now))
    case .joiningWiFi(.resume(let credentials)):
      self.state = .offline(.renewing(credentials, .waiting(until: self.firstContact(now: now))))
    case .offline(.unlinked(let credentials, let access?)):
      self.state = .offline(
        .waitingToConnect(credentials, access, until: self.firstContact(now: now)))
    case .offline(.unlinked(let credentials, nil)):
      self.state = .offline(.renewing(credentials, .waiting(until: self.firstContact(now: now))))
    case .loggedOut(.unlinked):
      self.state = .loggedOut(.waiting(until: self.firstContact(now: now)))
    case .factory, .pairing, .offline, .online, .loggedOut, .resetting:
      break
    }
  }

  /// When to speak to the cloud after the network was joined: at once, or with the start jitter,
  /// random(0, 10·base). A pairing never waits: its owner is looking on.
  private mutating func firstContact(now: Instant) -> Instant {
    guard self.firmware.traits.contains(.startsWithJitter) else { return now }
    let limit = UInt64(self.timing.backoffBaseMilliseconds) * 10
    let wait = self.random.number(upTo: UInt32(clamping: limit))
    self.report(.backoff(milliseconds: wait, attempt: 0))
    return now.advanced(byMilliseconds: wait)
  }

  mutating func wifiFailed(_ failure: WiFiFailure, now: Instant) {
    guard
      let (ssid, next) = self.wifi.joinFailed(
        now: now, timing: self.timing, random: &self.random)
    else { return }
    self.report(.wifi(.failed(failure), ssid: ssid))
    self.carryOut(next)
  }

  mutating func wifiLost(now: Instant) {
    guard
      let (ssid, next) = self.wifi.lost(now: now, timing: self.timing, random: &self.random)
    else { return }
    self.report(.wifi(.lost, ssid: ssid))
    self.linkLost(now: now)
    self.carryOut(next)
  }

  mutating func signalChanged(signalDBm: Int8) { self.wifi.signalChanged(signalDBm: signalDBm) }

  mutating func airChanged() {
    if let credentials = self.wifi.airChanged() { self.output(.joinWiFi(credentials)) }
  }

  private mutating func carryOut(_ next: WiFiStation.OnFailure) {
    switch next {
    case .joinAgain(let credentials):
      self.output(.joinWiFi(credentials))
    case .wait(let milliseconds, let attempt):
      self.report(.backoff(milliseconds: milliseconds, attempt: attempt))
    }
  }

  /// Stores the credentials of a network that somebody chose, and changes over to it.
  mutating func changeNetwork(to credentials: WiFiCredentials, now: Instant) {
    self.write(.wifi, credentials.record)
    self.wifi.join(credentials)
    self.linkLost(now: now)
    self.output(.joinWiFi(credentials))
  }

  mutating func forgetNetwork() {
    self.write(.wifi, [])
    self.wifi.leave()
    self.output(.leaveWiFi)
  }

  /// Gives up what needs the network, which is not joined any more. What is on its way to flash goes on.
  private mutating func linkLost(now: Instant) {
    if self.state.hasStream { self.output(.closeStream) }
    switch self.state {
    case .pairing(.waiting(let token, _)), .pairing(.requesting(let token, _)):
      self.state = .joiningWiFi(.pair(token: token))
    case .pairing(.connecting(let credentials, let access, _)),
      .offline(.connecting(let credentials, let access, _)),
      .offline(.waitingToConnect(let credentials, let access, _)):
      self.state = .offline(.unlinked(credentials, access))
    case .offline(.renewing(let credentials, let step)):
      self.unlink(credentials, nil, renewal: step, now: now)
    case .online(let online):
      self.unlink(online.credentials, online.access, renewal: online.renewal, now: now)
    case .loggedOut(.waiting), .loggedOut(.asking):
      self.state = .loggedOut(.unlinked)
    case .resetting:
      self.eraseEverything()
    case .factory, .joiningWiFi, .pairing(.storing), .offline(.unlinked), .loggedOut:
      break
    }
  }

  private mutating func unlink(
    _ credentials: Credentials, _ access: AccessToken?, renewal: Lifecycle.Renewal, now: Instant
  ) {
    switch renewal {
    case .waiting:
      self.state = .offline(.unlinked(credentials, access))
    case .requesting:
      self.state = .offline(.unlinked(credentials, access))
      if !self.keepsPreviousToken { self.logOut(LogoutReason.tokenLost.bytes, now: now) }
    case .removing, .storing:
      self.state = .offline(.renewing(credentials, renewal))
    }
  }
}
