import CloudCore
import DeviceCore
import DeviceProtocol

// What lies between clients and cloud.

extension World {
  /// What the transports of a device give up after; `DeviceHost`.
  static let responseTimeoutMilliseconds: UInt64 = 15_000
  static let silenceTimeoutMilliseconds: UInt64 = 45_000

  // MARK: From devices

  mutating func send(_ request: Request, of index: Int) {
    guard self.hasRoute(index) else {
      self.pendingEvents.append(.requestFailed(request.id, .noRoute))
      return
    }
    guard let observed = ObservedRequest(request, kind: self.devices[index].specification.kind)
    else {
      self.violate(
        2,
        "\(self.devices[index].specification.nickname) sent a \(request.name.word.text) that nobody understands",
        concerning: index)
      return
    }
    self.dispatch(
      Exchange(
        client: .device(index, request.id), request: observed, kind: Fault.Exchange(request.name),
        sentAt: self.now))
  }

  mutating func openStream(_ accessToken: String, of index: Int) {
    self.forgetStreamExchanges(of: index)
    guard self.hasRoute(index) else {
      self.pendingEvents.append(.streamFailed(.noRoute))
      return
    }
    if let stream = self.devices[index].stream {
      self.closePreviousStream(of: index)
      self.devices[index].previousStream = stream
      self.devices[index].stream = nil
    }
    self.dispatch(
      Exchange(
        client: .stream(device: index), request: .resource(accessToken: accessToken, .events),
        kind: .stream, sentAt: self.now))
  }

  mutating func closeStream(of index: Int) {
    self.forgetStreamExchanges(of: index)
    self.closeStreams(of: index)
  }

  /// The cloud sees both of the device's connections end.
  mutating func closeStreams(of index: Int) {
    self.closePreviousStream(of: index)
    if let stream = self.devices[index].stream { self.cloud.close(stream) }
    self.devices[index].stream = nil
  }

  private mutating func closePreviousStream(of index: Int) {
    if let stream = self.devices[index].previousStream { self.cloud.close(stream) }
    self.devices[index].previousStream = nil
  }

  private mutating func forgetStreamExchanges(of index: Int) {
    self.devices[index].exchanges.removeAll { place in
      guard case .stream? = self.exchanges[place]?.client else { return false }
      self.exchanges[place]?.isAwaited = false
      return true
    }
  }

  /// The network under the device's connections is gone: it learns so at once.
  mutating func dropExchanges(of index: Int) {
    let reason: ConnectFailure = self.hasRoute(index) ? .reset : .noRoute
    for place in self.devices[index].exchanges {
      guard let exchange = self.exchanges[place] else { continue }
      self.exchanges[place]?.isAwaited = false
      switch exchange.client {
      case .device(_, let id): self.tell(.requestFailed(id, reason), to: index)
      case .stream: self.tell(.streamFailed(reason), to: index)
      case .app, .appStream, .thief, .probe, .nobody: break
      }
    }
    self.devices[index].exchanges = []
    if self.devices[index].stream != nil { self.tell(.streamFailed(reason), to: index) }
    self.closeStreams(of: index)
  }

  /// Nobody waits any more: the device has no power.
  mutating func abandonExchanges(of index: Int) {
    for place in self.devices[index].exchanges { self.exchanges[place]?.isAwaited = false }
    self.devices[index].exchanges = []
  }

  /// Now, or right after what the machine is doing.
  private mutating func tell(_ event: DeviceEvent, to index: Int) {
    self.pendingEvents.append(event)
  }

  // MARK: On the way

  /// Sends a message off; weather may strike it.
  mutating func dispatch(_ exchange: Exchange) {
    let client = exchange.client
    exchange.era = self.era(of: client)
    self.storm.requestMade(at: self.now)
    let place = self.exchanges.add(exchange)
    if case .device(let index, _) = client { self.devices[index].exchanges.append(place) }
    if case .stream(let index) = client { self.devices[index].exchanges.append(place) }
    if self.strikes(self.weather.lostRequestsPermille, client) {
      self.note(self.name(of: client), "network", [("lost", "\(exchange.kind.rawValue) request")])
      self.fail(place, .timedOut, afterMilliseconds: Self.responseTimeoutMilliseconds)
      return
    }
    let travelTime = self.travelTime(client)
    self.add(.arrives(exchange: place), afterMilliseconds: travelTime)
    self.planGivingUp(place, ifAnsweredAfter: self.now + travelTime)
    if self.strikes(self.weather.duplicatedRequestsPermille, client) {
      self.duplicate(exchange, delay: self.travelTime(client) + self.travelTime(client))
    }
  }

  mutating func duplicate(_ exchange: Exchange, delay: UInt64) {
    self.note(
      self.name(of: exchange.client), "network", [("doubled", "\(exchange.kind.rawValue) request")])
    let copy = Exchange(
      client: Self.twin(of: exchange.client), request: exchange.request, kind: exchange.kind,
      sentAt: exchange.sentAt, isAwaited: false, isCopy: true)
    copy.era = exchange.era
    self.add(.arrives(exchange: self.exchanges.add(copy)), afterMilliseconds: delay)
  }

  /// A copy arrives over the same connection: with the certificate of the device, or as the app.
  private static func twin(of client: Exchange.Client) -> Exchange.Client {
    switch client {
    case .device(let index, _), .stream(let index): .device(index, RequestID(0))
    case .app(let app), .appStream(let app): .app(app)
    case .thief, .probe, .nobody: .nobody
    }
  }

  func travelTime() -> UInt64 { self.weather.latency.wholeMilliseconds }

  mutating func travelTime(_ client: Exchange.Client) -> UInt64 {
    let latency = self.weather.latency.wholeMilliseconds
    let jitter = Int(clamping: self.weather.jitter.wholeMilliseconds)
    guard jitter > 0 else { return latency }
    return latency + UInt64(self.draw(client) { $0.number(below: jitter + 1) })
  }

  /// Whether chance strikes this client's message.
  mutating func strikes(_ permille: Int, _ client: Exchange.Client) -> Bool {
    guard permille > 0 else { return false }
    return self.draw(client) { $0.chance(permille: permille) }
  }

  private mutating func draw<Value>(
    _ client: Exchange.Client, _ body: (inout SeededRandom) -> Value
  ) -> Value {
    switch client {
    case .device(let index, _), .stream(let index): body(&self.devices[index].random)
    case .app(let app), .appStream(let app): body(&self.apps[app].random)
    case .thief, .probe, .nobody: body(&self.thief.random)
    }
  }

  // MARK: The way back

  /// Ends an exchange without an answer.
  mutating func fail(
    _ place: Int32, _ failure: ConnectFailure, afterMilliseconds delay: UInt64
  ) {
    self.exchanges[place]?.end = .failure(failure)
    let ticket = self.exchanges.nextTicket(place)
    self.add(.answered(exchange: place, ticket: ticket), afterMilliseconds: delay)
  }

  /// Sends the answer back; weather and the fault that the exchange met may strike it.
  mutating func answer(_ place: Int32, with end: Exchange.End) {
    guard let exchange = self.exchanges[place] else { return }
    guard exchange.isAwaited else {
      self.exchanges.remove(place)
      return
    }
    let client = exchange.client
    let timeout = exchange.sentAt + Self.responseTimeoutMilliseconds
    var arrival = self.now + self.travelTime(client)
    var end = end
    switch exchange.harm {
    case .afterCommit: end = .failure(.reset)
    case .afterByte(let count) where count < Self.byteCount(of: end): end = .failure(.reset)
    case .delay(let duration, .afterCommit): arrival += duration.wholeMilliseconds
    case .status(let status, let retryAfter, .afterCommit):
      end = .status(status, retryAfter: retryAfter)
    case .malformed(let malformation, .afterCommit):
      end = Self.spoilt(end, malformation, ofStream: exchange.client.isStream)
    case .beforeCommit, .afterByte, .delay, .duplicate, .status, .malformed, nil: break
    }
    if self.strikes(self.weather.lostResponsesPermille, client) {
      self.note(self.name(of: client), "network", [("lost", "\(exchange.kind.rawValue) response")])
      (end, arrival) = (.failure(.timedOut), timeout)
    } else if self.strikes(self.weather.truncatedResponsesPermille, client) {
      self.note(self.name(of: client), "network", [("cut", "\(exchange.kind.rawValue) response")])
      end = .failure(.reset)
    } else if arrival >= timeout {
      (end, arrival) = (.failure(.timedOut), timeout)
    }
    self.exchanges[place]?.end = end
    let ticket = self.exchanges.nextTicket(place)
    self.queue.add(.answered(exchange: place, ticket: ticket), at: max(self.now, arrival))
  }

  /// Of an answer with its head, roughly: a cut behind the last byte harms nothing.
  private static func byteCount(of end: Exchange.End) -> Int {
    guard case .answer(let handled) = end else { return 160 }
    return 160 + Response(handled).body.count
  }

  /// A client waits for 15 s, whatever becomes of its request meanwhile.
  ///
  /// - Parameter time: Before this there will be no answer.
  mutating func planGivingUp(_ place: Int32, ifAnsweredAfter time: UInt64) {
    guard let exchange = self.exchanges[place], exchange.isAwaited, !exchange.mayBeGivenUp,
      time >= exchange.sentAt + Self.responseTimeoutMilliseconds
    else { return }
    exchange.mayBeGivenUp = true
    self.queue.add(
      .givenUp(exchange: place, ticket: exchange.ticket),
      at: max(self.now, exchange.sentAt + Self.responseTimeoutMilliseconds))
  }

  /// The request goes on its way; nobody hears of its end.
  mutating func givenUp(_ place: Int32, ticket: UInt32) {
    guard let exchange = self.exchanges[place], exchange.ticket == ticket, exchange.isAwaited
    else { return }
    exchange.isAwaited = false
    self.tell(.failure(.timedOut), of: exchange, at: place)
  }

  mutating func answered(_ place: Int32, ticket: UInt32) {
    guard let exchange = self.exchanges[place], exchange.ticket == ticket else { return }
    self.exchanges.remove(place)
    guard exchange.isAwaited, let end = exchange.end else { return }
    self.tell(end, of: exchange, at: place)
  }

  private mutating func tell(_ end: Exchange.End, of exchange: Exchange, at place: Int32) {
    if case .answer(let handled) = end, case .tokens = handled.answer {
      self.keep(era: exchange.era, of: exchange.client)
    }
    switch exchange.client {
    case .device(let index, let id):
      self.devices[index].forgetExchange(place)
      self.noteTokens(end, to: index, request: exchange.request)
      switch end {
      case .answer(let handled): self.deliver(.response(id, Response(handled)), to: index)
      case .status(let status, let seconds):
        self.deliver(
          .response(
            id, Response(status: status, retryAfterSeconds: seconds, body: [])), to: index)
      case .malformed(let body):
        self.deliver(
          .response(id, Response(status: 200, retryAfterSeconds: nil, body: body)), to: index)
      case .failure(let failure): self.deliver(.requestFailed(id, failure), to: index)
      }
    case .stream(let index):
      self.devices[index].forgetExchange(place)
      self.streamAnswered(end, of: index)
    case .app(let app): self.appAnswered(end, app: app)
    case .appStream(let app):
      self.appStreamAnswered(end, app: app, request: exchange.request)
    case .thief: self.thiefAnswered(end, request: exchange.request)
    case .probe, .nobody: break
    }
  }

  private mutating func streamAnswered(_ end: Exchange.End, of index: Int) {
    self.closePreviousStream(of: index)
    switch end {
    case .answer(let handled):
      guard case .done = handled.answer else {
        self.deliver(.streamClosed(Response(handled)), to: index)
        return
      }
      self.deliver(.streamOpened, to: index)
    case .status(let status, let seconds):
      self.deliver(
        .streamClosed(Response(status: status, retryAfterSeconds: seconds, body: [])), to: index)
    // It is no stream of events.
    case .malformed: self.deliver(.streamFailed(.malformedAnswer), to: index)
    case .failure(let failure): self.deliver(.streamFailed(failure), to: index)
    }
  }
}
