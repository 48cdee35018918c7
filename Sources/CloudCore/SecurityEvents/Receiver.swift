package import DeviceProtocol

package struct ReceiverID: Identifier {
  package let bits: UUIDBits
  package init(bits: UUIDBits) { self.bits = bits }
}

/// Somebody who is told of dead sessions (RFC 8935), and how far that has come.
package struct Receiver: Equatable, Sendable {
  package let id: ReceiverID
  /// Where the events are posted to.
  package let endpoint: String
  /// `aud` of the events.
  package let audience: String
  /// The `Authorization` of each request; never shown again.
  package let authorization: Secret?
  package let createdAt: UnixMilliseconds
  /// The number of the last event that it is done with; those after it are waiting.
  package var position: UInt64
  package var delivered: UInt64
  /// Attempts that failed and were to be made again.
  package var retried: UInt64
  /// Events that it refused, or that were given up.
  package var failed: UInt64

  package init(
    id: ReceiverID, endpoint: String, audience: String, authorization: Secret?,
    createdAt: UnixMilliseconds, position: UInt64, delivered: UInt64 = 0, retried: UInt64 = 0,
    failed: UInt64 = 0
  ) {
    self.id = id
    self.endpoint = endpoint
    self.audience = audience
    self.authorization = authorization
    self.createdAt = createdAt
    self.position = position
    self.delivered = delivered
    self.retried = retried
    self.failed = failed
  }
}

package enum SubscribeOutcome: Equatable, Sendable {
  case subscribed(Receiver)
  /// What is wrong with the request.
  case invalid(String)
  case tooMany(limit: Int)
}

/// What came of an attempt to deliver an event.
package enum DeliveryResult: Equatable, Sendable {
  case delivered, failed
  /// The same event is to be posted again later.
  case retried
}
