import CloudCore
import DeviceProtocol
import Foundation
import GRDB
import TestSupport
import Testing

@testable import CloudStore

@Suite(.timeLimit(.minutes(5)))
struct DurabilityTests {
  /// The files as other processes see them at this moment, without the store's closing them: what is
  /// left when the process dies. What is left when the power fails, when only what was synced is on
  /// the disk, this cannot show; see the test of `synchronous`.
  private func survivingFiles(of store: SQLiteStore) throws -> TemporaryFolder {
    let copy = try TemporaryFolder()
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(
        atPath: store.path + suffix, toPath: copy.path + "/cloud.sqlite" + suffix)
    }
    return copy
  }

  @Test func `what was acknowledged is there after the process died`() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    for number in 1...20 {
      try await store.write { try $0.save(Sample.account(number)) }
      let copy = try self.survivingFiles(of: store)
      let survivor = try SQLiteStore(folder: copy.path)
      #expect(try await survivor.read { try $0.account(Sample.accountID(number)) } != nil)
      #expect(try await survivor.read { try $0.accountCount() } == UInt64(number))
      try await survivor.close()
    }
    try await store.close()
  }

  @Test func `a process that dies within a transaction leaves nothing of it`() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    let copy = try await store.write { transaction in
      for number in 1...500 { try transaction.save(Sample.account(number)) }
      return try self.survivingFiles(of: store)
    }
    let survivor = try SQLiteStore(folder: copy.path)
    #expect(try await survivor.read { try $0.accountCount() } == 0)
    try await survivor.close()
    try await store.close()
  }

  @Test func `SQLite is told that a commit waits for the disk`() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    let (synchronous, journal) = try await store.pool.writeWithoutTransaction { database in
      (
        try Int.fetchOne(database, sql: "PRAGMA synchronous"),
        try String.fetchOne(database, sql: "PRAGMA journal_mode")
      )
    }
    #expect(synchronous == 2)
    #expect(journal == "wal")
    try await store.close()
  }

  @Test func `logging everybody out writes two rows, whatever the number of sessions`() async throws
  {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    var random = SeededGenerator(seed: 1)
    let cloud = Cloud(configuration: CloudConfiguration(keys: TokenKeys(random: &random)))
    for count in [1, 500] {
      try await store.write { transaction in
        for number in 1...count {
          try transaction.save(Sample.account(number))
          try transaction.save(Sample.session(number, account: number))
        }
      }
      let before = try await self.changes(of: store)
      _ = try await store.write { transaction in
        try cloud.logOut(.everyone, reason: "exercise", in: transaction, at: .init(1))
      }
      #expect(try await self.changes(of: store) - before == 2)
    }
    try await store.close()
  }

  private func changes(of store: SQLiteStore) async throws -> Int {
    try await store.pool.writeWithoutTransaction { $0.totalChangesCount }
  }
}
