extension MemoryRecords {
  func receivers() -> [Receiver] { self.tables.securityEvents.receivers }

  func newestSecurityEventNumber() -> UInt64 { self.tables.securityEvents.newestNumber }

  func securityEvents(after number: UInt64, limit: Int) -> [NumberedSecurityEvent] {
    Array(self.tables.securityEvents.events(after: number).prefix(limit))
  }

  func securityEventCount(after number: UInt64) -> UInt64 {
    UInt64(self.tables.securityEvents.events(after: number).count)
  }

  func save(_ receiver: Receiver) {
    let former = self.tables.securityEvents.put(receiver)
    self.canUndo(former.map { .putReceiver($0) } ?? .removeReceiver(receiver.id))
  }

  func removeReceiver(_ id: ReceiverID) {
    if let former = self.tables.securityEvents.remove(id) { self.canUndo(.putReceiver(former)) }
  }

  func append(_ event: SecurityEvent) {
    self.tables.securityEvents.append(event)
    self.canUndo(.removeSecurityEvent)
  }

  func removeSecurityEvents(through number: UInt64) {
    let removed = self.tables.securityEvents.removeEvents(through: number)
    if !removed.isEmpty { self.canUndo(.putSecurityEvents(removed)) }
  }
}
