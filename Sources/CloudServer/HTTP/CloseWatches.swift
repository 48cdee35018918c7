import Synchronization

/// What is to be done when the peer of a connection has gone, by whoever waits on that. A connection serves many
/// requests: what one of them left here would stay as long as it is open.
final class CloseWatches: Sendable {
  struct ID: Equatable, Sendable { fileprivate let number: UInt64 }

  private struct State {
    var isClosed = false
    var newest: UInt64 = 0
    var callbacks: [(id: ID, callback: @Sendable () -> Void)] = []
  }

  private let state = Mutex(State())

  /// Whether the peer has gone.
  var isClosed: Bool { self.state.withLock { $0.isClosed } }

  /// How many there are.
  var count: Int { self.state.withLock { $0.callbacks.count } }

  /// Calls back once when the peer goes; at once if it has gone. Whoever is done before that removes it.
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

  /// The connection is closed, or the peer has closed its side: it sends nothing more.
  ///
  /// Such a peer may still read (`nc -N` does after it has sent its request; an HTTP client does not).
  /// It is treated as gone none the less, for a FIN is all that there is to see of one that closes, and
  /// nobody should wait for minutes for nobody. What needs no waiting is answered.
  func peerHasGone() {
    let callbacks = self.state.withLock { state in
      state.isClosed = true
      defer { state.callbacks = [] }
      return state.callbacks
    }
    for (_, callback) in callbacks { callback() }
  }
}
