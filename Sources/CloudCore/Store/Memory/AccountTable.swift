/// Accounts by id and by address.
struct AccountTable: Sendable {
  private var table = Table<Account>()
  private var byEmail = SlotIndex()

  var count: Int { self.table.count }

  func contains(_ region: Region) -> Bool {
    self.table.slots.contains { self.table[$0].region == region }
  }

  mutating func reserve(_ count: Int) { self.table.reserve(count) }

  @inline(__always)
  subscript(id: AccountID) -> Account? { self.table[id] }

  subscript(email: EmailAddress) -> Account? {
    self.byEmail.slot(of: email.slotHash) { self.table[$0].email == email }
      .map { self.table[$0] }
  }

  /// Adds it, or replaces the one of its id. No other may have its address.
  ///
  /// - Returns: The one that was replaced.
  mutating func put(_ account: Account) -> Account? {
    guard let slot = self.table.slot(of: account.id) else {
      let slot = self.table.insert(account)
      self.byEmail.insert(slot, hash: account.email.slotHash)
      return nil
    }
    let former = self.table.replace(slot, with: account)
    if former.email != account.email {
      self.removeEmail(of: slot, former)
      self.byEmail.insert(slot, hash: account.email.slotHash)
    }
    return former
  }

  mutating func remove(_ id: AccountID) {
    guard let slot = self.table.slot(of: id) else { return }
    self.removeEmail(of: slot, self.table.remove(slot))
  }

  private mutating func removeEmail(of slot: Slot, _ account: Account) {
    let position = self.byEmail.position(of: account.email.slotHash) { $0 == slot }
    if let position { self.byEmail.remove(at: position) }
  }
}

extension Account: TableRecord {
  var key: AccountID { self.id }
}
