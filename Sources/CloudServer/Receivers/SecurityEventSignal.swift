import Synchronization

/// Says that there may be events to deliver. However often that is said before somebody looks, they
/// look once.
final class SecurityEventSignal: Sendable {
  let signals: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let isWatched = Atomic(false)

  init() {
    (self.signals, self.continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Whether there are receivers. Without any, nothing is signalled: most clouds have none.
  func watch(_ isWatched: Bool) {
    self.isWatched.store(isWatched, ordering: .relaxed)
    if isWatched { self.continuation.yield() }
  }

  func mayHaveEvents() {
    if self.isWatched.load(ordering: .relaxed) { self.continuation.yield() }
  }
}
