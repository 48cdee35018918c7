/// Sessions by id and by account.
struct SessionTable: Sendable {
  private var table = Table<PackedSession>()
  private var byAccount = SlotGroups()
  private var common = PackedSession.Common()

  /// In an order that means nothing.
  var all: some Sequence<Session> { self.table.slots.lazy.map { self.session($0) } }

  var count: Int { self.table.count }

  mutating func reserve(_ count: Int) { self.table.reserve(count) }

  @inline(__always)
  subscript(id: SessionID) -> Session? { self.table.slot(of: id).map { self.session($0) } }

  @inline(__always)
  private func session(_ slot: Slot) -> Session { Session(self.table[slot], self.common) }

  /// Without a copy of the record, and without its mark.
  @inline(__always)
  func state(of id: SessionID) -> SessionState? {
    self.table.slot(of: id).map { self.table[$0].state(self.common) }
  }

  /// Calls the body with the account's sessions, in an order that means nothing, until it returns
  /// false.
  func forEach(of account: AccountID, _ body: (Session) -> Bool) {
    var next = self.first(of: account)
    while let slot = next {
      guard body(self.session(slot)) else { return }
      next = self.byAccount.next(after: slot)
    }
  }

  /// Adds it, or replaces the one of its id.
  ///
  /// - Returns: The one that was replaced.
  mutating func put(_ session: Session) -> Session? {
    let packed = self.common.pack(session)
    guard let slot = self.table.slot(of: session.id) else {
      self.group(self.table.insert(packed), of: session.account)
      return nil
    }
    let former = Session(self.table.replace(slot, with: packed), self.common)
    if former.account != session.account {
      self.byAccount.remove(slot, hash: former.account.slotHash)
      self.group(slot, of: session.account)
    }
    return former
  }

  mutating func remove(_ id: SessionID) {
    guard let slot = self.table.slot(of: id) else { return }
    self.byAccount.remove(slot, hash: self.table.remove(slot).account.slotHash)
  }

  private func first(of account: AccountID) -> Slot? {
    self.byAccount.first(of: account.slotHash) { self.table[$0].account == account }
  }

  private mutating func group(_ slot: Slot, of account: AccountID) {
    let first = self.first(of: account)
    self.byAccount.insert(slot, hash: account.slotHash, before: first)
  }
}
