/// Slots by a key that several records share, such as their owner: a linked list for each key.
struct SlotGroups: Sendable {
  /// To the first of each list.
  private var heads = SlotIndex()
  /// By slot; of a slot that is in no list, anything.
  private var links: ContiguousArray<Links> = []

  private struct Links {
    var previous = SlotGroups.none
    var next = SlotGroups.none
  }

  /// No slot, in the space of one: an optional would take twice as much.
  private static let none = Slot.max

  /// - Parameter matches: Whether the record in a slot has the key that is sought.
  func first(of hash: UInt32, where matches: (Slot) -> Bool) -> Slot? {
    self.heads.slot(of: hash, where: matches)
  }

  func next(after slot: Slot) -> Slot? {
    let next = self.links[Int(slot)].next
    return next == Self.none ? nil : next
  }

  /// Adds a slot that is in no list.
  ///
  /// - Parameter first: Of its list; nil when it is to be the only one.
  mutating func insert(_ slot: Slot, hash: UInt32, before first: Slot?) {
    while self.links.count <= Int(slot) { self.links.append(Links()) }
    self.links[Int(slot)] = Links(next: first ?? Self.none)
    guard let first else { return self.heads.insert(slot, hash: hash) }
    self.links[Int(first)].previous = slot
    if let position = self.heads.position(of: hash, where: { $0 == first }) {
      self.heads.replace(at: position, with: slot)
    }
  }

  /// Takes out a slot that is in the list of a key with this hash.
  mutating func remove(_ slot: Slot, hash: UInt32) {
    let links = self.links[Int(slot)]
    if links.next != Self.none { self.links[Int(links.next)].previous = links.previous }
    if links.previous != Self.none {
      self.links[Int(links.previous)].next = links.next
    } else if let position = self.heads.position(of: hash, where: { $0 == slot }) {
      if links.next != Self.none {
        self.heads.replace(at: position, with: links.next)
      } else {
        self.heads.remove(at: position)
      }
    }
  }
}
