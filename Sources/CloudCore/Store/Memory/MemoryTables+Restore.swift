extension MemoryTables {
  /// Of a state that was saved earlier: takes over what must not go back.
  mutating func keepEpochs(of present: MemoryTables) {
    self.epochs.raise(to: present.epochs)
    self.accessMarks.raise(to: present.accessMarks)
    self.usedCount = max(self.usedCount, present.usedCount)
    self.logouts = present.logouts.including(self.logouts)
  }

  /// Of a state that was saved earlier: takes over what is no part of it. What receivers were told, and
  /// are still to be told, has come to pass outside.
  mutating func keepReceivers(of present: MemoryTables) {
    self.securityEvents = present.securityEvents
  }

  /// Of a state that was saved earlier: goes back, but uses no value of a counter again.
  mutating func keepUsedCounts(of present: MemoryTables) {
    self.usedCount = max(
      self.usedCount, present.usedCount, present.epochs.highest, present.accessMarks.highest)
  }

  /// Without what lies on the heap.
  var byteCount: UInt64 {
    UInt64(
      self.accounts.count * MemoryLayout<Account>.stride
        + self.sessions.count * MemoryLayout<PackedSession>.stride
        + self.devices.count * MemoryLayout<DeviceRecord>.stride)
  }
}
