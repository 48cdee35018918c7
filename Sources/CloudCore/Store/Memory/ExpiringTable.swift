import DeviceProtocol

/// A record that is of no use after a time and that refers to a session.
protocol ExpiringRecord: TableRecord {
  var expiresAt: UnixMilliseconds { get }
  var referredSession: SessionID? { get }
}

/// Pairing tokens or codes, by hash, by session and by expiry.
struct ExpiringTable<Record: ExpiringRecord>: Sendable {
  private var table = Table<Record>()
  private var bySession = SlotGroups()
  private var queue = ExpiryQueue<Slot>()

  subscript(key: Record.Key) -> Record? { self.table[key] }

  func refer(to session: SessionID) -> Bool { self.first(of: session) != nil }

  /// Looks at each, which takes its time.
  func all(where isWanted: (Record) -> Bool) -> [Record] {
    self.table.slots.lazy.map { self.table[$0] }.filter(isWanted)
  }

  /// Adds it, or replaces the one of its key.
  ///
  /// - Returns: The one that was replaced.
  mutating func put(_ record: Record) -> Record? {
    guard let slot = self.table.slot(of: record.key) else {
      let slot = self.table.insert(record)
      self.group(slot, of: record.referredSession)
      self.queue.add(slot, at: record.expiresAt)
      return nil
    }
    let former = self.table.replace(slot, with: record)
    if former.referredSession != record.referredSession {
      self.ungroup(slot, of: former.referredSession)
      self.group(slot, of: record.referredSession)
    }
    if former.expiresAt != record.expiresAt { self.queue.add(slot, at: record.expiresAt) }
    return former
  }

  mutating func remove(_ key: Record.Key) {
    if let slot = self.table.slot(of: key) { _ = self.remove(at: slot) }
  }

  /// Removes one that expired before this time.
  ///
  /// - Returns: Nil if there is none.
  mutating func removeExpired(before time: UnixMilliseconds) -> Record? {
    while let slot = self.queue.next(before: time) {
      if self.table.isUsed(slot), self.table[slot].expiresAt < time {
        return self.remove(at: slot)
      }
    }
    return nil
  }

  private mutating func remove(at slot: Slot) -> Record {
    let record = self.table.remove(slot)
    self.ungroup(slot, of: record.referredSession)
    return record
  }

  private func first(of session: SessionID) -> Slot? {
    self.bySession.first(of: session.slotHash) { self.table[$0].referredSession == session }
  }

  private mutating func group(_ slot: Slot, of session: SessionID?) {
    guard let session else { return }
    let first = self.first(of: session)
    self.bySession.insert(slot, hash: session.slotHash, before: first)
  }

  private mutating func ungroup(_ slot: Slot, of session: SessionID?) {
    if let session { self.bySession.remove(slot, hash: session.slotHash) }
  }
}

extension PairingTokenRecord: ExpiringRecord {
  var key: TokenHash { self.hash }
  var referredSession: SessionID? { self.createdBy }
}

extension AuthorizationCodeRecord: ExpiringRecord {
  var key: TokenHash { self.hash }
  var referredSession: SessionID? { self.usedFor }
}
