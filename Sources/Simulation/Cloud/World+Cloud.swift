import CloudCore
import DeviceCore
import DeviceProtocol

// The cloud at work: a request waits for its turn, is handled in a transaction, and is answered once
// what it wrote is durable.

extension World {
  mutating func arrives(_ place: Int32) {
    guard let exchange = self.exchanges[place] else { return }
    guard self.cloud.isUp else {
      self.fail(place, .refused, afterMilliseconds: self.travelTime())
      return
    }
    if exchange.isHeld {
      exchange.isHeld = false
    } else {
      let harm = self.harm(to: exchange)
      exchange.harm = harm
      if self.isMetBeforeCloud(place, by: harm) { return }
    }
    guard let capacity = self.cloud.settings.capacityPerSecond else {
      self.serve(place)
      return
    }
    self.queueUp(place, capacityPerSecond: capacity)
  }

  /// - Returns: Whether the request goes no further now.
  private mutating func isMetBeforeCloud(_ place: Int32, by harm: Fault.Harm?) -> Bool {
    switch harm {
    case .beforeCommit:
      self.fail(place, .reset, afterMilliseconds: self.travelTime())
      return true
    case .status(let status, let retryAfter, .beforeCommit):
      self.answer(place, with: .status(status, retryAfter: retryAfter))
      return true
    case .malformed(let malformation, .beforeCommit):
      self.answer(place, with: .malformed(body: malformation.spoil(Malformed.madeUp)))
      return true
    case .delay(let duration, .beforeCommit):
      let delay = duration.wholeMilliseconds
      self.exchanges[place]?.isHeld = true
      self.add(.arrives(exchange: place), afterMilliseconds: delay)
      self.planGivingUp(place, ifAnsweredAfter: self.now + delay)
      return true
    case .duplicate:
      if let exchange = self.exchanges[place] {
        self.duplicate(exchange, delay: self.travelTime() + 1)
      }
      return false
    case .afterCommit, .afterByte, .delay, .status, .malformed, nil: return false
    }
  }

  /// A cloud of limited capacity serves one request after another, and refuses those that would wait
  /// behind too many.
  private mutating func queueUp(_ place: Int32, capacityPerSecond: Int) {
    let cost = UInt64(1_000_000 / max(1, capacityPerSecond))
    let now = self.now * 1_000
    let start = max(now, self.cloud.busyUntil)
    // Who comes when nobody is served waits for nothing.
    guard
      start == now || (start - now) / max(1, cost) < UInt64(max(0, self.cloud.settings.queueLimit))
    else {
      let seconds = self.cloud.settings.retryAfter.map { UInt32(clamping: $0.components.seconds) }
      self.storm.refused += 1
      self.answer(place, with: .status(503, retryAfterSeconds: seconds))
      return
    }
    self.cloud.busyUntil = start + cost
    let turn = max(self.now, (start + cost) / 1_000)
    self.exchanges[place]?.isQueued = true
    self.queue.add(.served(exchange: place, ticket: self.cloud.startTicket), at: turn)
    self.planGivingUp(place, ifAnsweredAfter: turn)
  }

  /// - Parameter ticket: Of the process that the request waits in: a crash ends both.
  mutating func serve(_ place: Int32, ticket: UInt32) {
    guard ticket == self.cloud.startTicket else { return }
    self.exchanges[place]?.isQueued = false
    self.serve(place)
  }

  /// The connections of those who wait for their turn break with the process.
  private mutating func failQueued() {
    for place in self.exchanges.places(where: { $0.isQueued }) {
      self.exchanges[place]?.isQueued = false
      self.fail(place, .reset, afterMilliseconds: self.travelTime())
    }
  }

  private mutating func serve(_ place: Int32) {
    guard let exchange = self.exchanges[place] else { return }
    let certificate = self.certificate(of: exchange)
    if self.isDead(exchange, certificate: certificate?.deviceID) {
      self.counters.count(.deadTokenRequests, of: self.counterIndex(of: exchange.client))
    }
    let handled: CloudFront.Handled
    do {
      handled = try self.handle(exchange, certificate: certificate)
    } catch {
      self.violate(2, "the cloud failed at a \(exchange.kind.rawValue) request: \(error)")
      return
    }
    if case .tokens = handled.answer { exchange.era = self.eras.present }
    let observed =
      self.rules.isOn
      ? ObservedExchange(
        at: self.cloudTime, certificate: certificate?.deviceID, request: exchange.request,
        answer: handled.answer) : nil
    self.cloud.uncommitted.append((place, handled, observed))
    let commit = self.cloud.settings.commitTime.wholeMilliseconds
    if commit == 0 {
      self.durable(ticket: self.cloud.commitTicket)
    } else {
      if self.cloud.uncommitted.count == 1 {
        self.add(.durable(ticket: self.cloud.commitTicket), afterMilliseconds: commit)
      }
      self.planGivingUp(place, ifAnsweredAfter: self.now + commit)
    }
  }

  mutating func handle(
    _ exchange: Exchange, certificate: DeviceCertificate?
  ) throws -> CloudFront.Handled {
    let words = self.clientWords(of: exchange)
    let address = self.address(of: exchange.client)
    let now = self.cloudTime
    let store = self.cloud.store
    let handled = try store.transaction { transaction in
      try self.cloud.front.handle(
        exchange.request, of: words, certificate: certificate, address: address, in: transaction,
        at: now)
    }
    return self.throughCache(handled, exchange)
  }

  func certificate(of exchange: Exchange) -> DeviceCertificate? {
    switch exchange.client {
    case .device(let index, _), .stream(let index): self.devices[index].specification.certificate
    case .thief(let copy), .probe(let copy, hasKey: true):
      self.thief.copies[copy].device.map { self.devices[$0].specification.certificate }
    case .probe(let copy, hasKey: false): self.certificateOfThief(self.thief.copies[copy])
    case .app, .appStream, .nobody: nil
    }
  }

  /// Who has no key of the device may have another device of the same kind.
  private func certificateOfThief(_ copy: Thief.Copy) -> DeviceCertificate? {
    guard let device = copy.device else { return nil }
    let kind = self.devices[device].specification.kind
    return self.devices.indices.prefix(20)
      .first { $0 != device && self.devices[$0].specification.kind == kind }
      .map { self.devices[$0].specification.certificate }
  }

  private func clientWords(of exchange: Exchange) -> ClientWords {
    switch exchange.client {
    case .device(let index, _), .stream(let index):
      return self.devices[index].specification.common.words
    case .thief(let copy), .probe(let copy, _):
      let kind = self.thief.copies[copy].device.map { self.devices[$0].specification.kind }
      return ClientWords(clientID: kind.map { CloudFront.clientID(of: $0) } ?? CloudFront.appID)
    case .app(let app), .appStream(let app):
      return ClientWords(clientID: self.apps[app].isLink ? CloudFront.alexaID : CloudFront.appID)
    case .nobody: return ClientWords(clientID: CloudFront.appID)
    }
  }

  private func address(of client: Exchange.Client) -> RemoteAddress {
    switch client {
    case .app(let app), .appStream(let app): RemoteAddress("app-\(app)")
    case .device, .stream, .thief, .probe, .nobody: RemoteAddress("elsewhere")
    }
  }

  // MARK: Durability

  /// What was handled since the last time survives a crash from now on, and is answered.
  mutating func durable(ticket: UInt32) {
    guard ticket == self.cloud.commitTicket else { return }
    self.cloud.commitTicket &+= 1
    self.cloud.store.sync()
    var committed: [CloudNode.Uncommitted] = []
    swap(&committed, &self.cloud.uncommitted)
    for (place, handled, observed) in committed {
      if let observed {
        self.observe(observed, of: place)
      } else {
        self.observeWithoutModel(handled, of: place)
      }
      if !handled.events.isEmpty { self.checkKills(handled.events, by: place) }
      self.announce(handled.events, by: self.exchanges[place]?.client)
      if let caller = handled.streamCaller { self.open(streamOf: place, caller: caller) }
      self.answer(place, with: .answer(handled))
    }
    if self.cloud.uncommitted.isEmpty {
      // The room for the next.
      committed.removeAll(keepingCapacity: true)
      self.cloud.uncommitted = committed
    }
    self.director.wantsTurn = true
  }

  /// The cloud is killed: what is not durable is lost, and all connections break.
  mutating func crashCloud(restartAfterMilliseconds delay: UInt64?) {
    guard self.cloud.isUp else { return }
    self.note("cloud", "crashed")
    self.cloud.isUp = false
    self.cloud.store.crash()
    // What a camera without power had delivered, and was not durable, is nowhere now.
    for index in 0..<self.scenario.devices.count
    where !self.devices[index].hasPower && self.devices[index].specification.kind == .camera {
      self.forgetUndelivered(index)
    }
    self.cloud.commitTicket &+= 1
    for (place, _, _) in self.cloud.uncommitted {
      self.fail(place, .reset, afterMilliseconds: self.travelTime())
    }
    self.cloud.uncommitted = []
    self.failQueued()
    self.cloud.busyUntil = 0
    self.breakAllStreams()
    self.cloud.startTicket &+= 1
    if let delay {
      self.add(.cloudStarts(ticket: self.cloud.startTicket), afterMilliseconds: delay)
    }
  }

  /// The cloud ends in order: what it has handled is durable and answered first.
  mutating func stopCloud() {
    guard self.cloud.isUp else {
      // Nobody starts it again after a crash.
      self.cloud.startTicket &+= 1
      return
    }
    self.durable(ticket: self.cloud.commitTicket)
    self.note("cloud", "stopped")
    self.cloud.isUp = false
    self.failQueued()
    self.cloud.busyUntil = 0
    self.cloud.startTicket &+= 1
    self.breakAllStreams()
  }

  mutating func startCloud() {
    guard !self.cloud.isUp else { return }
    self.note("cloud", "started")
    self.cloud.isUp = true
    self.checkNothingIsLost()
    self.director.wantsTurn = true
  }

  /// The database becomes what it was at the backup; then the operator logs everybody out, since
  /// tokens from between then and now would mean something else.
  mutating func restoreCloud() {
    guard let backup = self.cloud.backup else { return }
    self.crashCloud(restartAfterMilliseconds: nil)
    self.cloud.store.restore(backup.store)
    self.cloud.store.sync()
    self.rules.restore(backup.rules)
    self.note("cloud", "restored")
    for index in self.devices.indices {
      self.recordedAreThoseOfTheCloud(index)
      // The numbers of bindings since the copy are given again.
      if self.devices[index].seen.binding != nil {
        let record = self.record(of: index)
        self.devices[index].seen.binding = record?.owner == nil ? nil : record?.binding
      }
    }
    self.startCloud()
    self.logOut(.everyone, reason: "restored from a copy")
  }
}
