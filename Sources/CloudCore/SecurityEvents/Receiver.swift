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
  /// The `Authorization` of each request: AES-256-GCM under a key of the cloud, which is kept elsewhere.
  package let sealedAuthorization: [UInt8]?
  package let createdAt: UnixMilliseconds
  /// The number of the last event that it is done with; those after it are waiting.
  package var position: UInt64
  package var delivered: UInt64
  /// Attempts that failed and were to be made again.
  package var retried: UInt64
  /// Events that it refused, or that were given up.
  package var failed: UInt64
  package var lastFailure: DeliveryFailure?

  package init(
    id: ReceiverID, endpoint: String, audience: String, sealedAuthorization: [UInt8]?,
    createdAt: UnixMilliseconds, position: UInt64, delivered: UInt64 = 0, retried: UInt64 = 0,
    failed: UInt64 = 0, lastFailure: DeliveryFailure? = nil
  ) {
    self.id = id
    self.endpoint = endpoint
    self.audience = audience
    self.sealedAuthorization = sealedAuthorization
    self.createdAt = createdAt
    self.position = position
    self.delivered = delivered
    self.retried = retried
    self.failed = failed
    self.lastFailure = lastFailure
  }

  /// Whether it would be subscribed today: one that is stored may be from before its endpoint's form
  /// was refused.
  package var hasAllowedEndpoint: Bool { ReceiverEndpoint.isAllowed(self.endpoint) }
}

/// What last went wrong with a receiver.
package struct DeliveryFailure: Equatable, Sendable {
  package let at: UnixMilliseconds
  /// `jti` of the event that it was about.
  package let event: String
  /// Fixed words: the receiver's own `err` if that is one of RFC 8935 §2.4, a status, or what became
  /// of the connection.
  package let cause: String

  package init(at: UnixMilliseconds, event: String, cause: String) {
    self.at = at
    self.event = event
    self.cause = cause
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
  case delivered
  /// It was refused or is given up, for this cause.
  case failed(String)
  /// The same event is to be posted again later.
  case retried(String)
}
