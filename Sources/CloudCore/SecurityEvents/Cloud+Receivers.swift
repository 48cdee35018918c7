package import DeviceProtocol

extension Cloud {
  /// More receivers than these are refused.
  package static let largestReceiverCount = 16

  /// Subscribes a receiver to what happens from now on.
  package func subscribe(
    endpoint: String, audience: String, authorization: Secret?,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> SubscribeOutcome {
    guard ReceiverEndpoint.isAllowed(endpoint) else {
      return .invalid(
        """
        member 'endpoint' must be an https URL, or an http URL of a loopback address, without user \
        and fragment, of at most \(ReceiverEndpoint.largestByteCount) bytes
        """)
    }
    guard (1...256).contains(audience.utf8.count),
      audience.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0.value >= 0x20 })
    else {
      return .invalid("member 'audience' must be 1 to 256 bytes without white space")
    }
    guard authorization.map({ ReceiverEndpoint.isHeaderValue($0.text) }) != false else {
      return .invalid(
        "member 'authorization' must be 1 to 4096 printable ASCII characters, no space at either end"
      )
    }
    guard try transaction.receivers().count < Self.largestReceiverCount else {
      return .tooMany(limit: Self.largestReceiverCount)
    }
    let id = ReceiverID(random: &random)
    let receiver = Receiver(
      id: id, endpoint: endpoint, audience: audience,
      sealedAuthorization: authorization.map {
        self.configuration.keys.sealed(
          Array($0.text.utf8), beside: Array(id.text.utf8), nonce: randomBytes(12, from: &random))
      }, createdAt: now, position: try transaction.newestSecurityEventNumber())
    try transaction.save(receiver)
    return .subscribed(receiver)
  }

  /// - Returns: False if there is no such receiver.
  package func unsubscribe(
    _ id: ReceiverID, in transaction: any StoreTransaction
  ) throws -> Bool {
    guard try transaction.receivers().contains(where: { $0.id == id }) else { return false }
    try transaction.removeReceiver(id)
    try self.dropSettledEvents(in: transaction)
    return true
  }

  /// Keeps what came of an attempt to deliver an event, and drops the events that all receivers are
  /// done with.
  package func settle(
    _ event: NumberedSecurityEvent, of id: ReceiverID, as result: DeliveryResult,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws {
    // It may have been removed while the attempt was made.
    guard var receiver = try transaction.receivers().first(where: { $0.id == id }),
      receiver.position < event.number
    else { return }
    func failure(_ cause: String) -> DeliveryFailure {
      DeliveryFailure(at: now, event: event.token(for: receiver.id), cause: cause)
    }
    switch result {
    case .delivered:
      receiver.delivered += 1
      receiver.position = event.number
    case .failed(let cause):
      receiver.failed += 1
      receiver.position = event.number
      receiver.lastFailure = failure(cause)
    case .retried(let cause):
      receiver.retried += 1
      receiver.lastFailure = failure(cause)
    }
    try transaction.save(receiver)
    if receiver.position == event.number { try self.dropSettledEvents(in: transaction) }
  }

  private func dropSettledEvents(in transaction: any StoreTransaction) throws {
    let settled = try transaction.receivers().map(\.position).min() ?? .max
    try transaction.removeSecurityEvents(through: settled)
  }

  /// Leaves an event for the receivers, in the transaction of what it is about: whoever sees the one
  /// done sees the other kept.
  func tell(
    _ event: @autoclosure () throws -> SecurityEvent, in transaction: any StoreTransaction
  ) throws {
    guard try !transaction.receivers().isEmpty else { return }
    try transaction.append(event())
  }
}
