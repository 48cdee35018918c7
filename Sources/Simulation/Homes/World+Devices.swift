import CloudCore
import DeviceCore
import DeviceProtocol

// What hosts a device's machine: its power, radio and flash. It decides nothing.

extension World {
  /// Hands a machine an event, and all that follows from it at once.
  mutating func deliver(_ event: DeviceEvent, to index: Int) {
    guard self.devices[index].hasPower else { return }
    self.pendingEvents.append(event)
    var next = 0
    // A machine that asks again at once, without end, is stopped by the rule that it breaks.
    while next < self.pendingEvents.count, self.devices[index].hasPower, self.violation == nil {
      self.devices[index].core.handle(self.pendingEvents[next], now: self.instant)
      next += 1
      while self.devices[index].hasPower, let output = self.devices[index].core.pollOutput() {
        self.carryOut(output, of: index)
      }
    }
    self.pendingEvents.removeAll(keepingCapacity: true)
  }

  mutating func carryOut(_ output: DeviceOutput, of index: Int) {
    if self.isDirect, self.carryOutDirectly(output, of: index) { return }
    switch output {
    case .joinWiFi(let credentials): self.join(credentials, index)
    case .leaveWiFi:
      self.devices[index].joinTicket &+= 1
      self.devices[index].network = nil
      self.dropExchanges(of: index)
    case .send(let request): self.send(request, of: index)
    case .openStream(let accessToken): self.openStream(text(accessToken), of: index)
    case .closeStream: self.closeStream(of: index)
    case .store(let key, let value): self.store(key, value, of: index)
    case .wake(let deadline): self.planWake(of: index, at: deadline)
    case .sleep: self.devices[index].wake.cancel()
    case .report(let report): self.report(report, of: index)
    }
  }

  mutating func planWake(of index: Int, at deadline: Instant) {
    let time = max(self.now, deadline.milliseconds)
    if let entry = self.devices[index].wake.plan(at: time, order: self.queue.takeOrder()) {
      self.queueWake(of: index, entry)
    }
  }

  private mutating func queueWake(of index: Int, _ entry: PlannedWake.Entry) {
    let ticket = UInt32(truncatingIfNeeded: entry.order)
    self.queue.add(
      .wake(device: Int32(index), ticket: ticket), at: entry.time, order: entry.order)
  }

  mutating func wakeIsDue(_ index: Int, ticket: UInt32) {
    switch self.devices[index].wake.entryIsDue(at: self.now, ticket: ticket) {
    case .wake: self.deliver(.wakeUp, to: index)
    case .nothing: break
    case .again(let entry): self.queueWake(of: index, entry)
    }
  }

  // MARK: Power

  mutating func boot(_ index: Int) {
    guard self.devices[index].bootCount == 0 || !self.devices[index].hasPower else { return }
    self.devices[index].hasPower = true
    self.devices[index].bootCount += 1
    do throws(FlashError) {
      try self.devices[index].store.mount()
    } catch {
      self.violate(
        7, "the flash of \(self.devices[index].specification.nickname) cannot be read: \(error)",
        concerning: index)
      return
    }
    self.checkFlash(index)
    let node = self.devices[index]
    var seeds =
      node.specification.number == 0
      ? SeededRandom(seed: self.seed, stream: .device, name: node.specification.nickname)
      : SeededRandom(seed: self.seed, stream: .device, index: index)
    var bootSeed: UInt64 = 0
    for _ in 0..<node.bootCount { bootSeed = seeds.next() }
    self.devices[index].core = Device(
      node.specification.common.constants, stored: node.store.records, seed: bootSeed)
    self.counters.count(.boots, of: index)
    self.note(node.specification.nickname, "booted")
    self.deliver(.booted, to: index)
    if self.devices[index].hasPower, self.devices[index].seen.isReset {
      self.checkReset(index, now: self.devices[index].core.lifecycle)
    }
  }

  mutating func cutPower(_ index: Int) {
    guard self.devices[index].hasPower else { return }
    self.devices[index].seen.isResetting = false
    if self.devices[index].specification.kind == .camera { self.forgetUndelivered(index) }
    self.devices[index].hasPower = false
    self.storm.stateChanged(of: index, isOnline: false, now: self.now)
    self.devices[index].wake.cancel()
    self.devices[index].joinTicket &+= 1
    self.devices[index].network = nil
    self.devices[index].armedCut = nil
    self.abandonExchanges(of: index)
    self.closeStreams(of: index)
    self.note(self.devices[index].specification.nickname, "power", [("state", "off")])
    self.director.wantsTurn = true
  }

  // MARK: Wi-Fi

  private mutating func join(_ credentials: WiFiCredentials, _ index: Int) {
    if self.rules.isOn, !self.devices[index].seen.offeredNetworks.contains(credentials) {
      self.violate(
        6,
        "\(self.devices[index].specification.nickname) joins a network that no payload named in that way",
        concerning: index)
    }
    self.devices[index].joinTicket &+= 1
    self.devices[index].network = nil
    self.dropExchanges(of: index)
    let wait = 50 + self.devices[index].random.number(below: 200)
    self.add(
      .joinEnds(device: Int32(index), ticket: self.devices[index].joinTicket),
      afterMilliseconds: UInt64(wait))
  }

  mutating func joinEnds(_ index: Int, ticket: UInt32) {
    guard self.devices[index].joinTicket == ticket,
      let credentials = self.devices[index].core.chosenNetwork
    else { return }
    guard self.devices[index].isInReach else {
      self.deliver(.wifiFailed(.networkNotFound), to: index)
      return
    }
    switch self.homes[self.devices[index].specification.home].join(credentials) {
    case .joined(let network, let signal):
      self.devices[index].network = Int32(network)
      self.deliver(.wifiJoined(signalDBm: signal), to: index)
    case .failed(let failure): self.deliver(.wifiFailed(failure), to: index)
    }
  }

  /// The networks in reach, or what is behind them, may be others than before.
  mutating func airChanged(_ index: Int) {
    guard self.devices[index].hasPower else { return }
    let home = self.homes[self.devices[index].specification.home]
    if let network = self.devices[index].network {
      let isLost =
        !self.devices[index].isInReach || home.networks[Int(network)].state == .off
        || home.networks[Int(network)].state == .routerDown
      if isLost {
        self.devices[index].network = nil
        self.dropExchanges(of: index)
        self.deliver(.wifiLost, to: index)
      } else if !home.hasInternet(Int(network)) {
        self.dropExchanges(of: index)
      }
    }
    self.deliver(.airChanged, to: index)
  }

  func hasRoute(_ index: Int) -> Bool {
    guard let network = self.devices[index].network else { return false }
    return self.homes[self.devices[index].specification.home].hasInternet(Int(network))
  }

  // MARK: Flash

  private mutating func store(_ key: RecordKey, _ value: [UInt8], of index: Int) {
    let cut = key == .credentials && !value.isEmpty ? self.devices[index].armedCut : nil
    if let cut {
      self.devices[index].armedCut = nil
      self.devices[index].store.armCut(beforeOperation: Int(cut))
    }
    let result = self.devices[index].store.set(key, to: value)
    self.noteWrite(key, value, result, of: index)
    guard cut == nil, result != .powerCut else {
      self.cutPower(index)
      return
    }
    if key == .credentials, result == .stored {
      self.credentialsChanged(index, areThere: !value.isEmpty)
    }
    if key == .counters, result == .stored { self.countersChanged(index) }
    self.pendingEvents.append(result == .stored ? .stored(key) : .storeFailed(key))
  }

  /// The first that follow a pairing say whose it is.
  mutating func countersChanged(_ index: Int) {
    guard let account = self.devices[index].seen.offeredAccount else { return }
    self.devices[index].seen.account = account
    self.devices[index].seen.offeredAccount = nil
  }

  /// Firmware that keeps its token removes it only when it is dead.
  mutating func credentialsChanged(_ index: Int, areThere: Bool) {
    let seen = self.devices[index].seen
    if areThere {
      self.devices[index].seen.hasBeenPaired = true
      self.devices[index].seen.storedToken = seen.refreshToken
      self.devices[index].seen.mayForget = false
    } else if seen.mayForget
      || !self.devices[index].specification.firmware.traits.contains(.keepsPreviousToken)
    {
      self.devices[index].seen.storedToken = nil
    }
  }

  // MARK: Reports

  private mutating func report(_ report: DeviceReport, of index: Int) {
    if self.isNotedLess, case .wifi = report { return }
    if self.isNotedLess, case .payload = report { return }
    let nickname = self.devices[index].specification.nickname
    switch report {
    case .state(let from, let to):
      self.director.wantsTurn = true
      self.storm.stateChanged(of: index, isOnline: to == .online, now: self.now)
      self.checkReset(index, now: to)
      self.note(
        nickname, "state", [("from", "\(from.word.text)"), ("to", "\(to.word.text)")])
    case .wifi(let report, let ssid):
      self.director.wantsTurn = true
      self.devices[index].seen.wifi = report.word
      self.note(
        nickname, "wifi", [("result", "\(report.word.text)"), ("ssid", text(ssid.description))])
    case .payload(let verdict):
      self.director.wantsTurn = true
      self.devices[index].seen.payload = verdict.word
      if verdict == .accepted { self.devices[index].seen.isReset = false }
      self.note(nickname, "payload", [("result", "\(verdict.word.text)")])
    case .request(let name, let outcome): self.report(name, outcome, of: index)
    case .backoff(let milliseconds, let attempt):
      self.note(
        nickname, "backoff", [("milliseconds", "\(milliseconds)"), ("attempt", "\(attempt)")])
    case .loggedOut(let reason):
      self.director.wantsTurn = true
      self.counters.count(.logouts, of: index)
      self.note(nickname, "loggedOut", [("reason", text(reason))])
      self.deviceIsLoggedOut(index, reason: reason)
      self.devices[index].seen.mayForget = true
    }
  }

  private mutating func report(_ name: RequestName, _ outcome: RequestOutcome, of index: Int) {
    switch outcome {
    case .sent:
      self.counters.count(.requests, of: index)
      self.storm.requestSent(by: index)
      self.checkPace(index)
      if name == .unbind { self.devices[index].seen.hasTold = true }
      if name == .relink { self.counters.count(.relinkRequests, of: index) }
      // It asks once more; a payload with a network alone is no reason for that.
      if name == .relink || name == .pair { self.devices[index].seen.isToldToPair = false }
    case .ok:
      self.devices[index].seen.requestSucceeded(name)
      switch name {
      case .refresh: self.counters.count(.refreshes, of: index)
      case .pair: self.counters.count(.pairings, of: index)
      case .relink: self.counters.count(.relinks, of: index)
      case .heartbeat: self.counters.count(.heartbeats, of: index)
      case .motions, .measurements, .unbind, .stream: break
      }
    case .failed:
      if name == .refresh { self.counters.count(.failedRefreshes, of: index) }
    case .refused(_, let reason):
      if name == .refresh { self.counters.count(.failedRefreshes, of: index) }
      switch ErrorReason(reason) {
      case .notBound, .pairingRequired: self.devices[index].seen.isToldToPair = true
      default: break
      }
    case .ended, .discarded: break
    }
    self.note(
      self.devices[index].specification.nickname, "request",
      [("name", "\(name.word.text)"), ("outcome", Self.words(for: outcome))])
  }

  private static func words(for outcome: RequestOutcome) -> String {
    switch outcome {
    case .sent, .ended: "\(outcome.word.text)"
    case .ok(let status): "ok \(status)"
    case .refused(let status, let reason): "refused \(status) \(text(reason))"
    case .failed(let failure): "failed \(failure)"
    case .discarded(let sequence): "discarded \(sequence)"
    }
  }
}
