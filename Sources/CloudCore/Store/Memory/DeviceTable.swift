/// Devices by id, by owner and by session.
struct DeviceTable: Sendable {
  private var table = Table<DeviceRecord>()
  private var byOwner = SlotGroups()
  private var bySession = SlotGroups()

  /// In an order that means nothing.
  var ids: some Sequence<DeviceID> { self.table.slots.lazy.map { self.table[$0].id } }

  var count: Int { self.table.count }

  mutating func reserve(_ count: Int) { self.table.reserve(count) }

  @inline(__always)
  subscript(id: DeviceID) -> DeviceRecord? { self.table[id] }

  /// Without a copy of the record, which would take as long as all the rest.
  @inline(__always)
  func owner(of id: DeviceID) -> AccountID? {
    self.table.slot(of: id).flatMap { self.table[$0].owner }
  }

  /// In an order that means nothing.
  func devices(of owner: AccountID) -> [DeviceRecord] {
    var devices: [DeviceRecord] = []
    var next = self.first(of: owner)
    while let slot = next {
      devices.append(self.table[slot])
      next = self.byOwner.next(after: slot)
    }
    return devices
  }

  func refer(to session: SessionID) -> Bool { self.first(of: session) != nil }

  /// Adds it, or replaces the one of its id.
  ///
  /// - Returns: The one that was replaced.
  mutating func put(_ device: DeviceRecord) -> DeviceRecord? {
    guard let slot = self.table.slot(of: device.id) else {
      let slot = self.table.insert(device)
      self.group(slot, of: device.owner)
      self.group(slot, of: device.session)
      return nil
    }
    let former = self.table.replace(slot, with: device)
    if former.owner != device.owner {
      self.ungroup(slot, of: former.owner)
      self.group(slot, of: device.owner)
    }
    if former.session != device.session {
      self.ungroup(slot, of: former.session)
      self.group(slot, of: device.session)
    }
    return former
  }

  mutating func remove(_ id: DeviceID) {
    guard let slot = self.table.slot(of: id) else { return }
    let device = self.table.remove(slot)
    self.ungroup(slot, of: device.owner)
    self.ungroup(slot, of: device.session)
  }

  private func first(of owner: AccountID) -> Slot? {
    self.byOwner.first(of: owner.slotHash) { self.table[$0].owner == owner }
  }

  private func first(of session: SessionID) -> Slot? {
    self.bySession.first(of: session.slotHash) { self.table[$0].session == session }
  }

  private mutating func group(_ slot: Slot, of owner: AccountID?) {
    guard let owner else { return }
    let first = self.first(of: owner)
    self.byOwner.insert(slot, hash: owner.slotHash, before: first)
  }

  private mutating func group(_ slot: Slot, of session: SessionID?) {
    guard let session else { return }
    let first = self.first(of: session)
    self.bySession.insert(slot, hash: session.slotHash, before: first)
  }

  private mutating func ungroup(_ slot: Slot, of owner: AccountID?) {
    if let owner { self.byOwner.remove(slot, hash: owner.slotHash) }
  }

  private mutating func ungroup(_ slot: Slot, of session: SessionID?) {
    if let session { self.bySession.remove(slot, hash: session.slotHash) }
  }
}

extension DeviceRecord: TableRecord {
  var key: DeviceID { self.id }
}
