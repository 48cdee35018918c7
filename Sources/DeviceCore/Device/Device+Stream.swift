import DeviceProtocol

// The event stream: whether it is open is whether the device is online.

extension Device {
  /// How long a stream may take until the cloud says `ready`; longer than the transport waits for
  /// the answer itself.
  private static let readyMilliseconds: UInt32 = 30_000

  /// When a stream that is opened now is given up.
  func readyDeadline(now: Instant) -> Instant {
    now.advanced(byMilliseconds: Self.readyMilliseconds)
  }

  mutating func openStream(_ access: AccessToken) {
    self.report(.request(.stream, .sent))
    self.output(.openStream(accessToken: access.bytes))
  }

  /// Opens the event stream, or waits for the network first.
  mutating func connect(_ credentials: Credentials, _ access: AccessToken, now: Instant) {
    guard self.wifi.joined != nil else {
      self.state = .offline(.unlinked(credentials, access))
      return
    }
    self.openStream(access)
    self.state = .offline(
      .connecting(credentials, access, deadline: self.readyDeadline(now: now)))
  }

  mutating func streamOpened() {
    guard self.state.hasStream else { return }
    self.report(.request(.stream, .ok(status: 200)))
  }

  mutating func streamEvent(name: [UInt8], data: [UInt8], now: Instant) {
    guard self.state.hasStream else { return }
    switch StreamEventName(name) {
    case .ready:
      self.streamReady(now: now)
    case .loggedOut where isPlanted(.logoutIgnored):
      break
    case .loggedOut:
      let notice = try? LogoutNotice(parsing: data)
      let reason = [UInt8]((notice?.reason ?? []).prefix(LogoutNotice.reasonByteCountLimit))
      self.logOut(reason.isEmpty ? LogoutReason.loggedOut.bytes : reason, now: now)
    case .expired:
      self.output(.closeStream)
      self.accessTokenRefused(now: now)
    case .device, nil:
      break
    }
  }

  mutating func streamClosed(_ response: Response?, now: Instant) {
    guard self.state.hasStream else { return }
    guard let response else {
      self.report(.request(.stream, .ended))
      self.streamInterrupted(now: now, retryAfterSeconds: nil)
      return
    }
    self.reportOutcome(of: .stream, .response(response))
    if response.status == 401 {
      self.resourceRefused(response, streamIsOpen: false, now: now)
    } else {
      self.streamInterrupted(now: now, retryAfterSeconds: response.retryAfterSeconds)
    }
  }

  mutating func streamFailed(_ failure: ConnectFailure, now: Instant) {
    guard self.state.hasStream else { return }
    self.report(.request(.stream, .failed(failure)))
    self.streamInterrupted(now: now, retryAfterSeconds: nil)
  }

  /// The cloud has accepted the stream, perhaps, but never said that it is ready.
  mutating func streamNeverReady(now: Instant) {
    self.output(.closeStream)
    self.streamFailed(.timedOut, now: now)
  }

  /// Failures before a stream that has lasted count no more.
  mutating func noteStability(now: Instant) {
    guard let since = self.state.unstableSince,
      now.milliseconds(since: since) >= UInt64(self.timing.stableMilliseconds),
      case .online(var online) = self.state
    else { return }
    online.isStable = true
    self.state = .online(online)
    self.cloudBackoff.reset()
  }

  /// A resource or the stream answered 401.
  mutating func resourceRefused(_ response: Response, streamIsOpen: Bool, now: Instant) {
    if streamIsOpen { self.output(.closeStream) }
    switch response.error?.knownReason {
    case .loggedOut where !isPlanted(.logoutIgnored),
      .sessionEnded where !isPlanted(.logoutIgnored):
      self.logOut(response.error?.word ?? [], streamIsOpen: false, now: now)
    default:
      self.accessTokenRefused(now: now)
    }
  }

  private mutating func streamReady(now: Instant) {
    switch self.state {
    case .pairing(.connecting(let credentials, let access, _)),
      .offline(.connecting(let credentials, let access, _)):
      self.state = .online(
        Lifecycle.Online(
          credentials: credentials, access: access, since: now,
          renewal: .waiting(until: access.refreshAt), heartbeat: .due(at: now),
          delivery: .possible(from: now, singles: 0)))
      self.forgetPreviousToken()
    case .online(var online) where online.isReopening:
      online.isReopening = false
      self.state = .online(online)
      self.forgetPreviousToken()
    case .factory, .joiningWiFi, .pairing, .online, .offline, .loggedOut, .resetting:
      break
    }
  }

  /// The new access token works: nobody needs the refresh token before it any more.
  private mutating func forgetPreviousToken() {
    guard case .online(var online) = self.state, online.credentials.previous != nil else { return }
    online.credentials = online.credentials.withoutPrevious
    if !isPlanted(.newTokenNotStored) {
      self.write(.credentials, online.credentials.record)
    }
    self.state = .online(online)
  }

  /// The access token is dead, the refresh token may not be. A refresh under way goes on.
  private mutating func accessTokenRefused(now: Instant) {
    switch self.state {
    case .online(let online) where online.renewal.isUnderWay:
      self.state = .offline(.renewing(online.credentials, online.renewal))
    case .online(let online):
      self.renewLater(online.credentials, now: now)
    case .pairing(.connecting(let credentials, _, _)),
      .offline(.connecting(let credentials, _, _)):
      self.renewLater(credentials, now: now)
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting:
      break
    }
  }

  private mutating func renewLater(_ credentials: Credentials, now: Instant) {
    let until = self.cloudRetry(now: now)
    self.state = .offline(.renewing(credentials, .waiting(until: until)))
  }

  private mutating func streamInterrupted(now: Instant, retryAfterSeconds: UInt32?) {
    switch self.state {
    case .online(let online) where online.renewal.isUnderWay:
      self.state = .offline(.renewing(online.credentials, online.renewal))
    case .online(let online) where isPlanted(.noBackoffAfterSuccess):
      self.state = .offline(.waitingToConnect(online.credentials, online.access, until: now))
    case .online(let online):
      self.connectLater(
        online.credentials, online.access, now: now, retryAfterSeconds: retryAfterSeconds)
    case .pairing(.connecting(let credentials, let access, _)),
      .offline(.connecting(let credentials, let access, _)):
      self.connectLater(credentials, access, now: now, retryAfterSeconds: retryAfterSeconds)
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting:
      break
    }
  }

  private mutating func connectLater(
    _ credentials: Credentials, _ access: AccessToken, now: Instant, retryAfterSeconds: UInt32?
  ) {
    let until = self.cloudRetry(now: now, retryAfterSeconds: retryAfterSeconds)
    self.state = .offline(.waitingToConnect(credentials, access, until: until))
  }
}

extension Lifecycle.Renewal {
  fileprivate var isUnderWay: Bool {
    switch self {
    case .waiting: false
    case .removing, .requesting, .storing: true
    }
  }
}
