/// Receivers, and the events that some of them still wait for, oldest first.
struct SecurityEventTable: Sendable {
  private(set) var receivers: [Receiver] = []
  private(set) var events: ArraySlice<NumberedSecurityEvent> = []
  private(set) var newestNumber: UInt64 = 0

  /// Adds it, or replaces the one of its id.
  ///
  /// - Returns: The one that was replaced.
  mutating func put(_ receiver: Receiver) -> Receiver? {
    guard let index = self.receivers.firstIndex(where: { $0.id == receiver.id }) else {
      self.receivers.append(receiver)
      self.receivers.sort { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
      return nil
    }
    defer { self.receivers[index] = receiver }
    return self.receivers[index]
  }

  /// - Returns: The one that was removed.
  mutating func remove(_ id: ReceiverID) -> Receiver? {
    guard let index = self.receivers.firstIndex(where: { $0.id == id }) else { return nil }
    return self.receivers.remove(at: index)
  }

  mutating func append(_ event: SecurityEvent) {
    self.newestNumber += 1
    self.events.append(NumberedSecurityEvent(number: self.newestNumber, event: event))
  }

  /// Takes back the last one.
  mutating func removeLast() {
    self.events.removeLast()
    self.newestNumber -= 1
  }

  /// - Returns: Those that were removed.
  mutating func removeEvents(through number: UInt64) -> ArraySlice<NumberedSecurityEvent> {
    let removed = self.events.prefix { $0.number <= number }
    self.events = self.events.dropFirst(removed.count)
    return removed
  }

  mutating func putBack(_ events: ArraySlice<NumberedSecurityEvent>) {
    self.events = events + self.events
  }

  func events(after number: UInt64) -> ArraySlice<NumberedSecurityEvent> {
    guard let first = self.events.first else { return [] }
    // Their numbers have no gaps.
    let skipped = number < first.number ? 0 : number - first.number + 1
    return self.events.dropFirst(Int(clamping: skipped))
  }
}
