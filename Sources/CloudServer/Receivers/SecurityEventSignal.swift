import Synchronization

/// Says that there may be events to deliver. However often that is said before somebody looks, they
/// look once.
final class SecurityEventSignal: Sendable {
  private struct State {
    var continuation: AsyncStream<Void>.Continuation?
    var isWatched = false
  }

  private let state = Mutex(State())

  /// For one who looks; whoever did before is told no more.
  func signals() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let former = self.state.withLock { state in
      let former = state.continuation
      state.continuation = continuation
      return former
    }
    former?.finish()
    return stream
  }

  /// Whether there are receivers. Without any, nothing is signalled: most clouds have none.
  func watch(_ isWatched: Bool) {
    let continuation = self.state.withLock { state in
      state.isWatched = isWatched
      return state.continuation
    }
    if isWatched { continuation?.yield() }
  }

  func mayHaveEvents() {
    self.state.withLock { $0.isWatched ? $0.continuation : nil }?.yield()
  }
}
