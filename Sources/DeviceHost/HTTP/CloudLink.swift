import DeviceCore
import DeviceProtocol

/// All that one powered device has open towards the cloud.
final class CloudLink {
  /// Whether the joined network leads to the cloud; without a route nothing is even attempted.
  private var hasRoute = false
  private let journal: Journal
  private let requests: RequestChannel
  private let makeStream: () -> StreamChannel
  private var stream: StreamChannel
  /// Open until the stream after it is, or fails, so that the cloud never sees the device without
  /// one. Nothing that it says counts any more, and so it is not read.
  private var previousStream: StreamChannel?
  /// Not polled yet.
  private var events: [DeviceEvent] = []

  init(origin: CloudOrigin, context: TLSContext, journal: Journal) {
    let connect = { (now: Instant) throws(ConnectionFailure) -> HTTPConnection in
      try HTTPConnection(to: origin, context: context, journal: journal, now: now)
    }
    self.journal = journal
    self.requests = RequestChannel(origin: origin, connect: connect)
    self.makeStream = { StreamChannel(origin: origin, connect: connect) }
    self.stream = self.makeStream()
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
    self.events.removeAll(where: \.isOfStream)
    if self.hasRoute {
      if self.stream.isOpen {
        self.closePreviousStream()
        self.previousStream = self.stream
      } else {
        self.stream.close()
      }
      self.stream = self.makeStream()
      self.stream.open(accessToken: accessToken)
    } else {
      self.journal.connectionFailed(.withoutRoute)
      self.events.append(.streamFailed(.noRoute))
    }
  }

  /// Closes the stream; of what it has said already nothing is told any more.
  func closeStream() {
    self.stream.close()
    self.closePreviousStream()
    self.events.removeAll(where: \.isOfStream)
  }

  private func closePreviousStream() {
    self.previousStream?.close()
    self.previousStream = nil
  }

  /// The joined network has a way to the cloud from now on, or none any more: then all
  /// connections break.
  func setRoute(isThere: Bool) {
    self.hasRoute = isThere
    if !isThere { self.breakConnections(because: .withoutRoute) }
  }

  /// The network under the connections is another one, or gone.
  func breakConnections(because failure: ConnectionFailure) {
    let unanswered = self.requests.abort()
    let hadStream = self.stream.isInUse
    self.abortStreams()
    guard hadStream || !unanswered.isEmpty else { return }
    self.journal.connectionFailed(failure)
    self.events += unanswered.map { .requestFailed($0, failure.failure) }
    if hadStream { self.events.append(.streamFailed(failure.failure)) }
  }

  private func abortStreams() {
    self.stream.abort()
    self.previousStream?.abort()
    self.previousStream = nil
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
    let ofStream = self.stream.advance(now: now)
    // The first is that the stream is open, or that it is none.
    if !ofStream.isEmpty { self.closePreviousStream() }
    self.events += ofStream
  }

  /// The next thing that happened; nil once there is nothing more until the next `advance`.
  func pollEvent() -> DeviceEvent? { self.events.isEmpty ? nil : self.events.removeFirst() }

  /// Says goodbye on all connections.
  func close() {
    self.requests.close()
    self.stream.close()
    self.closePreviousStream()
  }

  /// Power is gone: the connections are, without a word.
  func abort() {
    _ = self.requests.abort()
    self.abortStreams()
    self.events = []
  }
}

extension ConnectionFailure {
  static let withoutRoute = ConnectionFailure(
    .noRoute, "the joined network has no way to the cloud")
  static let anotherNetwork = ConnectionFailure(
    .reset, "the device has left the network under the connection")
}

extension DeviceEvent {
  fileprivate var isOfStream: Bool {
    switch self {
    case .streamOpened, .streamEvent, .streamClosed, .streamFailed: true
    case .booted, .wakeUp, .wifiJoined, .wifiFailed, .wifiLost, .signalChanged, .airChanged,
      .response, .requestFailed, .stored, .storeFailed, .button, .lens, .handover, .motion,
      .steppedOn:
      false
    }
  }
}
