/// A record that a `Table` finds by its key.
protocol TableRecord: Sendable {
  associatedtype Key: TableKey
  var key: Key { get }
}

protocol TableKey: Equatable {
  /// The same for equal keys, and well spread in all its bits.
  var slotHash: UInt32 { get }
}

/// Records of one kind, side by side, found by their key.
struct Table<Record: TableRecord>: Sendable {
  /// By slot; in a free one, whatever was there last. They are not optional, so that a look at a
  /// key need not copy the whole record.
  private var records: ContiguousArray<Record> = []
  private var isUsed: ContiguousArray<Bool> = []
  private var freeSlots: [Slot] = []
  private var index = SlotIndex()

  var count: Int { self.index.count }

  mutating func reserve(_ count: Int) {
    self.records.reserveCapacity(count)
    self.isUsed.reserveCapacity(count)
  }

  @inline(__always)
  func slot(of key: Record.Key) -> Slot? {
    self.index.slot(of: key.slotHash) { self.records[Int($0)].key == key }
  }

  /// - Parameter slot: One that is in use.
  @inline(__always)
  subscript(slot: Slot) -> Record { self.records[Int(slot)] }

  @inline(__always)
  subscript(key: Record.Key) -> Record? { self.slot(of: key).map { self.records[Int($0)] } }

  func isUsed(_ slot: Slot) -> Bool { self.isUsed[Int(slot)] }

  /// The slots in use.
  var slots: some Sequence<Slot> {
    self.isUsed.indices.lazy.filter { self.isUsed[$0] }.map { Slot($0) }
  }

  /// Adds a record whose key none has.
  mutating func insert(_ record: Record) -> Slot {
    let slot: Slot
    if let free = self.freeSlots.popLast() {
      slot = free
      self.records[Int(slot)] = record
      self.isUsed[Int(slot)] = true
    } else {
      slot = Slot(self.records.count)
      self.records.append(record)
      self.isUsed.append(true)
    }
    self.index.insert(slot, hash: record.key.slotHash)
    return slot
  }

  /// - Parameter record: Of the same key as the one in the slot.
  /// - Returns: The one that was there.
  mutating func replace(_ slot: Slot, with record: Record) -> Record {
    var record = record
    swap(&self.records[Int(slot)], &record)
    return record
  }

  /// - Parameter slot: One that is in use.
  /// - Returns: What was there.
  mutating func remove(_ slot: Slot) -> Record {
    let record = self.records[Int(slot)]
    if let position = self.index.position(of: record.key.slotHash, where: { $0 == slot }) {
      self.index.remove(at: position)
    }
    self.isUsed[Int(slot)] = false
    self.freeSlots.append(slot)
    return record
  }
}

extension UUIDBits {
  /// Accounts and sessions have random ones, and a device's is vouched for by the makers' CA:
  /// nobody can choose many of one hash.
  var slotHash: UInt32 {
    var mixed = (self.high ^ self.low >> 32 ^ self.low << 32) &* 0x9E37_79B9_7F4A_7C15
    mixed ^= mixed >> 32
    mixed = mixed &* 0xD6E8_FEB8_6659_FD93
    return UInt32(truncatingIfNeeded: mixed >> 32)
  }
}

extension Identifier {
  var slotHash: UInt32 { self.bits.slotHash }
}

extension AccountID: TableKey {}
extension SessionID: TableKey {}
extension DeviceID: TableKey {}

extension TokenHash: TableKey {
  /// It is a hash itself.
  var slotHash: UInt32 { self.digest.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) } }
}

extension EmailAddress {
  /// Seeded for each process, since anybody can choose an address.
  var slotHash: UInt32 { UInt32(truncatingIfNeeded: self.hashValue) }
}
