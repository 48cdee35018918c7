import DeviceCore
import TestSupport
import Testing

struct KeyValuePartitionTests {
  private static func key(_ number: Int) -> RecordKey {
    RecordKey(rawValue: UInt16(0x2000 + number))
  }

  /// One write: a key's new value; empty to remove it.
  private struct Write {
    let key: RecordKey
    let value: [UInt8]
  }

  /// Writes that fill the chip several times over.
  private static func workload(seed: UInt64, count: Int) -> [Write] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let isRemoval = Int.random(in: 0..<5, using: &generator) == 0
      let byteCount = isRemoval ? 0 : Int.random(in: 1...700, using: &generator)
      return Write(
        key: Self.key(Int.random(in: 0..<6, using: &generator)),
        value: .random(count: byteCount, using: &generator))
    }
  }

  private static func value(_ key: RecordKey, _ content: [UInt8]) throws -> [UInt8]? {
    try KeyValuePartition(mounting: NORFlash(content: content)).value(for: key)
  }

  @Test(arguments: [1, 2, 4, 8, 16, 32] as [UInt32])
  func `what was set is found after mounting again`(writeUnit: UInt32) throws {
    let geometry = FlashGeometry(
      sectorByteCount: 4_096, sectorCount: 4, writeUnitByteCount: writeUnit)
    let flash = NORFlash(geometry: geometry)
    var partition = try KeyValuePartition(mounting: flash)
    var expected: [RecordKey: [UInt8]] = [:]
    for write in Self.workload(seed: UInt64(writeUnit), count: 300) {
      try partition.set(write.key, to: write.value)
      expected[write.key] = write.value.isEmpty ? nil : write.value
      #expect(partition.value(for: write.key) == expected[write.key])
    }
    let mounted = try KeyValuePartition(mounting: flash)
    #expect(mounted.records == partition.records)
    #expect(mounted.records.count == expected.count)
    for record in mounted.records { #expect(expected[record.key] == record.value) }
    #expect(mounted.records.map { $0.key.rawValue } == expected.keys.map { $0.rawValue }.sorted())
  }

  @Test(arguments: [(1, 32), (2, 16)] as [(UInt64, UInt32)])
  func `a power cut at any step loses nothing that was set`(
    seed: UInt64, writeUnit: UInt32
  ) throws {
    let writes = Self.workload(seed: seed, count: 32)
    let geometry = FlashGeometry(
      sectorByteCount: 4_096, sectorCount: 3, writeUnitByteCount: writeUnit)
    let whole = NORFlash(geometry: geometry)
    var partition = try KeyValuePartition(mounting: whole)
    for write in writes { try partition.set(write.key, to: write.value) }
    #expect(whole.stepCount > 250)

    for cut in 0..<whole.stepCount {
      let flash = NORFlash(geometry: geometry, seed: seed &* 100_000 &+ UInt64(cut))
      flash.stepsUntilCut = cut
      var expected: [RecordKey: [UInt8]] = [:]
      var interrupted: Write?
      if var partition = try? KeyValuePartition(mounting: flash) {
        for write in writes {
          do {
            try partition.set(write.key, to: write.value)
            expected[write.key] = write.value.isEmpty ? nil : write.value
          } catch {
            interrupted = write
            break
          }
        }
      }
      let after = NORFlash(geometry: geometry, content: flash.contentAfterCut())
      var mounted = try KeyValuePartition(mounting: after)
      for number in 0..<6 where Self.key(number) != interrupted?.key {
        #expect(
          mounted.value(for: Self.key(number)) == expected[Self.key(number)], "cut \(cut)")
      }
      if let interrupted {
        let found = mounted.value(for: interrupted.key)
        let new = interrupted.value.isEmpty ? nil : interrupted.value
        #expect(found == expected[interrupted.key] || found == new, "cut \(cut)")
        // And the work goes on from there.
        try mounted.set(interrupted.key, to: interrupted.value)
        #expect(
          try KeyValuePartition(mounting: after).value(for: interrupted.key) == new,
          "cut \(cut)")
      }
    }
  }

  @Test func `a second power cut while recovering loses nothing either`() throws {
    let writes = Self.workload(seed: 4, count: 40)
    let whole = NORFlash()
    var partition = try KeyValuePartition(mounting: whole)
    for write in writes { try partition.set(write.key, to: write.value) }
    for cut in stride(from: 5, to: 300, by: 17) {
      var content = whole.content
      var expected: [RecordKey: [UInt8]] = [:]
      var position = 0
      // Each power cycle is cut after so many steps, until all writes are done.
      var cycle: UInt64 = 0
      content = [UInt8](repeating: 0xff, count: content.count)
      while position < writes.count {
        cycle += 1
        let flash = NORFlash(content: content, seed: UInt64(cut) &* 1_000 &+ cycle)
        flash.stepsUntilCut = cut + Int(cycle) * 3
        if var partition = try? KeyValuePartition(mounting: flash) {
          for number in 0..<6 where position > 0 && Self.key(number) != writes[position].key {
            #expect(partition.value(for: Self.key(number)) == expected[Self.key(number)])
          }
          while position < writes.count {
            let write = writes[position]
            do {
              try partition.set(write.key, to: write.value)
            } catch {
              break
            }
            expected[write.key] = write.value.isEmpty ? nil : write.value
            position += 1
          }
        }
        content = flash.isPowered ? flash.content : flash.contentAfterCut()
        try #require(cycle < 1_000)
      }
      for number in 0..<6 {
        #expect(try Self.value(Self.key(number), content) == expected[Self.key(number)])
      }
    }
  }

  @Test(arguments: [NORFlash.Operation.program, .erase, .sync], [0, 1, 2, 3])
  func `a failed operation loses nothing that was set before or after`(
    operation: NORFlash.Operation, skipCount: Int
  ) throws {
    let writes = Self.workload(seed: 5, count: 50)
    for position in stride(from: 1, to: 46, by: 3) {
      let flash = NORFlash()
      var partition = try KeyValuePartition(mounting: flash)
      var expected: [RecordKey: [UInt8]] = [:]
      var uncertainKey: RecordKey?
      for (index, write) in writes.enumerated() {
        if index == position {
          flash.failing = NORFlash.Failure(operation: operation, skipCount: skipCount)
        }
        do {
          try partition.set(write.key, to: write.value)
          expected[write.key] = write.value.isEmpty ? nil : write.value
        } catch {
          uncertainKey = write.key
          break
        }
      }
      // Short ones find room where the write that failed did not.
      for number in 0..<6 where Self.key(number) != uncertainKey && number % 2 == 0 {
        try partition.set(Self.key(number), to: [UInt8(number)])
        expected[Self.key(number)] = [UInt8(number)]
      }
      let mounted = try KeyValuePartition(mounting: flash)
      for number in 0..<6 where Self.key(number) != uncertainKey {
        #expect(
          mounted.value(for: Self.key(number)) == expected[Self.key(number)],
          "\(operation) at write \(position)")
      }
    }
  }

  @Test func `what is set after a collection whose header could not be synced is the newest`()
    throws
  {
    let flash = NORFlash()
    var partition = try KeyValuePartition(mounting: flash)
    try partition.set(Self.key(0), to: [UInt8](repeating: 1, count: 700))
    // The second sync of a write is the one behind the header of a collection.
    var hasFailed = false
    for round in 0..<100 where !hasFailed {
      flash.failing = NORFlash.Failure(operation: .sync, skipCount: 1)
      do {
        try partition.set(Self.key(1), to: [UInt8](repeating: UInt8(round), count: 600))
      } catch {
        hasFailed = true
      }
    }
    try #require(hasFailed)
    try partition.set(Self.key(0), to: [2])
    #expect(try KeyValuePartition(mounting: flash).value(for: Self.key(0)) == [2])
  }

  @Test func `a removed record does not return, wherever the erase of its sector is cut`() throws {
    let geometry = FlashGeometry(sectorByteCount: 4_096, sectorCount: 2, writeUnitByteCount: 16)
    /// Fills the first sector with a record and, far behind, its removal; then collects it.
    func play(_ flash: NORFlash, beforeCollection: () -> Void) throws {
      var partition = try KeyValuePartition(mounting: flash)
      try partition.set(Self.key(0), to: [7, 7, 7])
      try partition.set(Self.key(1), to: [UInt8](repeating: 1, count: 1_800))
      try partition.set(Self.key(1), to: [UInt8](repeating: 2, count: 1_500))
      try partition.set(Self.key(0), to: [])
      beforeCollection()
      try partition.set(Self.key(2), to: [UInt8](repeating: 3, count: 800))
    }
    let whole = NORFlash(geometry: geometry)
    var firstStep = 0
    try play(whole) { firstStep = whole.stepCount }
    try #require(whole.stepCount - firstStep > 100)
    for cut in firstStep..<whole.stepCount {
      for seed in 0..<8 as Range<UInt64> {
        let flash = NORFlash(geometry: geometry, seed: seed)
        flash.stepsUntilCut = cut
        try? play(flash) {}
        let mounted = try KeyValuePartition(
          mounting: NORFlash(geometry: geometry, content: flash.contentAfterCut()))
        #expect(mounted.value(for: Self.key(0)) == nil, "cut \(cut), seed \(seed)")
        #expect(mounted.value(for: Self.key(1)) != nil, "cut \(cut), seed \(seed)")
      }
    }
  }

  @Test func `a full partition refuses, keeps what it has, and can be emptied`() throws {
    let flash = NORFlash()
    var partition = try KeyValuePartition(mounting: flash)
    var count = 0
    var refusal: FlashError?
    while refusal == nil {
      do {
        try partition.set(Self.key(count), to: [UInt8](repeating: UInt8(count & 0xff), count: 100))
        count += 1
      } catch {
        refusal = error
      }
    }
    guard case .full(let needed, let free) = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
    #expect(needed == 112)
    #expect(free < 2 * 112 + 16)
    #expect(count >= 2 * 4_000 / 112 - 2)
    #expect(try KeyValuePartition(mounting: flash).records.count == count)
    #expect(throws: try #require(refusal)) {
      try partition.set(Self.key(999), to: [UInt8](repeating: 0, count: 100))
    }
    for number in 0..<count { try partition.set(Self.key(number), to: []) }
    #expect(partition.records.isEmpty)
    #expect(try KeyValuePartition(mounting: flash).records.isEmpty)
    try partition.set(Self.key(0), to: [UInt8](repeating: 1, count: 2_048))
    #expect(try KeyValuePartition(mounting: flash).value(for: Self.key(0))?.count == 2_048)
  }

  @Test func `records of a full partition can be replaced over and over`() throws {
    let flash = NORFlash()
    var partition = try KeyValuePartition(mounting: flash)
    for number in 0..<60 {
      try partition.set(Self.key(number), to: [UInt8](repeating: 7, count: 100))
    }
    for round in 0..<500 {
      try partition.set(
        Self.key(round % 60), to: [UInt8](repeating: UInt8(round % 200), count: 100))
    }
    #expect(try KeyValuePartition(mounting: flash).records == partition.records)
  }

  @Test func `the longest value fits and a longer one is refused`() throws {
    var partition = try KeyValuePartition(mounting: NORFlash())
    try partition.set(Self.key(0), to: [UInt8](repeating: 0, count: 2_048))
    #expect(throws: FlashError.valueTooLong(byteCount: 2_049, limit: 2_048)) {
      try partition.set(Self.key(0), to: [UInt8](repeating: 0, count: 2_049))
    }
    #expect(partition.value(for: Self.key(0))?.count == 2_048)
  }

  @Test func `values of 0xFF bytes are kept whole`() throws {
    let flash = NORFlash()
    var partition = try KeyValuePartition(mounting: flash)
    try partition.set(Self.key(0), to: [UInt8](repeating: 0xff, count: 200))
    var mounted = try KeyValuePartition(mounting: flash)
    try mounted.set(Self.key(1), to: [1])
    let again = try KeyValuePartition(mounting: flash)
    #expect(again.value(for: Self.key(0)) == [UInt8](repeating: 0xff, count: 200))
    #expect(again.value(for: Self.key(1)) == [1])
  }

  @Test func `setting the value that is there costs no write`() throws {
    let flash = NORFlash()
    var partition = try KeyValuePartition(mounting: flash)
    try partition.set(Self.key(0), to: [1, 2, 3])
    let stepCount = flash.stepCount
    try partition.set(Self.key(0), to: [1, 2, 3])
    try partition.set(Self.key(1), to: [])
    #expect(flash.stepCount == stepCount)
  }

  @Test func `a flash of other content is refused and left as it is`() throws {
    var generator = SeededGenerator(seed: 6)
    let content = [UInt8].random(count: 3 * 4_096, using: &generator)
    let flash = NORFlash(content: content)
    #expect(throws: FlashError.notAPartition) { try KeyValuePartition(mounting: flash) }
    #expect(flash.content == content)
    #expect(throws: FlashError.notAPartition) {
      try KeyValuePartition(
        mounting: NORFlash(content: [UInt8](repeating: 0, count: 3 * 4_096)))
    }
  }

  @Test(arguments: [
    FlashGeometry(sectorByteCount: 4_096, sectorCount: 1, writeUnitByteCount: 8),
    FlashGeometry(sectorByteCount: 2_048, sectorCount: 4, writeUnitByteCount: 8),
    FlashGeometry(sectorByteCount: 5_000, sectorCount: 4, writeUnitByteCount: 8),
    FlashGeometry(sectorByteCount: 4_096, sectorCount: 4, writeUnitByteCount: 0),
    FlashGeometry(sectorByteCount: 4_096, sectorCount: 4, writeUnitByteCount: 12),
    FlashGeometry(sectorByteCount: 4_096, sectorCount: 4, writeUnitByteCount: 64),
    FlashGeometry(sectorByteCount: 0, sectorCount: 4, writeUnitByteCount: 8),
  ])
  func `a chip that no partition fits on is refused`(geometry: FlashGeometry) {
    #expect(throws: FlashError.badGeometry(geometry)) {
      try KeyValuePartition(mounting: NORFlash(geometry: geometry))
    }
  }

  @Test func `a flipped bit costs the record that it hits and no other`() throws {
    let flash = NORFlash()
    var partition = try KeyValuePartition(mounting: flash)
    let values = (0..<8).map { number in [UInt8](repeating: UInt8(number + 1), count: 20) }
    for number in values.indices { try partition.set(Self.key(number), to: values[number]) }
    // The header has 16 bytes, and each record 32.
    for bit in stride(from: 16 * 8, to: (16 + 8 * 32) * 8, by: 3) {
      var content = flash.content
      content[bit / 8] ^= 1 << UInt8(bit % 8)
      let mounted = try KeyValuePartition(mounting: NORFlash(content: content))
      let hit = (bit / 8 - 16) / 32
      for number in values.indices where number != hit {
        #expect(mounted.value(for: Self.key(number)) == values[number], "bit \(bit)")
      }
    }
  }

  @Test func `damaged flashes never trap and can be written again`() throws {
    let flash = NORFlash()
    var partition = try KeyValuePartition(mounting: flash)
    for write in Self.workload(seed: 7, count: 50) {
      try partition.set(write.key, to: write.value)
    }
    var generator = SeededGenerator(seed: 8)
    var writableCount = 0
    for _ in 0..<100 {
      var content = flash.content
      for _ in 0..<Int.random(in: 1...40, using: &generator) {
        let start = Int.random(in: content.indices, using: &generator)
        let end = min(content.count, start + Int.random(in: 1...64, using: &generator))
        for index in start..<end {
          content[index] = UInt8.random(in: 0...255, using: &generator)
        }
      }
      guard var mounted = try? KeyValuePartition(mounting: NORFlash(content: content)) else {
        continue
      }
      for write in Self.workload(seed: 9, count: 30) {
        guard (try? mounted.set(write.key, to: write.value)) != nil else { continue }
        #expect(mounted.value(for: write.key) ?? [] == write.value)
        writableCount += 1
      }
    }
    #expect(writableCount > 300)
  }

  @Test func `a value that looks like a record is not taken for one`() throws {
    let donor = NORFlash()
    var partition = try KeyValuePartition(mounting: donor)
    try partition.set(Self.key(1), to: [9, 9, 9, 9])
    let record = [UInt8](donor.content[16..<32])

    let flash = NORFlash()
    partition = try KeyValuePartition(mounting: flash)
    try partition.set(Self.key(0), to: [UInt8](repeating: 0, count: 4) + record)
    var content = flash.content
    content[16] ^= 1
    let mounted = try KeyValuePartition(mounting: NORFlash(content: content))
    #expect(mounted.records.isEmpty)
  }
}
