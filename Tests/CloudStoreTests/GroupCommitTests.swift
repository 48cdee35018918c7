import CloudCore
import Foundation
import GRDB
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CloudStore

@Suite(.timeLimit(.minutes(5)))
struct GroupCommitTests {
  struct Refused: Error {}

  let folder: TemporaryFolder
  let store: SQLiteStore

  init() throws {
    self.folder = try TemporaryFolder()
    self.store = try SQLiteStore(folder: self.folder.path)
  }

  /// In which bodies ran.
  private final class Order: Sendable {
    private let state = Mutex<[Int]>([])
    var numbers: [Int] { self.state.withLock { $0 } }
    func add(_ number: Int) { self.state.withLock { $0.append(number) } }
  }

  /// Lets many writers gather while the first body that runs holds the database.
  ///
  /// - Returns: What each writer got, by its number.
  private func gather(
    _ count: Int, _ body: @escaping @Sendable (Int, any StoreTransaction) throws -> UInt64
  ) async -> [Int: Result<UInt64, any Error>] {
    let arrivals = Arrivals(expected: count)
    return await withTaskGroup(of: (Int, Result<UInt64, any Error>).self) { group in
      for number in 0..<count {
        group.addTask { [store] in
          arrivals.arrive()
          do {
            let value = try await store.write { transaction in
              arrivals.waitForAll()
              return try body(number, transaction)
            }
            return (number, .success(value))
          } catch {
            return (number, .failure(error))
          }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }

  @Test func `many writers share far fewer commits`() async throws {
    let observer = CommitObserver()
    self.store.pool.add(transactionObserver: observer)
    let results = await self.gather(200) { _, transaction in
      try transaction.advanceEpoch(of: .everyone)
    }
    #expect(try Set(results.values.map { try $0.get() }) == Set(1...200))
    #expect(observer.commits < 40, "\(observer.commits) commits for 200 writers")
  }

  @Test func `what goes first goes ahead of all that wait`() async throws {
    let count = 50
    let arrivals = Arrivals(expected: count + 1)
    let order = Order()
    let (isHeld, hold) = AsyncStream<Void>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { [store] group in
      group.addTask {
        try await store.write { _ in
          hold.finish()
          arrivals.waitForAll()
          // Until the last of them waits too.
          Thread.sleep(forTimeInterval: 0.3)
        }
      }
      for await _ in isHeld {}
      for number in 1...count {
        group.addTask {
          arrivals.arrive()
          try await store.write { _ in order.add(number) }
        }
      }
      group.addTask {
        arrivals.arrive()
        try await store.writeFirst { _ in order.add(0) }
      }
      try await group.waitForAll()
    }
    #expect(order.numbers.first == 0 && order.numbers.count == count + 1)
  }

  @Test func `a body that throws harms none of those it shares a commit with`() async throws {
    let results = await self.gather(60) { number, transaction in
      let epoch = try transaction.advanceEpoch(of: .everyone)
      if number % 3 == 0 { throw Refused() }
      return epoch
    }
    for (number, result) in results {
      switch result {
      case .success: #expect(number % 3 != 0)
      case .failure(let error): #expect(number % 3 == 0 && error is Refused)
      }
    }
    #expect(try await self.store.read { try $0.epoch(of: .everyone) } == 40)
  }

  @Test func `a commit that fails fails all its bodies, and the next one works`() async throws {
    let observer = CommitObserver()
    self.store.pool.add(transactionObserver: observer)
    observer.refuse(with: DatabaseError(resultCode: .SQLITE_FULL, message: "disk is full"))
    let results = await self.gather(20) { _, transaction in
      try transaction.advanceEpoch(of: .everyone)
    }
    for result in results.values {
      let error = #expect(throws: StoreError.self) { try result.get() }
      #expect(error?.code == .diskFull)
      #expect(error?.path == self.store.path)
    }
    #expect(try await self.store.read { try $0.epoch(of: .everyone) } == 0)

    observer.refuse(with: nil)
    #expect(try await self.store.write { try $0.advanceEpoch(of: .everyone) } == 1)
  }

  @Test func `a full disk refuses writes, keeps what is there and recovers`() async throws {
    try await self.store.write { try $0.save(Sample.account(1)) }
    try await self.setLargestPageCount(1)
    let error = await #expect(throws: StoreError.self) {
      try await self.store.write { transaction in
        for number in 2...500 { try transaction.save(Sample.account(number)) }
      }
    }
    #expect(error?.code == .diskFull)
    #expect(try await self.store.read { try $0.accountCount() } == 1)

    try await self.setLargestPageCount(1_000_000)
    try await self.store.write { transaction in
      for number in 2...500 { try transaction.save(Sample.account(number)) }
    }
    #expect(try await self.store.read { try $0.accountCount() } == 500)
  }

  /// SQLite answers as it does on a full disk once the file would grow beyond this.
  private func setLargestPageCount(_ count: Int) async throws {
    try await self.store.pool.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA max_page_count = \(count)")
    }
  }

  @Test func `a store that is closed while others write answers every one of them`() async throws {
    for _ in 0..<40 {
      let folder = try TemporaryFolder()
      let store = try SQLiteStore(folder: folder.path)
      let written = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 {
          group.addTask {
            do {
              _ = try await store.write { try $0.advanceEpoch(of: .everyone) }
              return true
            } catch let error as StoreError where error.code == .closed {
              return false
            }
          }
        }
        try await store.close()
        return try await group.reduce(0) { $1 ? $0 + 1 : $0 }
      }
      let again = try SQLiteStore(folder: folder.path)
      #expect(try await again.read { try $0.epoch(of: .everyone) } == UInt64(written))
      try await again.close()
    }
  }

  @Test func `a closed store answers what came before and refuses what comes after`() async throws {
    async let early = self.store.write { try $0.advanceEpoch(of: .everyone) }
    #expect(try await early == 1)
    try await self.store.close()
    let writeError = await #expect(throws: StoreError.self) {
      try await self.store.write { try $0.advanceEpoch(of: .everyone) }
    }
    #expect(writeError?.code == .closed)
    let readError = await #expect(throws: StoreError.self) {
      try await self.store.read { try $0.epoch(of: .everyone) }
    }
    #expect(readError?.code == .closed)
  }
}

/// Lets a body wait until every writer of a test has begun.
private final class Arrivals: Sendable {
  private let expected: Int
  private let count = Atomic(0)

  init(expected: Int) { self.expected = expected }

  func arrive() { self.count.add(1, ordering: .sequentiallyConsistent) }

  /// Blocks the database's own thread, none of Swift's.
  func waitForAll() {
    while self.count.load(ordering: .sequentiallyConsistent) < self.expected { sched_yield() }
  }
}

/// Counts commits, and refuses them on demand.
private final class CommitObserver: TransactionObserver, Sendable {
  private let count = Atomic(0)
  private let refusal = Mutex<DatabaseError?>(nil)

  var commits: Int { self.count.load(ordering: .sequentiallyConsistent) }

  func refuse(with error: DatabaseError?) { self.refusal.withLock { $0 = error } }

  func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
  func databaseDidChange(with event: DatabaseEvent) {}

  func databaseWillCommit() throws {
    if let error = self.refusal.withLock({ $0 }) { throw error }
  }

  func databaseDidCommit(_ db: Database) { self.count.add(1, ordering: .sequentiallyConsistent) }
  func databaseDidRollback(_ db: Database) {}
}
