import DeviceProtocol

// Credentials refused for good, and how the device comes back.

extension Device {
  private static let intervalSeconds: ClosedRange<UInt32> = 1...3_600
  /// What to wait when the cloud does not say (RFC 8628 §3.2).
  private static let defaultIntervalSeconds: UInt32 = 5

  mutating func logOut(_ reason: [UInt8], now: Instant) {
    self.logOut(reason, streamIsOpen: self.state.hasStream, now: now)
  }

  /// Forgets the credentials; Wi-Fi, identity and what waits for delivery are kept.
  mutating func logOut(_ reason: [UInt8], streamIsOpen: Bool, now: Instant) {
    if streamIsOpen { self.output(.closeStream) }
    self.report(.loggedOut(reason: reason))
    if isPlanted(.logoutDropsMeasurements) { self.forgetFindings() }
    if isPlanted(.passphraseForgottenOnLogout) { self.forgetNetwork() }
    self.write(.credentials, [])
    self.counters.binding = .loggedOut
    self.write(.counters, self.counters.record)
    if self.wifi.joined == nil {
      self.state = .loggedOut(.unlinked)
    } else {
      // With jitter also the first time: a logout of everybody must not bring everybody back at
      // the same moment.
      self.state = .loggedOut(.waiting(until: self.cloudRetry(now: now)))
    }
  }

  mutating func requestRelink() {
    let id = self.requestGrant(
      .relink, .relink, [FormField(.firmwareVersion, self.firmware.version)])
    self.state = .loggedOut(.asking(id))
  }

  mutating func relinkEnded(_ answer: Answer, now: Instant) {
    switch self.grantAnswer(to: .relink, answer) {
    case .granted(let tokens) where !self.isOfPresentOwner(tokens):
      // A relink never changes the owner (a cloud whose database was restored may have it wrong):
      // what the device sees must not reach somebody else. A pairing tells whose it is.
      self.state = .loggedOut(.waitingForPayload)
    case .granted(let tokens):
      let grant = self.makeGrant(tokens, replacing: nil, now: now)
      // In this order: a power cut between the two must not look like a token that was lost.
      self.write(.credentials, grant.credentials.record)
      self.rebind(to: tokens.accountID)
      self.state = .loggedOut(.storing(grant))
    case .refused(let error):
      self.relinkRefused(error, answer, now: now)
    case .undecided:
      self.askAgainLater(now: now, retryAfterSeconds: answer.retryAfterSeconds)
    }
  }

  /// Whether the tokens are of the account that the device was last paired with; also when either
  /// is not known.
  private func isOfPresentOwner(_ tokens: TokenResponse) -> Bool {
    guard let account = tokens.accountID, !self.counters.owner.isEmpty else { return true }
    return account == self.counters.owner
  }

  mutating func relinkStored(_ grant: Grant, now: Instant) {
    self.connect(grant.credentials, grant.access, now: now)
  }

  mutating func askAgainLater(now: Instant, retryAfterSeconds: UInt32?) {
    let until = self.cloudRetry(now: now, retryAfterSeconds: retryAfterSeconds)
    self.state = .loggedOut(.waiting(until: until))
  }

  private mutating func relinkRefused(_ error: ErrorResponse, _ answer: Answer, now: Instant) {
    if error.code == .authorizationPending {
      let asked = max(
        error.intervalSeconds ?? Self.defaultIntervalSeconds, answer.retryAfterSeconds ?? 0)
      let clamped = min(
        max(asked, Self.intervalSeconds.lowerBound), Self.intervalSeconds.upperBound)
      let wait = clamped * 1_000
      self.state = .loggedOut(
        .waiting(
          until: now.advanced(byMilliseconds: wait + self.random.number(upTo: wait / 4))))
      return
    }
    switch error.knownReason {
    case .pairingRequired, .notBound:
      self.state = .loggedOut(.waitingForPayload)
    default:
      self.askAgainLater(now: now, retryAfterSeconds: answer.retryAfterSeconds)
    }
  }
}
