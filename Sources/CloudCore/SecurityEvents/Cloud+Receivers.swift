package import DeviceProtocol

extension Cloud {
  /// More receivers than these are refused.
  private static let maximumReceiverCount = 16

  /// Subscribes a receiver to what happens from now on.
  package func subscribe(
    endpoint: String, audience: String, authorization: Secret?,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> SubscribeOutcome {
    guard ReceiverEndpoint.isAllowed(endpoint) else {
      return .invalid("endpoint must be an https URL, or an http URL of a loopback address")
    }
    guard (1...256).contains(audience.utf8.count),
      audience.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0.value >= 0x20 })
    else { return .invalid("audience must be 1 to 256 bytes without white space") }
    guard authorization.map({ ReceiverEndpoint.isHeaderValue($0.text) }) != false else {
      return .invalid("authorization must be 1 to 4096 printable ASCII characters")
    }
    guard try transaction.receivers().count < Self.maximumReceiverCount else {
      return .tooMany(limit: Self.maximumReceiverCount)
    }
    let receiver = Receiver(
      id: ReceiverID(random: &random), endpoint: endpoint, audience: audience,
      authorization: authorization, createdAt: now,
      position: try transaction.newestSecurityEventNumber())
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

  /// Keeps what came of an attempt to deliver the event of this number, and drops the events that
  /// all receivers are done with.
  package func settle(
    _ number: UInt64, of id: ReceiverID, as result: DeliveryResult,
    in transaction: any StoreTransaction
  ) throws {
    // It may have been removed, or the database restored, while the attempt was made.
    guard var receiver = try transaction.receivers().first(where: { $0.id == id }),
      receiver.position < number
    else { return }
    switch result {
    case .delivered: receiver.delivered += 1
    case .failed: receiver.failed += 1
    case .retried: receiver.retried += 1
    }
    if result != .retried { receiver.position = number }
    try transaction.save(receiver)
    if result != .retried { try self.dropSettledEvents(in: transaction) }
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
