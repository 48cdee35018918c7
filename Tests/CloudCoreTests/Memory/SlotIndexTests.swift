import TestSupport
import Testing

@testable import CloudCore

struct SlotIndexTests {
  /// Few hashes for many slots, so that entries lie in each other's way and around the end.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `an index finds what a dictionary finds`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var index = SlotIndex()
    var expected: [Slot: UInt32] = [:]
    for _ in 0..<4_000 {
      let slot = Slot.random(in: 0..<300, using: &random)
      let hash = slot &* 0x9E37_79B9 >> 29 &* 0x2000_0001
      let position = index.position(of: hash) { $0 == slot }
      #expect((position != nil) == (expected[slot] != nil))
      switch position {
      case let position? where Bool.random(using: &random):
        index.remove(at: position)
        expected[slot] = nil
      case let position?:
        index.replace(at: position, with: slot)
      case nil:
        index.insert(slot, hash: hash)
        expected[slot] = hash
      }
      #expect(index.count == expected.count)
    }
    for slot in 0..<300 as Range<Slot> {
      for hash in Set(expected.values) {
        #expect((index.slot(of: hash) { $0 == slot } != nil) == (expected[slot] == hash))
      }
    }
  }

  @Test func `an empty index finds nothing`() {
    #expect(SlotIndex().slot(of: 0) { _ in true } == nil)
  }
}

struct SlotGroupsTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `groups hold what was put into them`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var groups = SlotGroups()
    // Two keys have the same hash.
    let hashes: [UInt32] = [5, 5, 6, 7]
    var keys: [Slot: Int] = [:]
    func members(of key: Int) -> [Slot] {
      var members: [Slot] = []
      var next = groups.first(of: hashes[key]) { keys[$0] == key }
      while let slot = next, members.count <= 60 {
        members.append(slot)
        next = groups.next(after: slot)
      }
      return members
    }
    for _ in 0..<2_000 {
      let slot = Slot.random(in: 0..<60, using: &random)
      if let key = keys[slot] {
        groups.remove(slot, hash: hashes[key])
        keys[slot] = nil
      } else {
        let key = Int.random(in: hashes.indices, using: &random)
        let first = groups.first(of: hashes[key]) { keys[$0] == key }
        groups.insert(slot, hash: hashes[key], before: first)
        keys[slot] = key
      }
      for key in hashes.indices {
        #expect(members(of: key).sorted() == keys.filter { $0.value == key }.keys.sorted())
      }
    }
  }
}
