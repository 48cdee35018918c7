/// The cloud's logic: each request is one synchronous function of the records that it loads from a
/// transaction, the time and random numbers. Nothing here sleeps, reads a clock or opens a socket.
///
/// Refusals are values, not errors, so that what they write (a killed session, a counted attempt)
/// is kept. What throws is the store, as `StoreError`.
package struct Cloud: Sendable {
  package let configuration: CloudConfiguration
  package init(configuration: CloudConfiguration) { self.configuration = configuration }

  /// The client of this id, or nil.
  package func client(id: String) -> OAuthClient? { self.client(id) }

  /// The client of this id, or nil.
  func client(_ id: String) -> OAuthClient? {
    self.configuration.clients.first { $0.id == id }
  }
}
