import DeviceProtocol

extension Device {
  /// Takes up what the flash says: a factory reset, a pairing, a session or a logout.
  mutating func boot(now: Instant) {
    guard self.bootedAt == nil else { return }
    self.bootedAt = now
    defer { self.stored = [] }
    if self.counters.binding == .resetting {
      self.eraseEverything()
      return
    }
    let wifi = self.stored.value(for: .wifi).flatMap { WiFiCredentials(record: $0) }
    let credentials = self.stored.value(for: .credentials).flatMap { Credentials(record: $0) }
    let pairingToken = self.stored.value(for: .pairing)
    if let credentials {
      // Power failed after a pairing had given credentials, and before it was forgotten.
      self.write(.pairing, [])
      if self.counters.binding != .paired {
        self.counters.binding = .paired
        self.write(.counters, self.counters.record)
      }
      self.state =
        wifi == nil ? .offline(.unlinked(credentials, nil)) : .joiningWiFi(.resume(credentials))
    } else if let pairingToken, wifi != nil {
      self.state = .joiningWiFi(.pair(token: pairingToken))
    } else if self.counters.binding != .unpaired {
      self.bootWithoutCredentials()
    }
    if let wifi, self.state.name != .factory {
      self.wifi.join(wifi)
      self.output(.joinWiFi(wifi))
    }
  }

  private mutating func bootWithoutCredentials() {
    self.state = .loggedOut(.unlinked)
    // A logout that was noticed has been recorded; without that, power failed while the token was
    // on its way.
    guard self.counters.binding == .paired else { return }
    self.report(.loggedOut(reason: LogoutReason.tokenLost.bytes))
    self.counters.binding = .loggedOut
    self.write(.counters, self.counters.record)
  }

  /// Begins what has become due, one thing after another.
  mutating func doWhatIsDue(now: Instant) {
    for record in self.writer.dueRetries(now: now) { self.write(record.key, record.value) }
    if let credentials = self.wifi.timePassed(now: now) { self.output(.joinWiFi(credentials)) }
    self.reserveNumbers()
    self.completeFactoryReset()
    // At most of a device's events nothing is due.
    guard self.sensor.hasBatch || self.state.deadline.map({ $0 <= now }) == true else { return }
    switch self.state {
    case .pairing(.waiting(let token, let until)) where until <= now:
      self.requestPairing(token: token)
    case .offline(.waitingToConnect(let credentials, let access, let until)) where until <= now:
      if access.refreshAt <= now {
        self.state = .offline(.renewing(credentials, .waiting(until: now)))
        self.beginRefresh()
      } else {
        self.connect(credentials, access, now: now)
      }
    case .pairing(.connecting(_, _, let deadline)) where deadline <= now,
      .offline(.connecting(_, _, let deadline)) where deadline <= now:
      self.streamNeverReady(now: now)
    case .offline(.renewing(_, .waiting(let until))) where until <= now:
      self.beginRefresh()
    case .loggedOut(.waiting(let until)) where until <= now:
      self.requestRelink()
    case .resetting(let unbinding) where unbinding.deadline <= now:
      self.eraseEverything()
    case .online(let online):
      if case .waiting(let until) = online.renewal, until <= now { self.beginRefresh() }
      self.sendDueHeartbeat(now: now)
      self.deliver(now: now)
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting:
      break
    }
  }
}

/// The device's own words for why it is logged out, beside the cloud's.
package enum LogoutReason: WireWord {
  /// The refresh token is gone: firmware that does not keep it lost the answer to its refresh.
  case tokenLost
  /// The cloud said so and gave no reason.
  case loggedOut

  package var text: StaticString {
    switch self {
    case .tokenLost: "token_lost"
    case .loggedOut: "logged_out"
    }
  }
}
