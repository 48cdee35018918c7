import Synchronization

/// Takes results in any order and hands them on in theirs, so that no more are kept than are early.
final class OrderedResults<Value: Sendable>: Sendable {
  private struct State {
    var next = 0
    var early: [Int: Value] = [:]
  }

  private let state = Mutex(State())
  private let take: @Sendable (Value) -> Void

  /// - Parameter take: Told of each, from the first on, one at a time.
  init(_ take: @escaping @Sendable (Value) -> Void) { self.take = take }

  func add(_ value: Value, at index: Int) {
    self.state.withLock { state in
      state.early[index] = value
      while let value = state.early.removeValue(forKey: state.next) {
        state.next += 1
        self.take(value)
      }
    }
  }

  /// Those after the first that never came, in order.
  func takeRest() {
    self.state.withLock { state in
      for index in state.early.keys.sorted() {
        if let value = state.early.removeValue(forKey: index) { self.take(value) }
      }
    }
  }
}
