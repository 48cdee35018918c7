import Synchronization

/// What is to be done when a connection is closed, by whoever waits on it. A connection serves many
/// requests: what one of them left here would stay as long as it is open.
final class CloseWatches: Sendable {
  struct ID: Equatable, Sendable { fileprivate let number: UInt64 }

  private struct State {
    var isClosed = false
    var newest: UInt64 = 0
    var callbacks: [(id: ID, callback: @Sendable () -> Void)] = []
  }

  private let state = Mutex(State())

  /// How many there are.
  var count: Int { self.state.withLock { $0.callbacks.count } }

  /// Calls back once when it is closed; at once if it is. Whoever is done before that removes it.
  func add(_ callback: @escaping @Sendable () -> Void) -> ID {
    let (id, isClosed) = self.state.withLock { state in
      state.newest += 1
      let id = ID(number: state.newest)
      if !state.isClosed { state.callbacks.append((id, callback)) }
      return (id, state.isClosed)
    }
    if isClosed { callback() }
    return id
  }

  func remove(_ id: ID) {
    self.state.withLock { $0.callbacks.removeAll { $0.id == id } }
  }

  func close() {
    let callbacks = self.state.withLock { state in
      state.isClosed = true
      defer { state.callbacks = [] }
      return state.callbacks
    }
    for (_, callback) in callbacks { callback() }
  }
}
