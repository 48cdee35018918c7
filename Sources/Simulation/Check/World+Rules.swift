import CloudCore
import DeviceCore
import DeviceProtocol

// Where a run is compared with the model.

extension World {
  mutating func violate(_ rule: Int, _ seen: String, concerning device: Int? = nil) {
    guard self.violation == nil else { return }
    let concerns = device.map { [self.devices[$0].specification.nickname] } ?? []
    self.violation = Violation(rule: rule, seen: seen, concerns: concerns)
    self.note("lab", "violation", [("rule", "\(rule)"), ("seen", seen)])
  }

  /// An exchange that the cloud has committed, in a run with the model.
  mutating func observe(_ observed: ObservedExchange, of place: Int32) {
    if let violation = self.rules.observe(observed) {
      let client = self.exchanges[place]?.client
      let who = client.map { self.name(of: $0) } ?? "somebody"
      self.violate(violation.rule, "\(who): \(self.withNames(violation.seen))")
      self.violation?.concerns = [who]
    }
    guard let exchange = self.exchanges[place] else { return }
    self.checkWhoseTheyAre(observed, from: exchange.client)
    if case .refused = observed.answer { return }
    if self.wasDead(observed) {
      self.counters.count(.deadTokensAccepted, of: self.counterIndex(of: exchange.client))
    }
  }

  /// What somebody weighed reaches the owner for whom it was measured, and nobody else.
  private mutating func checkWhoseTheyAre(
    _ observed: ObservedExchange, from client: Exchange.Client
  ) {
    guard case .resource(_, .record(let recordings)) = observed.request,
      case .acknowledged = observed.answer, case .device(let index, _) = client
    else { return }
    let owner = self.rules.model.owner(of: self.devices[index].specification.id)
    for recording in recordings {
      guard let account = self.devices[index].seen.madeFor[recording.weightGrams],
        account != owner
      else { continue }
      self.violate(
        5,
        "\(self.devices[index].specification.nickname) delivered to its owner what it measured for another",
        concerning: index)
    }
  }

  /// With nicknames in the place of the devices' ids.
  func withNames(_ text: String) -> String {
    var text = text
    for node in self.devices.prefix(self.scenario.devices.count) {
      while let range = text.firstRange(of: node.id.text) {
        text.replaceSubrange(range, with: node.specification.nickname)
      }
    }
    return text
  }

  /// Whether the request comes with a token that is dead by now.
  func isDead(_ exchange: Exchange, certificate: DeviceID?) -> Bool {
    guard self.rules.isOn else {
      exchange.wasDead = self.isOfEarlierEra(exchange)
      return exchange.wasDead
    }
    switch exchange.request {
    case .resource(let token, _):
      return self.rules.model.refusal(
        ofAccessToken: token, certificate: certificate, at: self.cloudTime) != nil
    case .refresh(let token, let kind):
      return self.rules.model.refusal(
        ofRefreshToken: token, kind: kind, certificate: certificate, at: self.cloudTime) != nil
    case .register, .authorize, .exchangeCode, .pair, .relink, .revoke: return false
    }
  }

  private func wasDead(_ observed: ObservedExchange) -> Bool {
    guard case .resource(let token, let resource) = observed.request else { return false }
    // What ends its own session is dead after it.
    if case .unbind = resource { return false }
    return self.rules.model.refusal(
      ofAccessToken: token, certificate: observed.certificate, at: observed.at) != nil
  }

  /// Notes what tokens have reached a device.
  mutating func noteTokens(_ end: Exchange.End, to index: Int, request: ObservedRequest) {
    guard case .answer(let handled) = end,
      case .tokens(let access, let refresh, _, let account, _, _, _) = handled.answer
    else { return }
    if self.devices[index].seen.session != handled.session {
      self.devices[index].seen.session = handled.session
      self.counters.count(.sessions, of: index)
    }
    guard self.rules.isOn else { return }
    self.devices[index].seen.refreshToken = refresh
    self.devices[index].seen.accessToken = access
    if case .pair = request { self.devices[index].seen.offeredAccount = account }
  }

  // MARK: Rule 3

  /// An honest device says that its credentials are gone for good.
  mutating func deviceIsLoggedOut(_ index: Int, reason: [UInt8]) {
    // What never came into its flash, since power failed, it does not have.
    guard self.rules.isOn, let token = self.devices[index].seen.storedToken,
      self.rules.model.session(ofRefreshToken: token) == .alive
    else { return }
    if let access = self.devices[index].seen.accessToken,
      self.rules.model.isCutOff(accessToken: access)
    {
      return
    }
    let node = self.devices[index]
    // Firmware that does not keep its token loses it with the answer: that is what it shows.
    guard node.specification.firmware.traits.contains(.keepsPreviousToken) else { return }
    self.violate(
      3, "\(node.specification.nickname) is logged out (\(text(reason))), and its session is alive",
      concerning: index)
  }

  /// An honest app is told that its session is over.
  mutating func checkAppMayBeLoggedOut(_ app: Int, reason: String) {
    guard self.rules.isOn, let tokens = self.apps[app].tokens,
      self.rules.model.session(ofRefreshToken: tokens.refresh) == .alive,
      !self.rules.model.isCutOff(accessToken: tokens.access)
    else { return }
    self.violate(
      3, "the app of \(self.apps[app].email) is logged out (\(reason)), and its session is alive")
  }

  mutating func checkKills(_ events: [CloudEvent], by place: Int32) {
    guard let exchange = self.exchanges[place], case .refresh(let token, _) = exchange.request
    else { return }
    for case .sessionEnded(let session, let end) in events
    where end == .replayed || end == .spent {
      // Others may end with it, as the policy says of a theft.
      guard !self.rules.isOn || self.rules.model.isRefreshToken(token, of: session) else {
        continue
      }
      self.sessionIsTakenForStolen(session, by: exchange)
    }
  }

  /// A session was killed as stolen: by who holds a token of an earlier time than its client.
  ///
  /// Its own client never presents such a token by itself, unless a thief has moved the session on
  /// (policy 0001). What nobody waits for any more is another matter: a request that the network
  /// doubled or held back until its token was replaced twice, or the window was over, is like a
  /// thief's to any cloud.
  mutating func sessionIsTakenForStolen(_ session: SessionID, by exchange: Exchange) {
    guard self.rules.isOn, exchange.isAwaited,
      self.rules.model.keepsClientsThroughLostResponses(session),
      !self.thief.heldTokens.contains(where: {
        self.rules.model.isRefreshToken($0, of: session)
      })
    else { return }
    let device: Int?
    switch exchange.client {
    case .device(let index, _), .stream(let index): device = index
    case .app, .appStream: device = nil
    case .thief, .probe, .nobody: return
    }
    self.violate(
      3,
      "the session of \(self.name(of: exchange.client)) is taken for stolen, and nobody stole it",
      concerning: device)
  }

  // MARK: Rule 1

  /// A stream that the cloud has kept through a logout.
  mutating func checkStreamMayStay(_ stream: CloudNode.Stream) {
    guard self.rules.isOn, stream.caller != nil else { return }
    let certificate: DeviceID? =
      if case .stream(let index) = stream.client { self.devices[index].specification.id } else {
        nil
      }
    let refusal = self.rules.model.refusal(
      ofAccessToken: stream.accessToken, certificate: certificate, at: self.cloudTime)
    guard refusal == "logged_out" else { return }
    self.violate(
      1, "the event stream of \(self.name(of: stream.client)) was left open through its logout")
  }

  // MARK: Rule 6

  /// Firmware that does not wait is what it is; of all other a minute has a limit.
  mutating func checkPace(_ index: Int) {
    let specification = self.devices[index].specification
    guard !specification.firmware.traits.contains(.retriesAtOnce) else { return }
    let limit = Self.paceLimit(specification.timing, specification.firmware.traits)
    guard self.devices[index].seen.countRequest(minute: self.now / 60_000) > limit else { return }
    self.violate(
      6, "\(specification.nickname) sent more than \(limit) requests in a minute in vain",
      concerning: index)
  }

  /// So many requests, beside the deliveries and heartbeats that succeeded, no firmware that backs
  /// off sends in a minute.
  ///
  /// It has two backoffs, of deliveries and of all else, and what is tried may be two requests (a
  /// stream and a refresh). In the long run each waits the base if the backoff is fixed, else half of
  /// the cap or more; 300 are for the first waits, which are short, and for what has no wait.
  static func paceLimit(_ timing: DeviceTiming, _ traits: FirmwareTraits) -> Int {
    let minute = 60_000
    let wait =
      traits.contains(.fixedBackoff)
      ? timing.backoffBaseMilliseconds : timing.backoffCapMilliseconds / 2
    return 300 + 3 * minute / max(1, Int(wait))
      + minute / max(1, Int(timing.heartbeatMilliseconds))
  }

  // MARK: Rule 7

  /// After a crash everything that was acknowledged must be there.
  mutating func checkNothingIsLost() {
    guard self.rules.isOn else { return }
    for index in 0..<self.scenario.devices.count {
      let id = self.devices[index].specification.id
      let nickname = self.devices[index].specification.nickname
      let owner = self.record(of: index)?.owner
      guard owner == self.rules.model.owner(of: id) else {
        self.violate(
          7, "\(nickname) has another owner after the cloud's restart", concerning: index)
        return
      }
      guard owner != nil else { continue }
      let kept = Set(self.recordings(of: index))
      let lost = self.rules.model.recordings(of: id).filter { !kept.contains($0) }
      // A list shows the newest of very many.
      guard lost.isEmpty || kept.count >= 1_000 else {
        self.violate(
          7,
          "\(lost.count) acknowledged recordings of \(nickname) are lost after the cloud's restart",
          concerning: index)
        return
      }
    }
  }

  // MARK: What devices are used for

  /// Something happens before a camera, somebody steps on a scale.
  mutating func use(_ index: Int) {
    guard self.devices[index].hasPower else { return }
    self.devices[index].seen.usedCount += 1
    // Each is told from all others: by its weight, or by its time.
    let number = self.devices[index].seen.usedCount
    let at = UnixMilliseconds(
      self.devices[index].seen.takeUnusedTime(
        from: self.wallTime(offset: self.devices[index].clockOffset).value))
    let isBound = self.isBoundAsItBelieves(index)
    switch self.devices[index].specification.kind {
    case .camera:
      let keeps = self.devices[index].core.keepsFindings
      self.deliver(.motion(at: at), to: index)
      // It keeps motions in memory only, which is gone if power failed while it noted their numbers.
      if keeps, isBound, self.devices[index].hasPower {
        self.devices[index].seen.append(recorded: 0)
      }
    case .scale:
      let before = self.devices[index].core.pendingMeasurementCount
      // 7919 is prime: no two are alike for very long, and some are more than 16 bits hold.
      let grams = UInt32(40_000 + number * 7_919 % 160_000)
      self.deliver(
        .steppedOn(Weighing(grams: grams, impedanceOhms: nil, profile: nil), at: at), to: index)
      if self.devices[index].core.keepsFindings {
        self.devices[index].seen.madeFor[grams] = self.devices[index].seen.account
      }
      guard self.devices[index].hasPower, isBound,
        self.devices[index].core.pendingMeasurementCount > before,
        self.devices[index].core.isNewestMeasurementStored
      else { return }
      self.devices[index].seen.append(recorded: grams)
    }
  }

  /// Whether the cloud has it bound to whom it was last paired with.
  private func isBoundAsItBelieves(_ index: Int) -> Bool {
    guard let record = self.record(of: index), record.owner != nil else { return false }
    // The answer to a pairing may still be on its way.
    return self.devices[index].seen.binding == record.binding
      && self.devices[index].seen.account == record.owner
  }

  mutating func ownerChanged(
    of device: DeviceID, to owner: AccountID?, by client: Exchange.Client?
  ) {
    guard let index = self.index(of: device, near: client), self.devices[index].seen.isForRules
    else { return }
    let binding = owner == nil ? nil : self.record(of: index)?.binding
    // A pairing again by the same owner goes on with the same binding.
    guard binding != self.devices[index].seen.binding || binding == nil else { return }
    self.devices[index].seen.binding = binding
    self.devices[index].seen.recorded = []
  }

  mutating func reset(_ index: Int) {
    guard self.devices[index].hasPower else { return }
    // A reset that is under way already is not begun again.
    let isOnline =
      self.devices[index].core.lifecycle == .online && !self.devices[index].seen.isResetting
    self.devices[index].seen.isResetting = true
    self.devices[index].seen.recorded = []
    self.devices[index].seen.binding = nil
    self.devices[index].seen.mayForget = true
    self.devices[index].seen.hasBeenPaired = false
    self.devices[index].seen.hasTold = false
    self.deliver(.button(heldMilliseconds: 6_000), to: index)
    if isOnline, self.devices[index].hasPower, !self.devices[index].seen.hasTold {
      self.violate(
        5,
        "\(self.devices[index].specification.nickname) was reset on line and did not tell the cloud: its owner stays",
        concerning: index)
    }
  }

  /// A device that was reset is as it left the factory until it is shown a payload.
  mutating func checkReset(_ index: Int, now state: LifecycleName) {
    if state == .factory {
      self.devices[index].seen.isReset = true
      self.devices[index].seen.isResetting = false
    } else if self.devices[index].seen.isReset {
      self.violate(
        5,
        "\(self.devices[index].specification.nickname) is \(state.word.text) after its reset, without a payload",
        concerning: index)
    }
  }

  /// What a camera saw and had not delivered is gone with its power.
  mutating func forgetUndelivered(_ index: Int) { self.recordedAreThoseOfTheCloud(index) }

  mutating func recordedAreThoseOfTheCloud(_ index: Int) {
    self.devices[index].seen.recorded = self.recordings(of: index).map(\.weightGrams)
  }
}
