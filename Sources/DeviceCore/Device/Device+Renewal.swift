import DeviceProtocol

// The refresh of the access token, in any state that has credentials.

extension Device {
  /// Sends the refresh token. Firmware that does not keep it removes it from flash first, and
  /// sends it once that is durable.
  mutating func beginRefresh() {
    guard let (credentials, _) = self.state.renewal else { return }
    if self.keepsPreviousToken {
      self.sendRefresh(credentials.current, usesPrevious: false)
    } else {
      self.write(.credentials, [])
      self.state = self.state.with(.removing)
    }
  }

  private mutating func sendRefresh(_ token: [UInt8], usesPrevious: Bool) {
    let id = self.requestGrant(.refreshToken, .refresh, [FormField(.refreshToken, token)])
    self.state = self.state.with(.requesting(id, usesPrevious: usesPrevious))
  }

  mutating func refreshEnded(_ answer: Answer, usesPrevious: Bool, now: Instant) {
    guard let (credentials, _) = self.state.renewal else { return }
    switch self.grantAnswer(to: .refresh, answer) {
    case .granted(let tokens):
      let used = usesPrevious ? credentials.previous : credentials.current
      let grant = self.makeGrant(tokens, replacing: used, now: now)
      if isPlanted(.tokenUsedBeforeStored) || isPlanted(.newTokenNotStored) {
        self.renewalStored(credentials, .storing(grant), now: now)
        return
      }
      if isPlanted(.credentialsRemovedFirst) { self.write(.credentials, []) }
      self.write(.credentials, grant.credentials.record)
      self.state = self.state.with(.storing(grant))
    case .refused(let error) where error.code == .invalidGrant && !isPlanted(.logoutIgnored):
      if error.knownReason?.isOfThisTokenAlone == true, !usesPrevious,
        let previous = credentials.previous
      {
        self.sendRefresh(previous, usesPrevious: true)
      } else {
        self.logOut(error.word, now: now)
      }
    case .refused, .undecided:
      if isPlanted(.refreshNotRetried), case .failure = answer { return }
      if self.keepsPreviousToken {
        self.retryRefresh(now: now, retryAfterSeconds: answer.retryAfterSeconds)
      } else if answer.mayHaveReachedCloud {
        self.logOut(LogoutReason.tokenLost.bytes, now: now)
      } else {
        self.write(.credentials, credentials.record)
        self.retryRefresh(now: now, retryAfterSeconds: nil)
      }
    }
  }

  private mutating func retryRefresh(now: Instant, retryAfterSeconds: UInt32?) {
    let until = self.cloudRetry(now: now, retryAfterSeconds: retryAfterSeconds)
    self.state = self.state.with(.waiting(until: until))
  }

  /// The write of `.credentials` that the refresh waited for is durable.
  mutating func renewalStored(
    _ credentials: Credentials, _ step: Lifecycle.Renewal, now: Instant
  ) {
    switch step {
    case .storing(let grant):
      if case .online(var online) = self.state {
        online.credentials = grant.credentials
        online.access = grant.access
        online.renewal = .waiting(until: grant.access.refreshAt)
        online.isReopening = true
        self.state = .online(online)
        self.openStream(grant.access)
      } else {
        self.connect(grant.credentials, grant.access, now: now)
      }
    case .removing where self.wifi.joined != nil:
      self.sendRefresh(credentials.current, usesPrevious: false)
    case .removing:
      // The network is gone meanwhile, so the token was not sent.
      self.write(.credentials, credentials.record)
      self.state = .offline(.unlinked(credentials, nil))
    case .waiting, .requesting:
      break
    }
  }

  /// The write of `.credentials` that the refresh waited for failed: the old ones still count.
  mutating func renewalStoreFailed(_ credentials: Credentials, now: Instant) {
    guard self.wifi.joined != nil else {
      self.state = .offline(.unlinked(credentials, nil))
      return
    }
    self.retryRefresh(now: now, retryAfterSeconds: nil)
  }
}

extension ErrorReason {
  /// Whether the token before this one may still be good: the cloud's database was restored from an
  /// older copy, or that token was sent twice and gave another successor since.
  fileprivate var isOfThisTokenAlone: Bool { self == .tokenUnknown || self == .superseded }
}

extension Device.Answer {
  /// Whether the cloud may have acted on the request.
  fileprivate var mayHaveReachedCloud: Bool {
    switch self {
    case .response: true
    case .failure(let failure):
      switch failure {
      case .timedOut, .reset, .malformedAnswer: true
      case .noRoute, .refused, .unknownAuthority, .wrongHost, .certificateExpired, .otherTLS:
        false
      }
    }
  }
}
