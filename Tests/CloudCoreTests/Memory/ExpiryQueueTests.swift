import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

struct ExpiryQueueTests {
  @Test func `elements come out in the order of their times, and none before its own`() {
    var random = SeededGenerator(seed: 5)
    var queue = ExpiryQueue<Int>()
    var waiting: [Int] = []
    for round in 0..<200 {
      for _ in 0..<Int.random(in: 0..<20, using: &random) {
        let time = Int.random(in: 0..<1_000, using: &random)
        queue.add(time, at: UnixMilliseconds(UInt64(time)))
        waiting.append(time)
      }
      // Back and forth, as a clock that jumps.
      let now = (round * 37) % 900
      var taken: [Int] = []
      while let element = queue.next(before: UnixMilliseconds(UInt64(now))) {
        taken.append(element)
      }
      #expect(taken == waiting.filter { $0 < now }.sorted())
      waiting.removeAll { $0 < now }
    }
  }

  @Test func `an empty queue has nothing`() {
    var queue = ExpiryQueue<Int>()
    #expect(queue.next(before: UnixMilliseconds(.max)) == nil)
  }
}
