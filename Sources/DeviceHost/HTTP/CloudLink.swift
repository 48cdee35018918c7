import DeviceCore
import DeviceProtocol

/// All that one powered device has open towards the cloud.
final class CloudLink {
  /// Whether the joined network leads to the cloud; without a route nothing is even attempted.
  private var hasRoute = false
  private let journal: Journal
  private let requests: RequestChannel
  private let stream: StreamChannel
  /// Not polled yet.
  private var events: [DeviceEvent] = []

  init(origin: CloudOrigin, context: TLSContext, journal: Journal) {
    let connect = { (now: Instant) throws(ConnectionFailure) -> HTTPConnection in
      try HTTPConnection(to: origin, context: context, journal: journal, now: now)
    }
    self.journal = journal
    self.requests = RequestChannel(origin: origin, connect: connect)
    self.stream = StreamChannel(origin: origin, connect: connect)
  }

  func send(_ request: Request) {
    if self.hasRoute {
      self.requests.send(request)
    } else {
      self.journal.connectionFailed(.withoutRoute)
      self.events.append(.requestFailed(request.id, .noRoute))
    }
  }

  func openStream(accessToken: [UInt8]) {
    self.closeStream()
    if self.hasRoute {
      self.stream.open(accessToken: accessToken)
    } else {
      self.journal.connectionFailed(.withoutRoute)
      self.events.append(.streamFailed(.noRoute))
    }
  }

  /// Closes the stream; of what it has said already nothing is told any more.
  func closeStream() {
    self.stream.close()
    self.events.removeAll(where: \.isOfStream)
  }

  /// The joined network has a way to the cloud from now on, or none any more: then all
  /// connections break.
  func setRoute(isThere: Bool) {
    self.hasRoute = isThere
    if !isThere { self.breakConnections() }
  }

  /// The network under the connections is another one, or gone.
  func breakConnections() {
    let unanswered = self.requests.abort()
    let hadStream = self.stream.isInUse
    self.stream.abort()
    guard hadStream || !unanswered.isEmpty else { return }
    self.journal.connectionFailed(.withoutRoute)
    self.events += unanswered.map { .requestFailed($0, .noRoute) }
    if hadStream { self.events.append(.streamClosed(nil)) }
  }

  var deadline: Instant? {
    [self.requests.deadline, self.stream.deadline].compactMap(\.self).min()
  }

  /// Whether there is more to do right now.
  var wantsTurn: Bool {
    !self.events.isEmpty || self.requests.wantsTurn || self.stream.wantsTurn
  }

  func add(to pollSet: inout PollSet) {
    self.requests.add(to: &pollSet)
    self.stream.add(to: &pollSet)
  }

  /// Does what is possible now; what came of it is polled.
  func advance(now: Instant) {
    self.events += self.requests.advance(now: now)
    self.events += self.stream.advance(now: now)
  }

  /// The next thing that happened; nil once there is nothing more until the next `advance`.
  func pollEvent() -> DeviceEvent? { self.events.isEmpty ? nil : self.events.removeFirst() }

  /// Says goodbye on all connections.
  func close() {
    self.requests.close()
    self.stream.close()
  }

  /// Power is gone: the connections are, without a word.
  func abort() {
    _ = self.requests.abort()
    self.stream.abort()
    self.events = []
  }
}

extension ConnectionFailure {
  fileprivate static let withoutRoute = ConnectionFailure(
    .noRoute, "the joined network has no way to the cloud")
}

extension DeviceEvent {
  fileprivate var isOfStream: Bool {
    switch self {
    case .streamOpened, .streamEvent, .streamClosed, .streamFailed: true
    case .booted, .wakeUp, .wifiJoined, .wifiFailed, .wifiLost, .airChanged, .response,
      .requestFailed, .stored, .storeFailed, .button, .lens, .handover, .motion, .steppedOn:
      false
    }
  }
}
