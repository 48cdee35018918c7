import DeviceCore
import DeviceProtocol

/// The event stream, on a connection of its own; `docs/protocol.md`, "Push".
final class StreamChannel {
  static let responseTimeoutMilliseconds: UInt32 = 15_000
  /// The cloud sends a comment every 15 s; after three missing ones the stream is dead.
  static let silenceTimeoutMilliseconds: UInt32 = 45_000

  private enum Phase {
    case awaitingHead
    case refused(ResponseHead, CollectedBody)
    case streaming(EventStreamParser)
  }

  private let connect: (Instant) throws(ConnectionFailure) -> HTTPConnection
  private let origin: CloudOrigin
  private var connection: HTTPConnection?
  private var phase = Phase.awaitingHead
  private var phaseDeadline: Instant?
  /// Set from `open` until the first `advance`.
  private var requestedToken: [UInt8]?

  /// - Parameter connect: Begins a new connection to the origin.
  init(
    origin: CloudOrigin, connect: @escaping (Instant) throws(ConnectionFailure) -> HTTPConnection
  ) {
    self.origin = origin
    self.connect = connect
  }

  /// Opens the stream; none is open.
  func open(accessToken: [UInt8]) { self.requestedToken = accessToken }

  /// Whether the cloud has accepted the stream, and it is not over.
  var isOpen: Bool {
    guard case .streaming = self.phase else { return false }
    return true
  }

  var isInUse: Bool { self.connection != nil || self.requestedToken != nil }

  var deadline: Instant? {
    [self.phaseDeadline, self.connection?.deadline].compactMap(\.self).min()
  }

  var wantsTurn: Bool { self.connection?.wantsTurn == true || self.requestedToken != nil }

  func add(to pollSet: inout PollSet) { self.connection?.add(to: &pollSet) }

  /// Does what is possible now.
  func advance(now: Instant) -> [DeviceEvent] {
    var events: [DeviceEvent] = []
    do throws(ConnectionFailure) {
      try self.begin(now: now)
      for event in self.connection?.advance(now: now) ?? [] {
        switch event {
        case .answer(let output): try self.take(output, now: now, &events)
        case .failed(let failure): throw failure
        }
        // The stream is over: what follows is of no use.
        if self.connection == nil { return events }
      }
      if let phaseDeadline, now >= phaseDeadline {
        throw ConnectionFailure(.timedOut, "the event stream is silent")
      }
    } catch {
      events.append(self.fail(error))
    }
    return events
  }

  func close() {
    self.connection?.close()
    self.forget()
  }

  func abort() {
    self.connection?.abort()
    self.forget()
  }

  private func forget() {
    self.connection = nil
    self.phase = .awaitingHead
    self.phaseDeadline = nil
    self.requestedToken = nil
  }

  private func begin(now: Instant) throws(ConnectionFailure) {
    guard let token = self.requestedToken else { return }
    self.requestedToken = nil
    self.phaseDeadline = now.advanced(byMilliseconds: Self.responseTimeoutMilliseconds)
    let connection = try self.connect(now)
    self.connection = connection
    connection.send(encodeStreamRequest(accessToken: token, to: self.origin))
  }

  private func take(_ output: ResponseParser.Output, now: Instant, _ events: inout [DeviceEvent])
    throws(ConnectionFailure)
  {
    switch (output, self.phase) {
    case (.head(let head), _) where head.status != 200:
      self.phase = .refused(head, CollectedBody())
    case (.head(let head), _):
      guard head.mediaType == "text/event-stream" else {
        throw ConnectionFailure(.malformedAnswer, "the answer is not an event stream")
      }
      self.phase = .streaming(EventStreamParser())
      events.append(.streamOpened)
    case (.body(let part), .refused(let head, var body)):
      try body.append(part)
      self.phase = .refused(head, body)
    case (.body(let part), .streaming(var parser)):
      do throws(HTTPError) {
        events += try parser.receive(part).map { .streamEvent(name: $0.name, data: $0.data) }
      } catch {
        throw ConnectionFailure(answer: error)
      }
      self.phase = .streaming(parser)
    case (.end, .refused(let head, let body)):
      self.close()
      events.append(.streamClosed(Response(head: head, body: body.bytes)))
      return
    case (.end, .streaming):
      self.close()
      events.append(.streamClosed(nil))
      return
    case (.body, .awaitingHead), (.end, .awaitingHead):
      break
    }
    if case .streaming = self.phase {
      self.phaseDeadline = now.advanced(byMilliseconds: Self.silenceTimeoutMilliseconds)
    }
  }

  private func fail(_ error: ConnectionFailure) -> DeviceEvent {
    self.abort()
    return .streamFailed(error.failure)
  }
}
