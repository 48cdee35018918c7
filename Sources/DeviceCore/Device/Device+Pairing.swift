import DeviceProtocol

// Pairing: from an accepted payload to the first credentials.

extension Device {
  mutating func requestPairing(token: [UInt8]) {
    let id = self.requestGrant(
      .pairing, .pair,
      [
        FormField(.pairingToken, token), FormField(.model, self.manufacture.model),
        FormField(.firmwareVersion, self.firmware.version),
      ])
    self.state = .pairing(.requesting(token: token, id))
  }

  mutating func pairingEnded(_ answer: Answer, token: [UInt8], now: Instant) {
    switch self.grantAnswer(to: .pair, answer) {
    case .granted(let tokens):
      let grant = self.makeGrant(tokens, replacing: nil, now: now)
      self.bind(to: tokens.accountID)
      self.write(.credentials, grant.credentials.record)
      self.state = .pairing(.storing(token: token, grant))
    case .refused(let error) where error.code == .invalidGrant:
      self.pairingRefused(PayloadVerdict(refusal: error), now: now)
    case .refused, .undecided:
      let until = self.cloudRetry(now: now, retryAfterSeconds: answer.retryAfterSeconds)
      self.state = .pairing(.waiting(token: token, until: until))
    }
  }

  mutating func pairingStored(_ grant: Grant, now: Instant) {
    self.write(.pairing, [])
    guard self.wifi.joined != nil else {
      self.state = .offline(.unlinked(grant.credentials, grant.access))
      return
    }
    self.openStream(grant.access)
    self.state = .pairing(
      .connecting(grant.credentials, grant.access, deadline: self.readyDeadline(now: now)))
  }

  /// The pairing token is of no use any more; another payload may be.
  private mutating func pairingRefused(_ verdict: PayloadVerdict, now: Instant) {
    self.report(.payload(verdict))
    self.write(.pairing, [])
    if self.counters.binding == .unpaired {
      self.forgetNetwork()
      self.state = .factory
    } else {
      self.state = .loggedOut(.waiting(until: self.cloudRetry(now: now)))
    }
  }
}

extension PayloadVerdict {
  /// Of a pairing token that the cloud refused.
  fileprivate init(refusal: ErrorResponse) {
    switch refusal.knownReason {
    case .pairingTokenExpired: self = .expired
    case .pairingTokenUsed: self = .used
    case .alreadyBound: self = .alreadyBound
    default: self = .unknown
    }
  }
}
