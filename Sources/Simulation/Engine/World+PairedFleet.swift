import CloudCore
import DeviceCore
import DeviceProtocol

// A fleet that is registered, logged in and paired when a run begins: by the same requests to the
// same cloud, from the same machines, but one device after the other and without a way between them
// that takes time or can fail. Through the queue it would take some ten events for each of them, all
// in the same seconds.

extension World {
  /// While a fleet is paired that is too large for the model: nobody can ask about what happened then.
  var isNotedLess: Bool { self.isDirect && !self.rules.isOn }

  mutating func pairFleet() {
    guard let fleet = self.scenario.fleet else { return }
    self.isDirect = true
    defer { self.isDirect = false }
    let firstApp = self.scenario.owners.count
    let firstDevice = self.scenario.devices.count
    for number in 0..<fleet.count {
      self.logInDirectly(firstApp + number, registers: true)
      self.pairDirectly(firstDevice + number)
      if number < fleet.scales { self.pairDirectly(firstDevice + fleet.count + number) }
      self.closeApp(firstApp + number)
      self.cloud.store.sync()
      if number % 1_000 == 0, !self.rules.isOn { self.forgetUsedTokens() }
    }
    for link in self.linkIndices {
      self.logInDirectly(link, registers: false)
      if let tokens = self.apps[link].tokens { self.wakeApp(link, at: tokens.refreshAt) }
      self.cloud.store.sync()
    }
  }

  /// What the cloud would drop at somebody's login a day later: used codes and pairing tokens take as
  /// much memory as a session.
  private mutating func forgetUsedTokens() {
    let later = UnixMilliseconds(self.cloudTime.value &+ 7 * 86_400_000)
    do {
      try self.cloud.store.transaction { try $0.removeExpired(before: later) }
    } catch {
      self.violate(2, "the cloud failed before the run: \(error)")
    }
    self.cloud.store.sync()
  }

  private mutating func logInDirectly(_ app: Int, registers: Bool) {
    let email = self.apps[app].email
    if registers { _ = self.ask(.register(email: email), by: .app(app)) }
    guard
      case .code(let code) = self.ask(
        .authorize(email: email, isPasswordRight: true), by: .app(app))?.answer,
      let handled = self.ask(.exchangeCode(code, kind: self.apps[app].kind), by: .app(app)),
      case .tokens = handled.answer
    else {
      self.violate(6, "\(email) could not log in")
      return
    }
    self.take(handled, isRefresh: false, app: app)
  }

  private mutating func pairDirectly(_ index: Int) {
    let specification = self.devices[index].specification
    guard let access = self.apps[specification.owner].tokens?.access,
      case .pairingToken(let token, _) = self.ask(
        .resource(accessToken: access, .createPairingToken(specification.relinkPolicy)),
        by: .app(specification.owner))?.answer
    else {
      self.violate(6, "\(specification.nickname) got no pairing token")
      return
    }
    self.boot(index)
    self.directWake = nil
    self.show(token: token, to: index, Action.Pairing())
    if let wake = self.directWake { self.planWake(of: index, at: wake) }
    if self.devices[index].core.lifecycle != .online {
      self.violate(6, "\(specification.nickname) could not be paired")
    }
  }

  /// - Returns: False for what is to be carried out as ever.
  mutating func carryOutDirectly(_ output: DeviceOutput, of index: Int) -> Bool {
    switch output {
    case .joinWiFi(let credentials):
      guard
        case .joined(let network, let signal) = self.homes[
          self.devices[index].specification.home
        ].join(credentials)
      else { return false }
      self.devices[index].network = Int32(network)
      self.pendingEvents.append(.wifiJoined(signalDBm: signal))
    case .send(let request):
      let kind = self.devices[index].specification.kind
      guard let observed = ObservedRequest(request, kind: kind),
        let handled = self.ask(observed, by: .device(index, request.id))
      else { return false }
      self.noteTokens(.answer(handled), to: index, request: observed)
      self.pendingEvents.append(.response(request.id, Response(handled)))
    case .openStream(let accessToken):
      guard
        let caller = self.ask(
          .resource(accessToken: text(accessToken), .events), by: .stream(device: index))?
          .streamCaller
      else { return false }
      let stream = self.cloud.open(
        CloudNode.Stream(
          client: .stream(device: index), caller: caller,
          accessToken: self.rules.isOn ? text(accessToken) : ""))
      self.devices[index].stream = stream
      self.planExpiry(of: stream, caller: caller)
      self.pendingEvents.append(.streamOpened)
      self.pendingEvents.append(
        .streamEvent(name: StreamEventName.ready.bytes, data: Array("{}".utf8)))
    case .wake(let deadline): self.directWake = deadline
    case .sleep: self.directWake = nil
    case .leaveWiFi, .closeStream, .store, .report: return false
    }
    return true
  }

  /// Has the cloud answer at once; nil if it failed, which breaks a rule.
  private mutating func ask(
    _ request: ObservedRequest, by client: Exchange.Client
  ) -> CloudFront.Handled? {
    let exchange = Exchange(client: client, request: request, kind: .any, sentAt: self.now)
    let certificate = self.certificate(of: exchange)
    let handled: CloudFront.Handled
    do {
      handled = try self.handle(exchange, certificate: certificate)
    } catch {
      self.violate(2, "the cloud failed at a request before the run: \(error)")
      return nil
    }
    if self.rules.isOn,
      let violation = self.rules.observe(
        ObservedExchange(
          at: self.cloudTime, certificate: certificate?.deviceID, request: request,
          answer: handled.answer))
    {
      self.violate(violation.rule, "\(self.name(of: client)): \(violation.seen)")
    }
    self.announce(handled.events, by: client)
    return handled
  }
}
