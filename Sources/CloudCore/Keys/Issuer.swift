import Synchronization

/// The public listener's origin, `https://HOST:PORT`: who made the tokens, and whom they are for. It
/// is known once the listener is bound, which is before it serves a request.
package final class Issuer: Sendable {
  private let value: Mutex<String>
  package init(_ url: String = "") { self.value = Mutex(url) }
  package var url: String { self.value.withLock { $0 } }
  package func set(_ url: String) { self.value.withLock { $0 = url } }
}
