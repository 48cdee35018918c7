import DeviceCore
import DeviceProtocol

/// HTTP/1.1 on a connection with the cloud: one request at a time, and its answer.
final class HTTPConnection {
  private let connection: CloudConnection
  private let journal: Journal
  private var parser = ResponseParser()
  /// Whether the peer has ended the connection, between two answers.
  private(set) var hasEnded = false

  /// Begins to connect; a failure is in the journal as well.
  init(to origin: CloudOrigin, context: TLSContext, journal: Journal, now: Instant)
    throws(ConnectionFailure)
  {
    self.journal = journal
    do {
      self.connection = try CloudConnection(to: origin, context: context, now: now)
    } catch {
      journal.connectionFailed(error)
      throw error
    }
  }

  var deadline: Instant? { self.connection.deadline }
  var wantsTurn: Bool { self.connection.wantsTurn }

  func add(to pollSet: inout PollSet) { self.connection.add(to: &pollSet) }

  /// Sends an encoded request once the answer to the one before is complete.
  func send(_ request: [UInt8]) {
    self.parser.begin()
    self.connection.send(request)
  }

  /// What `advance` comes to.
  enum Event {
    case answer(ResponseParser.Output)
    /// The last event, in the journal as well; the connection is of no more use.
    case failed(ConnectionFailure)
  }

  /// Does what is possible now.
  ///
  /// - Returns: The parts of the answer that have come, in order.
  func advance(now: Instant) -> [Event] {
    var events: [Event] = []
    do throws(ConnectionFailure) {
      for event in self.connection.advance(now: now) {
        events += try self.parse(event).map { .answer($0) }
      }
    } catch {
      self.journal.connectionFailed(error)
      self.connection.abort()
      events.append(.failed(error))
    }
    return events
  }

  func close() { self.connection.close() }

  func abort() { self.connection.abort() }

  private func parse(_ event: CloudConnection.Event) throws(ConnectionFailure)
    -> [ResponseParser.Output]
  {
    switch event {
    case .opened(let wasResumed):
      self.journal.tlsVerified(wasResumed: wasResumed)
      return []
    case .received(let bytes):
      return try self.answer { parser throws(HTTPError) in try parser.receive(bytes) }
    case .ended(let isClean):
      self.hasEnded = true
      return try self.answer { parser throws(HTTPError) in
        let outputs = try parser.finish()
        // An answer that lasts until the end is complete only if the end was meant.
        guard outputs.isEmpty || isClean else { throw .truncated }
        return outputs
      }
    case .failed(let failure):
      throw failure
    }
  }

  private func answer(
    _ read: (inout ResponseParser) throws(HTTPError) -> [ResponseParser.Output]
  ) throws(ConnectionFailure) -> [ResponseParser.Output] {
    do {
      return try read(&self.parser)
    } catch {
      throw ConnectionFailure(answer: error)
    }
  }
}

extension ConnectionFailure {
  init(answer error: HTTPError) {
    switch error {
    case .truncated:
      self.init(.reset, "closed before the answer was complete")
    case .badStatusLine, .badHeader, .badChunk:
      self.init(.malformedAnswer, "the answer is not HTTP/1.1")
    case .headerTooLarge, .bodyTooLarge:
      self.init(.malformedAnswer, "the answer is over the limit")
    case .unexpectedBytes:
      self.init(.malformedAnswer, "bytes came that no request asked for")
    }
  }
}

/// The body of an answer while it comes in.
struct CollectedBody {
  /// Of the body of any answer but the event stream, in bytes.
  static let limit = 64 * 1_024

  private(set) var bytes: [UInt8] = []

  /// - Throws: `.malformedAnswer` over the limit.
  mutating func append(_ part: [UInt8]) throws(ConnectionFailure) {
    guard self.bytes.count + part.count <= Self.limit else {
      throw ConnectionFailure(answer: .bodyTooLarge)
    }
    self.bytes += part
  }
}
