/// Where in a table a record lies.
typealias Slot = UInt32

/// Finds slots by the hash of their records' keys. The keys stay in the records: an entry takes
/// 8 bytes, of which at least three of eight are in use.
///
/// Open addressing with linear probing. The order of the entries depends on nothing but the calls,
/// but is of no use to anybody.
struct SlotIndex: Sendable {
  /// The hash in the upper half, one more than the slot in the lower; 0 for none. A power of two
  /// of them, or none at all.
  private var entries: ContiguousArray<UInt64> = []
  private(set) var count = 0

  /// Where an entry of this hash is.
  ///
  /// - Parameter matches: Whether the record in a slot has the key that is sought.
  @inline(__always)
  func position(of hash: UInt32, where matches: (Slot) -> Bool) -> Int? {
    guard self.count > 0 else { return nil }
    var position = Int(hash) & (self.entries.count - 1)
    while self.entries[position] != 0 {
      let entry = self.entries[position]
      if Self.hash(of: entry) == hash, matches(Self.slot(of: entry)) { return position }
      position = (position + 1) & (self.entries.count - 1)
    }
    return nil
  }

  @inline(__always)
  func slot(at position: Int) -> Slot { Self.slot(of: self.entries[position]) }

  @inline(__always)
  func slot(of hash: UInt32, where matches: (Slot) -> Bool) -> Slot? {
    self.position(of: hash, where: matches).map { self.slot(at: $0) }
  }

  /// Adds an entry of a key that has none.
  mutating func insert(_ slot: Slot, hash: UInt32) {
    if (self.count + 1) * 4 > self.entries.count * 3 { self.grow() }
    self.place(Self.entry(slot, hash: hash))
    self.count += 1
  }

  /// Puts another slot in the place of one whose key has the same hash.
  mutating func replace(at position: Int, with slot: Slot) {
    self.entries[position] = Self.entry(slot, hash: Self.hash(of: self.entries[position]))
  }

  mutating func remove(at position: Int) {
    let mask = self.entries.count - 1
    var hole = position
    var next = (hole + 1) & mask
    // Moves up whatever would not be found any more with a hole before it.
    while self.entries[next] != 0 {
      let home = Int(Self.hash(of: self.entries[next])) & mask
      if (next - home) & mask >= (next - hole) & mask {
        self.entries[hole] = self.entries[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    self.entries[hole] = 0
    self.count -= 1
  }

  private mutating func place(_ entry: UInt64) {
    let mask = self.entries.count - 1
    var position = Int(Self.hash(of: entry)) & mask
    while self.entries[position] != 0 { position = (position + 1) & mask }
    self.entries[position] = entry
  }

  private mutating func grow() {
    let former = self.entries
    self.entries = ContiguousArray(repeating: 0, count: max(former.count * 2, 8))
    for entry in former where entry != 0 { self.place(entry) }
  }

  private static func entry(_ slot: Slot, hash: UInt32) -> UInt64 {
    UInt64(hash) << 32 | UInt64(slot + 1)
  }

  private static func hash(of entry: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: entry >> 32) }
  private static func slot(of entry: UInt64) -> Slot { UInt32(truncatingIfNeeded: entry) - 1 }
}
