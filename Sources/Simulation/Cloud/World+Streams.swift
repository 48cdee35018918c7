import CloudCore
import DeviceCore
import DeviceProtocol

// Event streams: how they open, what goes over them, and how they end.

extension World {
  mutating func open(streamOf place: Int32, caller: Authenticated) {
    guard let exchange = self.exchanges[place], exchange.isAwaited,
      !exchange.isAnsweredOtherwise,
      case .resource(let accessToken, .events) = exchange.request
    else { return }
    // An app obeys it; of devices, of which a fleet has millions, only the rules ask for it.
    let keepsToken = if case .appStream = exchange.client { true } else { self.rules.isOn }
    let stream = self.cloud.open(
      CloudNode.Stream(
        client: exchange.client, caller: caller, accessToken: keepsToken ? accessToken : ""))
    switch exchange.client {
    case .stream(let index): self.devices[index].stream = stream
    case .appStream(let app): self.apps[app].stream = stream
    case .device, .app, .thief, .probe, .nobody:
      self.cloud.close(stream)
      return
    }
    let ticket = self.cloud.streams[Int(stream)].ticket
    // Behind the answer.
    self.add(
      .pushed(stream: stream, ticket: ticket, .ready),
      afterMilliseconds: self.travelTime() + self.weather.jitter.wholeMilliseconds + 1)
    self.planExpiry(of: stream, caller: caller)
    if case .afterByte = exchange.harm {
      // It was accepted and is closed at once, as a busy broker does.
      self.add(
        .streamCut(stream: stream, ticket: ticket),
        afterMilliseconds: 2 * self.travelTime() + self.weather.jitter.wholeMilliseconds + 10)
    }
  }

  mutating func streamCut(_ stream: Int32, ticket: UInt32) {
    guard self.cloud.streams[Int(stream)].ticket == ticket,
      self.cloud.streams[Int(stream)].caller != nil
    else { return }
    self.end(stream, with: .ended)
  }

  mutating func planExpiry(of stream: Int32, caller: Authenticated) {
    let now = self.cloudTime
    let life = caller.expiresAt.value > now.value ? caller.expiresAt.value - now.value : 0
    self.add(
      .streamExpires(stream: stream, ticket: self.cloud.streams[Int(stream)].ticket),
      afterMilliseconds: life)
  }

  mutating func streamExpires(_ stream: Int32, ticket: UInt32) {
    guard self.cloud.streams[Int(stream)].ticket == ticket,
      let caller = self.cloud.streams[Int(stream)].caller
    else { return }
    guard caller.isExpired(at: self.cloudTime) else {
      // The clock has jumped back.
      let life = caller.expiresAt.value - min(caller.expiresAt.value, self.cloudTime.value)
      self.add(.streamExpires(stream: stream, ticket: ticket), afterMilliseconds: max(1_000, life))
      return
    }
    self.end(stream, with: .expired)
  }

  /// Ends the stream from the cloud's side.
  mutating func end(_ stream: Int32, with push: Push) {
    self.cloud.streams[Int(stream)].caller = nil
    guard self.cloud.streams[Int(stream)].state == .open else { return }
    self.cloud.streams[Int(stream)].state = .ending
    self.cloud.streams[Int(stream)].ticket &+= 1
    self.add(
      .pushed(stream: stream, ticket: self.cloud.streams[Int(stream)].ticket, push),
      afterMilliseconds: self.travelTime())
  }

  mutating func pushed(_ push: Push, stream: Int32, ticket: UInt32) {
    let place = self.cloud.streams[Int(stream)]
    guard place.ticket == ticket, place.state != .halfOpen else { return }
    let isListening = self.isListening(place.client, to: stream)
    if place.state == .ending {
      self.forget(stream, of: place.client)
      self.cloud.free(stream)
    }
    guard isListening else { return }
    switch place.client {
    case .stream(let index): self.push(push, to: index)
    case .appStream(let app): self.push(push, toApp: app, of: place)
    case .device, .app, .thief, .probe, .nobody: break
    }
  }

  private func isListening(_ client: Exchange.Client, to stream: Int32) -> Bool {
    switch client {
    case .stream(let index): self.devices[index].stream == stream
    case .appStream(let app): self.apps[app].stream == stream
    case .device, .app, .thief, .probe, .nobody: false
    }
  }

  private mutating func forget(_ stream: Int32, of client: Exchange.Client) {
    switch client {
    case .stream(let index):
      if self.devices[index].stream == stream { self.devices[index].stream = nil }
      if self.devices[index].previousStream == stream { self.devices[index].previousStream = nil }
    case .appStream(let app):
      if self.apps[app].stream == stream { self.apps[app].stream = nil }
    case .device, .app, .thief, .probe, .nobody: break
    }
  }

  private mutating func push(_ push: Push, to index: Int) {
    switch push {
    case .ready:
      self.deliver(
        .streamEvent(name: StreamEventName.ready.bytes, data: Array("{}".utf8)), to: index)
    case .loggedOut:
      let notice = LogoutNotice(
        scope: Array("everyone".utf8), reason: Array(self.cloud.lastLogoutReason.utf8))
      self.deliver(
        .streamEvent(name: StreamEventName.loggedOut.bytes, data: notice.bytes), to: index)
    case .expired:
      self.deliver(
        .streamEvent(name: StreamEventName.expired.bytes, data: Array("{}".utf8)), to: index)
    case .ended: self.deliver(.streamClosed(nil), to: index)
    }
  }

  /// The peer of every stream is gone; the clients' systems tell them at once.
  mutating func breakAllStreams() {
    for stream in self.cloud.streams.indices where self.cloud.streams[stream].state != .free {
      let place = self.cloud.streams[stream]
      let isListening = self.isListening(place.client, to: Int32(stream))
      self.forget(Int32(stream), of: place.client)
      self.cloud.free(Int32(stream))
      guard isListening, case .stream(let index) = place.client else { continue }
      self.deliver(.streamFailed(.reset), to: index)
    }
  }

  /// The weather breaks some streams without either side being told.
  mutating func breakStreams() {
    let permille = self.weather.halfOpenStreamsPermille
    guard permille > 0 else { return }
    self.add(.weather, afterMilliseconds: 60_000)
    for index in self.devices.indices {
      guard let stream = self.devices[index].stream,
        self.cloud.streams[Int(stream)].state == .open,
        self.devices[index].random.chance(permille: permille)
      else { continue }
      self.note(self.devices[index].specification.nickname, "network", [("half-open", "stream")])
      self.cloud.streams[Int(stream)].state = .halfOpen
      self.add(
        .silence(stream: stream, ticket: self.cloud.streams[Int(stream)].ticket),
        afterMilliseconds: Self.silenceTimeoutMilliseconds)
    }
  }

  mutating func silence(_ stream: Int32, ticket: UInt32) {
    let place = self.cloud.streams[Int(stream)]
    guard place.ticket == ticket, place.state == .halfOpen else { return }
    let isListening = self.isListening(place.client, to: stream)
    self.forget(stream, of: place.client)
    self.cloud.free(stream)
    guard isListening, case .stream(let index) = place.client else { return }
    self.deliver(.streamFailed(.timedOut), to: index)
  }
}
