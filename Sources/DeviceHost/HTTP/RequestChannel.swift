import DeviceCore
import DeviceProtocol

/// The device's requests, one after the other on a connection that is kept alive between them.
final class RequestChannel {
  static let responseTimeoutMilliseconds: UInt32 = 15_000

  /// The request that has been sent, and what has come back.
  private struct Exchange {
    let id: RequestID
    let deadline: Instant
    var head: ResponseHead?
    var body = CollectedBody()
  }

  private let connect: (Instant) throws(ConnectionFailure) -> HTTPConnection
  private let origin: CloudOrigin
  private var connection: HTTPConnection?
  private var exchange: Exchange?
  private var waiting: [Request] = []

  /// - Parameter connect: Begins a new connection to the origin.
  init(
    origin: CloudOrigin, connect: @escaping (Instant) throws(ConnectionFailure) -> HTTPConnection
  ) {
    self.origin = origin
    self.connect = connect
  }

  func send(_ request: Request) { self.waiting.append(request) }

  var deadline: Instant? {
    [self.exchange?.deadline, self.connection?.deadline].compactMap(\.self).min()
  }

  var wantsTurn: Bool {
    self.connection?.wantsTurn == true || self.exchange == nil && !self.waiting.isEmpty
  }

  func add(to pollSet: inout PollSet) { self.connection?.add(to: &pollSet) }

  /// Does what is possible now.
  ///
  /// - Returns: An event for each request that has come to its end.
  func advance(now: Instant) -> [DeviceEvent] {
    var events: [DeviceEvent] = []
    do throws(ConnectionFailure) {
      try self.begin(now: now)
      for event in self.connection?.advance(now: now) ?? [] {
        switch event {
        case .answer(let output):
          if let event = try self.take(output) { events.append(event) }
        case .failed(let failure):
          throw failure
        }
      }
      if self.connection?.hasEnded == true { self.connection = nil }
      if let exchange, now >= exchange.deadline {
        throw ConnectionFailure(
          .timedOut, "no answer after \(Self.responseTimeoutMilliseconds) milliseconds")
      }
    } catch {
      self.connection?.abort()
      self.connection = nil
      if let failed = self.exchange {
        self.exchange = nil
        events.append(.requestFailed(failed.id, error.failure))
      }
    }
    return events
  }

  /// Drops the connection and all requests.
  ///
  /// - Returns: The requests that have no answer and will get none.
  func abort() -> [RequestID] {
    let unanswered = [self.exchange?.id].compactMap(\.self) + self.waiting.map(\.id)
    self.connection?.abort()
    self.connection = nil
    self.exchange = nil
    self.waiting = []
    return unanswered
  }

  func close() {
    self.connection?.close()
    self.connection = nil
  }

  /// Sends the next request when none is under way.
  private func begin(now: Instant) throws(ConnectionFailure) {
    guard self.exchange == nil, !self.waiting.isEmpty else { return }
    let request = self.waiting.removeFirst()
    self.exchange = Exchange(
      id: request.id, deadline: now.advanced(byMilliseconds: Self.responseTimeoutMilliseconds))
    let connection = if let open = self.connection { open } else { try self.connect(now) }
    self.connection = connection
    connection.send(encode(request, to: self.origin))
  }

  private func take(_ output: ResponseParser.Output) throws(ConnectionFailure) -> DeviceEvent? {
    switch output {
    case .head(let head):
      self.exchange?.head = head
    case .body(let part):
      try self.exchange?.body.append(part)
    case .end:
      guard let exchange, let head = exchange.head else { return nil }
      self.exchange = nil
      if !head.isKeptAlive { self.close() }
      return .response(exchange.id, Response(head: head, body: exchange.body.bytes))
    }
    return nil
  }
}

extension Response {
  init(head: ResponseHead, body: [UInt8]) {
    self.init(status: head.status, retryAfterSeconds: head.retryAfterSeconds, body: body)
  }
}
