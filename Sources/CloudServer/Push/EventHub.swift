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

  private struct State {
    var streams: [UInt64: Entry] = [:]
    /// Streams of apps by account, to find an owner's without looking at all.
    var apps: [AccountID: Set<UInt64>] = [:]
    var devices: [DeviceID: Set<UInt64>] = [:]
    var nextID: UInt64 = 1
    var isClosed = false
  }

  private struct Entry {
    let stream: EventStream
    let connection: PeerConnection
    var nextComment: ContinuousClock.Instant
  }

  /// - Parameters:
  ///   - tick: How often time is looked at; the comments and expiries are late by at most this.
  ///   - lastEventTime: How long a peer may take to read its last event before its connection is
  ///     cut.
  init(
    clock: @escaping WallClock, tick: Duration = .seconds(1), lastEventTime: Duration = .seconds(2)
  ) {
    self.clock = clock
    self.tick = tick
    self.lastEventTime = lastEventTime
  }

  /// Opens a stream.
  ///
  /// - Returns: The stream, and whether it is the first of its device, which is online with it. Nil
  ///   when the cloud stops.
  func open(
    for caller: Authenticated, on connection: PeerConnection
  ) -> (stream: EventStream, isFirstOfDevice: Bool)? {
    self.state.withLock { state in
      guard !state.isClosed else { return nil }
      let stream = EventStream(id: state.nextID, caller: caller)
      state.nextID += 1
      state.streams[stream.id] = Entry(
        stream: stream, connection: connection, nextComment: .now + Self.commentInterval)
      guard let device = caller.device else {
        state.apps[caller.account, default: []].insert(stream.id)
        return (stream, false)
      }
      state.devices[device, default: []].insert(stream.id)
      return (stream, state.devices[device]?.count == 1)
    }
  }

  /// Forgets a stream that has ended or whose connection is gone.
  ///
  /// - Returns: Whether it was the last of its device, which is offline without it. False also when
  ///   the stream was forgotten before.
  @discardableResult
  func close(_ stream: EventStream) -> Bool {
    let isLastOfDevice = self.state.withLock { state in
      guard state.streams.removeValue(forKey: stream.id) != nil else { return false }
      guard let device = stream.caller.device else {
        state.apps.remove(stream.id, from: stream.caller.account)
        return false
      }
      state.devices.remove(stream.id, from: device)
      return state.devices[device] == nil
    }
    stream.finished()
    return isLastOfDevice
  }

  func isOnline(_ device: DeviceID) -> Bool {
    self.state.withLock { $0.devices[device] != nil }
  }

  /// Tells the owner's apps. Those that do not read are cut.
  func publish(_ change: DeviceChange, of device: DeviceID, to owner: AccountID) async {
    let entries = self.state.withLock { state in
      (state.apps[owner] ?? []).compactMap { state.streams[$0] }
    }
    for entry in entries where !entry.stream.offer(.device(device, change)) {
      await self.cut(entry)
    }
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
        if entry.stream.caller.expiresAt <= now {
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

extension Dictionary where Value == Set<UInt64> {
  /// Removes the element, and the key when nothing is left.
  fileprivate mutating func remove(_ element: UInt64, from key: Key) {
    self[key]?.remove(element)
    if self[key]?.isEmpty == true { self[key] = nil }
  }
}
