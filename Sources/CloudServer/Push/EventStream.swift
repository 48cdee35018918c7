import CloudCore
import Synchronization

/// One open stream: a bounded queue of events between whoever has news and the one task that writes
/// them to the peer.
final class EventStream: Sendable {
  /// More unwritten events than these, and the peer is too slow to be kept.
  static let capacity = 64

  enum Step: Equatable {
    case write(ServerSentEvent)
    /// The last one, if any; then the stream ends.
    case finish(ServerSentEvent?)
  }

  let id: UInt64
  let caller: Authenticated
  private let state = Mutex(State())

  private struct State {
    var pending: [ServerSentEvent] = []
    var ending: Ending = .open
    /// The writer, when it has nothing to write.
    var writer: CheckedContinuation<Void, Never>?
    /// Those who wait until nothing more is written.
    var observers: [CheckedContinuation<Void, Never>] = []

    enum Ending {
      case open
      /// Nothing but this event is to be written.
      case due(ServerSentEvent?)
      case finished
    }

    var isIdle: Bool {
      if case .open = self.ending { return self.pending.isEmpty }
      return false
    }

    mutating func takeStep() -> Step? {
      switch self.ending {
      case .open:
        return self.pending.isEmpty ? nil : .write(self.pending.removeFirst())
      case .due(let event):
        return .finish(event)
      case .finished:
        return .finish(nil)
      }
    }

    mutating func takeWriter() -> CheckedContinuation<Void, Never>? {
      defer { self.writer = nil }
      return self.writer
    }
  }

  init(id: UInt64, caller: Authenticated) {
    self.id = id
    self.caller = caller
  }

  /// Queues an event.
  ///
  /// - Returns: False when the queue is full. A stream that ends takes no more events.
  func offer(_ event: ServerSentEvent) -> Bool {
    let (isAccepted, writer) = self.state.withLock { state in
      guard case .open = state.ending else {
        return (true, nil as CheckedContinuation<Void, Never>?)
      }
      guard state.pending.count < Self.capacity else { return (false, nil) }
      state.pending.append(event)
      return (true, state.takeWriter())
    }
    writer?.resume()
    return isAccepted
  }

  /// Ends the stream after this event. What is queued and unwritten is dropped: it may be what the
  /// peer must no longer learn.
  func end(with event: ServerSentEvent?) {
    let writer = self.state.withLock { state in
      guard case .open = state.ending else { return nil as CheckedContinuation<Void, Never>? }
      state.pending = []
      state.ending = .due(event)
      return state.takeWriter()
    }
    writer?.resume()
  }

  /// For the one writer: what to do next. Waits until there is something.
  func next() async -> Step {
    await withTaskCancellationHandler {
      while true {
        if let step = self.state.withLock({ $0.takeStep() }) { return step }
        await withCheckedContinuation { continuation in
          let isDue = self.state.withLock { state in
            guard state.isIdle else { return true }
            state.writer = continuation
            return false
          }
          if isDue { continuation.resume() }
        }
      }
    } onCancel: {
      self.end(with: nil)
    }
  }

  /// Nothing more is written from now on, be it that all was or that the connection is gone.
  func finished() {
    let (writer, observers) = self.state.withLock { state in
      state.pending = []
      state.ending = .finished
      defer { state.observers = [] }
      return (state.takeWriter(), state.observers)
    }
    writer?.resume()
    for observer in observers { observer.resume() }
  }

  /// Returns once nothing more is written.
  func waitUntilFinished() async {
    await withCheckedContinuation { continuation in
      let isFinished = self.state.withLock { state in
        if case .finished = state.ending { return true }
        state.observers.append(continuation)
        return false
      }
      if isFinished { continuation.resume() }
    }
  }
}
