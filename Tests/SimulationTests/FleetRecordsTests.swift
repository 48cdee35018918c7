import DeviceCore
import Testing

@testable import Simulation

/// What a fleet is kept in.
struct FleetRecordsTests {
  @Test func `packed records are those of a list that is written in the same way`() {
    var random = SeededRandom(seed: 1)
    var packed = PackedRecords()
    var list: [StoredRecord] = []
    let keys: [RecordKey] = [.wifi, .credentials, .pairing, .counters, .firstMeasurement]
    for _ in 0..<1_000 {
      let key = keys[random.number(below: keys.count)]
      let count = random.number(below: 4) == 0 ? 0 : random.number(in: 1...300)
      let value = [UInt8](repeating: UInt8(random.number(below: 256)), count: count)
      packed.set(key, to: value)
      list.removeAll { $0.key == key }
      if !value.isEmpty { list.append(StoredRecord(key: key, value: value)) }
      #expect(packed.records == list)
    }
  }

  @Test func `a counter goes on beyond sixteen bits`() {
    var counters = Counters(clientCount: 2)
    for _ in 0..<70_000 { counters.count(.requests, of: 1) }
    counters.count(.requests, of: 0)
    #expect(counters.number(.requests, of: 1) == 70_000)
    #expect(counters.number(.requests, of: 0) == 1)
    #expect(counters.total(.requests) == 70_001)
  }

  @Test func `who is back is counted anew from each mark`() {
    var watch = BackWatch(count: 4, watchedFrom: 1)
    for index in 0..<4 { watch.changed(index, isThere: true, now: 10) }
    #expect(watch.watchedCount == 3)
    watch.mark(at: 100)
    watch.changed(0, isThere: false, now: 110)
    watch.changed(1, isThere: false, now: 110)
    watch.changed(1, isThere: true, now: 150)
    watch.changed(1, isThere: true, now: 180)
    #expect(watch.watchedCount == 3)
    // The two that stayed count from the mark on; the first that went never comes back.
    #expect(watch.percentBack(within: 0, of: 100) == 50)
    #expect(watch.percentBack(within: 49, of: 100) == 50)
    #expect(watch.percentBack(within: 50, of: 100) == 75)
    #expect(watch.millisecondsUntilBack(percent: 50, since: 100) == 0)
    #expect(watch.millisecondsUntilBack(percent: 75, since: 100) == 50)
    #expect(watch.millisecondsUntilBack(percent: 100, since: 100) == nil)
    watch.mark(at: 500)
    #expect(watch.percentBack(within: 0, of: 500) == 75)
    watch.changed(0, isThere: true, now: 520)
    #expect(watch.millisecondsUntilBack(percent: 100, since: 500) == 20)
  }
}
