import DeviceCore
import DeviceProtocol
import Glibc

/// One TCP connection with TLS to the cloud, without waiting: `advance` does what is possible now.
final class CloudConnection {
  static let openTimeoutMilliseconds: UInt32 = 10_000
  /// So many TLS records are read at a turn, so that a flood does not starve the world.
  private static let recordsPerTurn = 16

  enum Event {
    case opened(wasResumed: Bool)
    case received([UInt8])
    /// The peer ended the connection; `isClean` when it said so before. The last event.
    case ended(isClean: Bool)
    /// The last event; the connection is of no more use.
    case failed(ConnectionFailure)
  }

  private enum Stage {
    case connecting
    case handshaking(TLSSession)
    case open(TLSSession)
    case ended
  }

  private let host: String
  private let context: TLSContext
  private var socket: OwnedDescriptor
  private var stage = Stage.connecting
  /// Their turn comes when the current one refuses.
  private var untriedAddresses: ArraySlice<SocketAddress>
  private let openDeadline: Instant
  private var outgoing: ArraySlice<UInt8> = []
  private var interest = POLLOUT
  private var hasMoreToRead = false

  /// Begins to connect.
  ///
  /// - Throws: `ConnectionFailure` when not even the first step is possible.
  init(to origin: CloudOrigin, context: TLSContext, now: Instant) throws(ConnectionFailure) {
    let addresses = try SocketAddress.resolve(host: origin.host, port: origin.port)
    var untried = addresses[...]
    self.socket = try connectFirst(
      of: &untried, otherwise: ConnectionFailure(.noRoute, "\(origin.host) has no address"))
    self.untriedAddresses = untried
    self.host = origin.host
    self.context = context
    self.openDeadline = now.advanced(byMilliseconds: Self.openTimeoutMilliseconds)
  }

  /// Queues bytes; they go out as `advance` is called.
  func send(_ bytes: [UInt8]) { self.outgoing += bytes }

  /// When `advance` is to be called though nothing happened; nil for never.
  var deadline: Instant? {
    switch self.stage {
    case .connecting, .handshaking: self.openDeadline
    case .open, .ended: nil
    }
  }

  /// Whether there is more to do right now.
  var wantsTurn: Bool { self.hasMoreToRead }

  func add(to pollSet: inout PollSet) {
    pollSet.add(self.socket.rawValue, self.interest)
  }

  /// Does what is possible now.
  ///
  /// - Returns: What happened, in order; what came before a failure is not lost by it.
  func advance(now: Instant) -> [Event] {
    var events: [Event] = []
    do throws(ConnectionFailure) {
      if case .connecting = self.stage { try self.advanceConnect() }
      if case .handshaking(let session) = self.stage {
        try self.advanceHandshake(session, &events)
      }
      if case .open(let session) = self.stage { try self.exchange(session, &events) }
      if let deadline, now >= deadline {
        throw ConnectionFailure(
          .timedOut, "not open after \(Self.openTimeoutMilliseconds) milliseconds")
      }
    } catch {
      self.abort()
      events.append(.failed(error))
    }
    return events
  }

  /// Ends the connection with a goodbye.
  func close() {
    if case .open(let session) = self.stage { session.sayGoodbye() }
    self.stage = .ended
  }

  /// Ends the connection as a device without power does: nothing is said, nothing is sent.
  func abort() {
    setOption(self.socket.rawValue, SOL_SOCKET, SO_LINGER, linger(l_onoff: 1, l_linger: 0))
    self.stage = .ended
  }

  private func advanceConnect() throws(ConnectionFailure) {
    guard let code = connectOutcome(of: self.socket.rawValue) else { return }
    if code == 0 {
      self.stage = .handshaking(
        try TLSSession(context: self.context, socket: self.socket.rawValue, host: self.host))
    } else {
      self.socket = try connectFirst(
        of: &self.untriedAddresses, otherwise: ConnectionFailure(systemCode: code))
    }
  }

  private func advanceHandshake(_ session: TLSSession, _ events: inout [Event])
    throws(ConnectionFailure)
  {
    switch try session.handshake() {
    case .done:
      self.stage = .open(session)
      events.append(.opened(wasResumed: session.wasResumed))
    case .waitsToRead: self.interest = POLLIN
    case .waitsToWrite: self.interest = POLLOUT
    case .ended: throw ConnectionFailure(.reset, "closed during the TLS handshake")
    }
  }

  private func exchange(_ session: TLSSession, _ events: inout [Event]) throws(ConnectionFailure) {
    self.interest = POLLIN
    writing: while !self.outgoing.isEmpty {
      switch try session.write(self.outgoing) {
      case .done(let count): self.outgoing.removeFirst(count)
      case .waitsToRead: break writing
      case .waitsToWrite:
        self.interest = POLLIN | POLLOUT
        break writing
      case .ended(let isClean):
        self.end(isClean, &events)
        return
      }
    }
    self.hasMoreToRead = false
    for _ in 0..<Self.recordsPerTurn {
      switch try session.read() {
      case .done(let bytes): events.append(.received(bytes))
      case .waitsToRead: return
      case .waitsToWrite:
        self.interest = POLLIN | POLLOUT
        return
      case .ended(let isClean):
        self.end(isClean, &events)
        return
      }
    }
    self.hasMoreToRead = true
  }

  private func end(_ isClean: Bool, _ events: inout [Event]) {
    self.stage = .ended
    events.append(.ended(isClean: isClean))
  }
}

/// Begins to connect to the first address that lets it begin, and takes those tried off the list.
///
/// - Throws: What the last of them said; `failure` when there is none.
private func connectFirst(
  of addresses: inout ArraySlice<SocketAddress>, otherwise failure: ConnectionFailure
) throws(ConnectionFailure) -> OwnedDescriptor {
  var failure = failure
  while let address = addresses.popFirst() {
    do {
      return try address.connect()
    } catch {
      failure = error
    }
  }
  throw failure
}
