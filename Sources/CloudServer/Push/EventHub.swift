import CloudCore
import DeviceProtocol
import ServiceLifecycle
import Synchronization

/// All open streams: who listens, who is online, and whom a logout throws out.
///
/// As a service it sends the comments, ends the streams whose token has expired, and ends all of
/// them when the cloud stops.
final class EventHub: Service {
  private static let commentInterval = Duration.seconds(15)

  private let clock: WallClock
  private let tick: Duration
  private let lastEventTime: Duration
  private let state = Mutex(State())

  fileprivate struct State {
    var streams: [UInt64: Entry] = [:]
    /// Streams of apps by account, to find an owner's without looking at all.
    var apps: [AccountID: Set<UInt64>] = [:]
    var devices: [DeviceID: Set<UInt64>] = [:]
    /// As many as there are in `streams`.
    var counts: [ClientKind: Int] = [:]
    /// The devices that owners were last told to be online.
    var announced: Set<DeviceID> = []
    var ownership = Ownership()
    var nextID: UInt64 = 1
    var isClosed = false
  }

  /// Stands for who owns which device. Another value means that some device may have another owner.
  struct Ownership: Equatable, Sendable {
    fileprivate var changeCount: UInt64 = 0
  }

  fileprivate struct Entry {
    let stream: EventStream
    let connection: PeerConnection
    var nextComment: ContinuousClock.Instant
  }

  /// - Parameters:
  ///   - tick: How often time is looked at; the comments and expiries are late by at most this.
  ///   - lastEventTime: How long a peer may take to read its last event before its connection is
  ///     cut.
  init(
    clock: @escaping WallClock, tick: Duration = .seconds(1), lastEventTime: Duration
  ) {
    self.clock = clock
    self.tick = tick
    self.lastEventTime = lastEventTime
  }

  /// Opens a stream.
  ///
  /// - Returns: Nil when the cloud stops.
  func open(for caller: Authenticated, on connection: PeerConnection) -> EventStream? {
    self.state.withLock { state in
      guard !state.isClosed else { return nil }
      let stream = EventStream(id: state.nextID, caller: caller)
      state.nextID += 1
      state.counts[caller.kind, default: 0] += 1
      state.streams[stream.id] = Entry(
        stream: stream, connection: connection, nextComment: .now + Self.commentInterval)
      guard let device = caller.device else {
        state.apps[caller.account, default: []].insert(stream.id)
        return stream
      }
      state.devices[device, default: []].insert(stream.id)
      return stream
    }
  }

  /// Forgets a stream that has ended or whose connection is gone.
  ///
  /// - Returns: False when it was forgotten before.
  @discardableResult
  func close(_ stream: EventStream) -> Bool {
    let isKnown = self.state.withLock { state in
      guard state.streams.removeValue(forKey: stream.id) != nil else { return false }
      state.counts[stream.caller.kind, default: 0] -= 1
      if let device = stream.caller.device {
        state.devices.remove(stream.id, from: device)
      } else {
        state.apps.remove(stream.id, from: stream.caller.account)
      }
      return true
    }
    stream.finished()
    return isKnown
  }

  /// Open streams; a kind without any may be absent.
  var openCounts: [ClientKind: Int] { self.state.withLock { $0.counts } }

  func isOnline(_ device: DeviceID) -> Bool {
    self.state.withLock { $0.devices[device] != nil }
  }

  /// To be read before the store is asked whose a device is.
  var ownership: Ownership { self.state.withLock { $0.ownership } }

  /// To be called once a device's new owner, or that it has none, is durable, and before that is
  /// answered: whoever looked its owner up before has to look again.
  func ownersChanged() {
    self.state.withLock { $0.ownership.changeCount += 1 }
  }

  /// Tells the owner's apps. Those that do not read are cut.
  func publish(_ change: DeviceChange, of device: DeviceID, to owner: AccountID) async {
    let slow = self.state.withLock { $0.offer(change, of: device, to: owner) }
    for entry in slow { await self.cut(entry) }
  }

  /// As `publish(_:of:to:)`, unless owners have changed since the owner was looked up.
  ///
  /// - Returns: False if they have: nobody was told.
  func publish(
    _ change: DeviceChange, of device: DeviceID, to owner: AccountID, asOf ownership: Ownership
  ) async -> Bool {
    let slow: [Entry]? = self.state.withLock { state in
      guard state.ownership == ownership else { return nil }
      return state.offer(change, of: device, to: owner)
    }
    for entry in slow ?? [] { await self.cut(entry) }
    return slow != nil
  }

  /// Tells the owner's apps that the device is online or offline, whichever it is by now, if that is
  /// not what was told last: who was first to see a change may be the last to tell it.
  ///
  /// - Parameter owner: Nil when the device has none.
  /// - Returns: False if owners have changed since the owner was looked up: nobody was told.
  func publishPresence(
    of device: DeviceID, to owner: AccountID?, asOf ownership: Ownership
  ) async -> Bool {
    let slow: [Entry]? = self.state.withLock { state in
      guard state.ownership == ownership else { return nil }
      let isOnline = state.devices[device] != nil
      guard isOnline != state.announced.contains(device) else { return [] }
      if isOnline { state.announced.insert(device) } else { state.announced.remove(device) }
      return owner.map { state.offer(isOnline ? .online : .offline, of: device, to: $0) } ?? []
    }
    for entry in slow ?? [] { await self.cut(entry) }
    return slow != nil
  }

  /// The streams that may be affected by a change; in no order.
  func streams(where isAffected: (Authenticated) -> Bool) -> [EventStream] {
    self.state.withLock { state in
      state.streams.values.map(\.stream).filter { isAffected($0.caller) }
    }
  }

  /// Ends these streams, each with its last event, and returns when nothing more is written to any:
  /// a peer that does not read its last event in time is cut.
  func end(_ streams: [(stream: EventStream, lastEvent: ServerSentEvent?)]) async {
    for (stream, lastEvent) in streams { stream.end(with: lastEvent) }
    let entries = self.state.withLock { state in
      streams.compactMap { state.streams[$0.stream.id] }
    }
    guard !entries.isEmpty else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for entry in entries { await entry.stream.waitUntilFinished() }
      }
      group.addTask {
        // Ended early, by cancellation, when the peers have read everything.
        guard (try? await Task.sleep(for: self.lastEventTime)) != nil else { return }
        for entry in entries { await self.cut(entry) }
      }
      await group.next()
      group.cancelAll()
    }
  }

  /// Ends at once what has expired: the clock was moved. Returns when nothing more is written to it.
  func endExpired() async {
    let now = self.clock()
    let expired = self.streams { $0.isExpired(at: now) }
    await self.end(expired.map { (stream: $0, lastEvent: .expired) })
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: self.tick)) != nil { await self.lookAtTime() }
    }
    let streams = self.state.withLock { state in
      state.isClosed = true
      return state.streams.values.map { (stream: $0.stream, lastEvent: nil as ServerSentEvent?) }
    }
    await self.end(streams)
  }

  private func lookAtTime() async {
    let now = self.clock()
    let tick = ContinuousClock.now
    let due = self.state.withLock { state in
      var due: [Entry] = []
      for (id, entry) in state.streams {
        if entry.stream.caller.isExpired(at: now) {
          entry.stream.end(with: .expired)
        } else if entry.nextComment <= tick {
          state.streams[id]?.nextComment = tick + Self.commentInterval
          due.append(entry)
        }
      }
      return due
    }
    for entry in due where !entry.stream.offer(.comment) { await self.cut(entry) }
  }

  private func cut(_ entry: Entry) async {
    entry.stream.finished()
    await entry.connection.abort()
  }
}

extension EventHub.State {
  /// Offered while the hub is locked, so that events reach every stream in one order.
  ///
  /// - Returns: Those that do not read.
  fileprivate func offer(
    _ change: DeviceChange, of device: DeviceID, to owner: AccountID
  ) -> [EventHub.Entry] {
    (self.apps[owner] ?? []).compactMap { self.streams[$0] }
      .filter { !$0.stream.offer(.device(device, change)) }
  }
}

extension Dictionary where Value == Set<UInt64> {
  /// Removes the element, and the key when nothing is left.
  fileprivate mutating func remove(_ element: UInt64, from key: Key) {
    self[key]?.remove(element)
    if self[key]?.isEmpty == true { self[key] = nil }
  }
}
