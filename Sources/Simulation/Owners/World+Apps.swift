import CloudCore
import DeviceCore
import DeviceProtocol

// The owners' phones.

extension World {
  /// Gives an app something to do; it keeps at it until it is done.
  mutating func ask(_ app: Int, _ task: AppNode.Task) {
    self.apps[app].tasks.append(task)
    self.advance(app: app)
  }

  /// Begins the app's first task, if none is under way.
  mutating func advance(app: Int) {
    guard !self.apps[app].isBusy, self.apps[app].notBefore <= self.now else { return }
    if let tokens = self.apps[app].tokens, tokens.refreshAt <= self.now,
      self.apps[app].tasks.first != .refresh
    {
      self.apps[app].tasks.insert(.refresh, at: 0)
    }
    guard let task = self.apps[app].tasks.first else {
      self.rest(app)
      return
    }
    guard let (request, kind) = self.request(for: task, app: app) else { return }
    self.sendFromApp(request, kind, app: app)
  }

  /// Nothing is to be done: keeps the stream and, in time, the tokens fresh. A fleet's apps are
  /// closed meanwhile.
  private mutating func rest(_ app: Int) {
    guard let tokens = self.apps[app].tokens else { return }
    if self.apps[app].isLink {
      // A platform keeps its tokens fresh, and has no stream.
      self.wakeApp(app, at: tokens.refreshAt)
    } else if app < self.scenario.owners.count {
      self.openAppStream(app)
      self.wakeApp(app, at: tokens.refreshAt)
    } else if self.scenario.fleet?.isPaired == true {
      self.closeApp(app)
    }
  }

  private mutating func sendFromApp(_ request: ObservedRequest, _ kind: Fault.Exchange, app: Int) {
    self.counters.count(.requests, of: self.appClients + app)
    self.apps[app].isBusy = true
    self.dispatch(Exchange(client: .app(app), request: request, kind: kind, sentAt: self.now))
  }

  /// Nil when the task cannot be done now: its owner is logged out.
  private mutating func request(
    for task: AppNode.Task, app: Int
  ) -> (ObservedRequest, Fault.Exchange)? {
    switch task {
    case .register:
      return (.register(email: self.apps[app].email, region: self.region(of: app)), .login)
    case .logIn(code: nil):
      return (.authorize(email: self.apps[app].email, isPasswordRight: true), .login)
    case .logIn(let code?): return (.exchangeCode(code, kind: self.apps[app].kind), .login)
    case .refresh, .signOut:
      guard let tokens = self.apps[app].tokens else {
        self.apps[app].tasks.removeFirst()
        self.advance(app: app)
        return nil
      }
      return task == .refresh
        ? (.refresh(token: tokens.refresh, kind: self.apps[app].kind), .refresh)
        : (.revoke(token: tokens.refresh, kind: self.apps[app].kind), .any)
    case .pair, .keepToken, .remove, .look, .lookAtAll:
      guard let tokens = self.apps[app].tokens else {
        // An owner who is logged out may log in later: that comes first then.
        guard let logIn = self.apps[app].tasks.firstIndex(where: \.isLogIn) else { return nil }
        let task = self.apps[app].tasks.remove(at: logIn)
        // What was to log out before it has nothing to do any more.
        self.apps[app].tasks =
          [task] + self.apps[app].tasks[..<logIn].filter { $0 != .signOut }
          + self.apps[app].tasks[logIn...]
        self.advance(app: app)
        return nil
      }
      guard let resource = self.resource(for: task) else { return nil }
      return (.resource(accessToken: tokens.access, resource), .any)
    }
  }

  /// Of the fleet's accounts the cloud's default.
  private func region(of app: Int) -> Region {
    app < self.scenario.owners.count ? self.scenario.owners[app].region : .standard
  }

  private func resource(for task: AppNode.Task) -> ObservedRequest.Resource? {
    switch task {
    case .pair(let device, _):
      return .createPairingToken(self.devices[device].specification.relinkPolicy)
    case .keepToken(_, let policy): return .createPairingToken(policy)
    case .remove(let device): return .remove(self.devices[device].specification.id)
    case .look(let device):
      return self.devices[device].specification.kind == .camera
        ? .motions(of: self.devices[device].specification.id)
        : .measurements(of: self.devices[device].specification.id)
    case .lookAtAll: return .devices
    case .register, .logIn, .refresh, .signOut: return nil
    }
  }

  mutating func appAnswered(_ end: Exchange.End, app: Int) {
    self.apps[app].isBusy = false
    guard let task = self.apps[app].tasks.first else { return }
    self.director.wantsTurn = true
    switch end {
    case .answer(let handled): self.appAnswered(handled, to: task, app: app)
    case .status, .malformed, .failure: self.appFailed(task, app: app, retryAfterSeconds: nil)
    }
  }

  /// Tries again later; a login begins anew, since its code may have been used.
  private mutating func appFailed(_ task: AppNode.Task, app: Int, retryAfterSeconds: UInt32?) {
    if task == .refresh { self.counters.count(.failedRefreshes, of: self.appClients + app) }
    if case .logIn(_?) = task { self.apps[app].tasks[0] = .logIn(code: nil) }
    let wait = self.apps[app].backoff() + UInt64(retryAfterSeconds ?? 0) * 1_000
    self.apps[app].notBefore = self.now + wait
    self.wakeApp(app, at: self.now + wait)
  }

  private mutating func appAnswered(_ handled: CloudFront.Handled, to task: AppNode.Task, app: Int)
  {
    switch handled.answer {
    case .refused(let status, let reason):
      self.appRefused(status, reason, task, app: app, retryAfterSeconds: handled.retryAfterSeconds)
      return
    case .code(let code):
      self.apps[app].tasks[0] = .logIn(code: code)
      self.advance(app: app)
      return
    case .registered(let account): self.apps[app].account = account
    case .tokens: self.take(handled, isRefresh: task == .refresh, app: app)
    case .pairingToken(let token, _): self.appHasPairingToken(token, for: task, app: app)
    case .session, .devices, .recordings, .acknowledged: break
    case .done:
      if task == .signOut { self.appIsLoggedOut(app, reason: "signed out") }
    }
    self.apps[app].failures = 0
    self.apps[app].tasks.removeFirst()
    self.advance(app: app)
  }

  /// The app has new tokens.
  mutating func take(_ handled: CloudFront.Handled, isRefresh: Bool, app: Int) {
    guard case .tokens(let access, let refresh, let seconds, let account, _, _, _) = handled.answer
    else { return }
    if isRefresh {
      self.counters.count(.refreshes, of: self.appClients + app)
    } else {
      self.counters.count(.logins, of: self.appClients + app)
      self.counters.count(.sessions, of: self.appClients + app)
    }
    if !isRefresh { self.closeAppStream(app) }
    self.apps[app].account = account
    let life = UInt64(seconds) * 1_000
    let refreshAt =
      self.now + life / 10 * 7 + UInt64(self.apps[app].random.number(below: Int(life / 10) + 1))
    self.apps[app].tokens = AppNode.Tokens(
      access: access, refresh: refresh, refreshAt: refreshAt, session: handled.session)
    self.ownerChanged(app, isLoggedIn: true)
    self.note(self.apps[app].email, isRefresh ? "refreshed" : "loggedIn")
  }

  private mutating func appRefused(
    _ status: Int, _ reason: String, _ task: AppNode.Task, app: Int, retryAfterSeconds: UInt32?
  ) {
    switch (task, status, reason) {
    case (.register, 409, _):
      // The answer to an earlier attempt was lost.
      self.apps[app].tasks.removeFirst()
      self.advance(app: app)
    case (.refresh, 400, _):
      self.counters.count(.failedRefreshes, of: self.appClients + app)
      self.apps[app].tasks.removeFirst()
      self.checkAppMayBeLoggedOut(app, reason: reason)
      self.appIsLoggedOut(app, reason: reason)
      self.advance(app: app)
    case (_, 401, "expired"), (_, 401, "token_unknown"):
      self.apps[app].tasks.insert(.refresh, at: 0)
      self.advance(app: app)
    case (_, 401, _):
      self.checkAppMayBeLoggedOut(app, reason: reason)
      self.appIsLoggedOut(app, reason: reason)
      self.advance(app: app)
    case (.remove, 404, _), (.look, 404, _):
      self.apps[app].tasks.removeFirst()
      self.advance(app: app)
    default:
      self.appFailed(task, app: app, retryAfterSeconds: retryAfterSeconds)
    }
  }

  mutating func appIsLoggedOut(_ app: Int, reason: String) {
    guard self.apps[app].tokens != nil else { return }
    self.apps[app].tokens = nil
    self.ownerChanged(app, isLoggedIn: false)
    self.closeAppStream(app)
    self.counters.count(.logouts, of: self.appClients + app)
    self.note(self.apps[app].email, "loggedOut", [("reason", reason)])
    self.director.wantsTurn = true
    self.ownerReturns(app)
  }

  mutating func wakeApp(_ app: Int, at time: UInt64) {
    self.apps[app].ticket &+= 1
    self.queue.add(.app(Int32(app), ticket: self.apps[app].ticket), at: time)
  }

  // MARK: Pairing

  private mutating func appHasPairingToken(_ token: String, for task: AppNode.Task, app: Int) {
    switch task {
    case .pair(let device, let pairing): self.show(token: token, to: device, pairing)
    case .keepToken(let name, _): self.director.keptTokens[name] = token
    default: break
    }
  }

  /// Shows a payload with a pairing token (nil for none) for the home's network.
  mutating func show(
    token: String?, to index: Int, _ pairing: Action.Pairing, network ssid: SSID? = nil
  ) {
    let specification = self.devices[index].specification
    let networks = self.homes[specification.home].networks
    guard
      let network = networks.first(where: { $0.network.ssid == ssid ?? specification.ssid })
        ?? networks.first
    else { return }
    var credentials = network.network.credentials
    if let passphrase = pairing.passphrase {
      credentials = WiFiCredentials(
        ssid: credentials.ssid, security: credentials.security, passphrase: passphrase,
        isHidden: credentials.isHidden)
    }
    let payload = PairingPayload(
      wifi: credentials,
      pairing: token.map {
        PairingPayload.Pairing(cloud: Array(Self.cloudOrigin.utf8), token: Array($0.utf8))
      })
    self.devices[index].seen.payload = nil
    if !self.devices[index].seen.offeredNetworks.contains(credentials) {
      self.devices[index].seen.offeredNetworks.append(credentials)
    }
    switch specification.kind {
    case .camera: self.deliver(.lens(text: payload.text), to: index)
    case .scale:
      self.deliver(.button(heldMilliseconds: 100), to: index)
      self.deliver(.handover(text: payload.text), to: index)
    }
  }

  // MARK: The app's event stream

  private mutating func openAppStream(_ app: Int) {
    guard let tokens = self.apps[app].tokens, self.apps[app].stream == nil,
      !self.apps[app].isOpeningStream
    else { return }
    self.apps[app].isOpeningStream = true
    self.dispatch(
      Exchange(
        client: .appStream(app), request: .resource(accessToken: tokens.access, .events),
        kind: .stream, sentAt: self.now))
  }

  private mutating func closeAppStream(_ app: Int) {
    if let stream = self.apps[app].stream { self.cloud.close(stream) }
    self.apps[app].stream = nil
  }

  mutating func appStreamAnswered(_ end: Exchange.End, app: Int, request: ObservedRequest) {
    self.apps[app].isOpeningStream = false
    // Otherwise the app finds out with its next request; it does not live on the stream.
    guard case .answer(let handled) = end, case .refused(401, let reason) = handled.answer,
      reason == "logged_out" || reason == "session_ended",
      case .resource(let accessToken, _) = request, self.apps[app].tokens?.access == accessToken
    else { return }
    self.checkAppMayBeLoggedOut(app, reason: reason)
    self.appIsLoggedOut(app, reason: reason)
  }

  /// - Parameter stream: Its event stream.
  mutating func push(_ push: Push, toApp app: Int, of stream: CloudNode.Stream) {
    switch push {
    case .loggedOut:
      // A logout by time may have hit the stream's token, and not the newer one that the app has.
      guard stream.accessToken == self.apps[app].tokens?.access else { return }
      self.checkAppMayBeLoggedOut(app, reason: "logged_out")
      self.appIsLoggedOut(app, reason: "logged_out")
    case .ready, .expired, .ended: break
    }
  }
}

extension AppNode.Task {
  var isLogIn: Bool {
    if case .logIn = self { true } else { false }
  }
}
