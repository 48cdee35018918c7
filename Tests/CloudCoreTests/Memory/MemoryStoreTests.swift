import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct MemoryStoreTests {
  private struct Refused: Error {}

  private func accountNumbers(in store: MemoryStore) throws -> [Int] {
    try store.reading { reader in
      try (1...9).filter { try reader.account(Sample.accountID($0)) != nil }
    }
  }

  @Test func `a crash takes back what was committed since the last sync`() throws {
    let store = MemoryStore(forgetsUnsynced: true)
    try store.transaction { try $0.save(Sample.account(1)) }
    try store.transaction { try $0.save(Sample.account(2)) }
    store.sync()
    try store.transaction { try $0.save(Sample.account(3)) }
    #expect(try self.accountNumbers(in: store) == [1, 2, 3])
    store.crash()
    #expect(try self.accountNumbers(in: store) == [1, 2])
    // And once more, without a sync between.
    try store.transaction { try $0.save(Sample.account(4)) }
    store.crash()
    #expect(try self.accountNumbers(in: store) == [1, 2])
  }

  @Test func `without a sync a crash leaves nothing`() throws {
    let store = MemoryStore(forgetsUnsynced: true)
    try store.transaction { try $0.save(Sample.account(1)) }
    store.crash()
    #expect(try self.accountNumbers(in: store) == [])
  }

  @Test func `a refused transaction takes back its own writes alone`() throws {
    let store = MemoryStore(forgetsUnsynced: true)
    try store.transaction { try $0.save(Sample.account(1)) }
    #expect(throws: Refused.self) {
      try store.transaction {
        try $0.save(Sample.account(2))
        throw Refused()
      }
    }
    #expect(try self.accountNumbers(in: store) == [1])
    store.sync()
    store.crash()
    #expect(try self.accountNumbers(in: store) == [1])
  }

  @Test func `a store that forgets nothing survives a crash`() throws {
    let store = MemoryStore()
    try store.transaction { try $0.save(Sample.account(1)) }
    store.crash()
    #expect(try self.accountNumbers(in: store) == [1])
  }

  @Test func `a snapshot stays as it was, and is put back whole and durable`() throws {
    let store = MemoryStore(forgetsUnsynced: true)
    try store.transaction {
      try $0.save(Sample.account(1))
      try $0.save(Sample.device(1, owner: 1))
    }
    let snapshot = store.snapshot()
    try store.transaction {
      try $0.save(Sample.account(2))
      try $0.save(Sample.device(1, owner: 2))
    }
    store.sync()
    store.restore(snapshot)
    #expect(try self.accountNumbers(in: store) == [1])
    #expect(try store.reading { try $0.device(Sample.deviceID(1)) } == Sample.device(1, owner: 1))
    store.crash()
    #expect(try self.accountNumbers(in: store) == [1])

    let other = MemoryStore()
    other.restore(snapshot)
    try other.transaction { try $0.save(Sample.account(3)) }
    #expect(try self.accountNumbers(in: other) == [1, 3])
    #expect(try self.accountNumbers(in: store) == [1])
  }

  @Test func `a transaction returns what need not be sendable`() throws {
    final class Answer {
      let count: UInt64
      init(_ count: UInt64) { self.count = count }
    }
    let store = MemoryStore()
    let answer = try store.transaction { transaction in
      try transaction.save(Sample.account(1))
      return Answer(try transaction.accountCount())
    }
    #expect(answer.count == 1)
  }

  @Test func `what a table holds does not show in which order it is listed`() throws {
    var random = SeededGenerator(seed: 11)
    let numbers = Array(1...200)
    var lists: [[DeviceRecord]] = []
    for _ in 0..<3 {
      let store = MemoryStore()
      for number in numbers.shuffled(using: &random) {
        try store.transaction { try $0.save(Sample.device(number, owner: 1)) }
      }
      lists.append(try store.reading { try $0.devices(limit: 150) })
      lists.append(try store.reading { try $0.devices(of: Sample.accountID(1)) })
    }
    for (index, list) in lists.enumerated() {
      #expect(list.map(\.id) == numbers.prefix(index % 2 == 0 ? 150 : 200).map(Sample.deviceID))
    }
  }
}
