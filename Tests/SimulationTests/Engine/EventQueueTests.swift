import Testing

@testable import Simulation

@Suite struct EventQueueTests {
  /// Entries are known by the number of their device.
  private struct Entry: Equatable {
    let time: UInt64
    let number: Int32
  }

  private func removeFirst(_ queue: inout EventQueue) -> Entry? {
    guard case (let time, .wake(let device, _))? = queue.removeFirst() else { return nil }
    return Entry(time: time, number: device)
  }

  @Test(arguments: [1, 7, 100, 1_000_000_000, 1_000_000_000_000])
  func `10,000 entries come out by time, then in the order of planning`(timeLimit: Int) {
    var random = SeededRandom(seed: UInt64(timeLimit))
    var queue = EventQueue()
    var expected: [Entry] = []
    for number in Int32(0)..<10_000 {
      let entry = Entry(time: UInt64(random.number(below: timeLimit)), number: number)
      queue.add(.wake(device: number, ticket: 0), at: entry.time)
      expected.append(entry)
    }
    expected.sort { ($0.time, $0.number) < ($1.time, $1.number) }
    #expect(queue.count == 10_000)
    #expect(queue.nextTime == expected.first?.time)
    var seen: [Entry] = []
    while let entry = self.removeFirst(&queue) { seen.append(entry) }
    #expect(seen == expected)
    #expect(queue.removeFirst() == nil)
  }

  @Test(arguments: [50, 1_000_000_000])
  func `what is planned meanwhile finds its place`(delayLimit: Int) {
    var random = SeededRandom(seed: 2)
    var queue = EventQueue()
    var waiting: [Entry] = []
    var now: UInt64 = 0
    // More than a heap holds before it makes lists.
    for number in Int32(0)..<(delayLimit > 50 ? 16_000 : 10_000) {
      let entry = Entry(time: now + UInt64(random.number(below: delayLimit)), number: number)
      queue.add(.wake(device: number, ticket: 0), at: entry.time)
      waiting.append(entry)
      guard random.chance(permille: 600) else { continue }
      // The first of the earliest; entries are in the order of planning.
      let time = waiting.map(\.time).min()
      let index = waiting.firstIndex { $0.time == time } ?? 0
      let first = self.removeFirst(&queue)
      #expect(first == waiting.remove(at: index))
      now = first?.time ?? now
    }
  }

  @Test func `an empty queue has nothing, and takes something again`() {
    var queue = EventQueue()
    #expect(queue.removeFirst() == nil)
    #expect(queue.nextTime == nil)
    for number in Int32(1)...3 {
      queue.add(.wake(device: number, ticket: 0), at: 5)
      #expect(self.removeFirst(&queue) == Entry(time: 5, number: number))
    }
    #expect(queue.count == 0)
  }
}
