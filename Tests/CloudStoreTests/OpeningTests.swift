import CloudCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import CloudStore

/// What a store does with a folder that it cannot use: it says so, and wipes nothing.
@Suite(.timeLimit(.minutes(5)))
struct OpeningTests {
  let folder: TemporaryFolder
  var databasePath: String { self.folder.path + "/cloud.sqlite" }

  init() throws { self.folder = try TemporaryFolder() }

  private func expectRefusal(_ code: StoreError.Code, folder: String? = nil) {
    let folder = folder ?? self.folder.path
    let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(folder: folder) }
    #expect(error?.code == code)
    #expect(error.map { $0.path.hasPrefix(folder) } == true)
    #expect(error.map { $0.description.contains(folder) } == true)
  }

  @Test func `a folder is made when its parent is there`() async throws {
    let path = self.folder.path + "/cloud"
    let store = try SQLiteStore(folder: path)
    try await store.write { try $0.save(Sample.account(1)) }
    try await store.close()
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
  }

  @Test func `the database is for its owner only, in a folder that others may enter too`()
    async throws
  {
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: self.folder.path)
    let store = try SQLiteStore(folder: self.folder.path)
    try await store.write { try $0.save(Sample.account(1)) }
    for suffix in ["", "-wal", "-shm"] {
      #expect(try self.permissions(of: self.databasePath + suffix) == 0o600)
    }
    try await store.close()
  }

  @Test func `a database that others could read is for its owner only again`() async throws {
    try await SQLiteStore(folder: self.folder.path).close()
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: self.databasePath)
    let store = try SQLiteStore(folder: self.folder.path)
    try await store.write { try $0.save(Sample.account(1)) }
    for suffix in ["", "-wal", "-shm"] {
      #expect(try self.permissions(of: self.databasePath + suffix) == 0o600)
    }
    try await store.close()
  }

  private func permissions(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func `a missing parent is refused`() {
    self.expectRefusal(.failed, folder: self.folder.path + "/missing/cloud")
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
  func `a folder without permission is refused`() throws {
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o500], ofItemAtPath: self.folder.path)
    self.expectRefusal(.permissionDenied)
  }

  @Test(
    arguments: [
      (EACCES, .permissionDenied), (EROFS, .permissionDenied), (ENOSPC, .diskFull),
      (EIO, .inputOutput), (EWOULDBLOCK, .inUse), (ENOENT, .failed),
    ] as [(Int32, StoreError.Code)])
  func `a system call's failure has its code`(errno: Int32, code: StoreError.Code) {
    let error = StoreError(errno: errno, path: "/data/lock", attempted: "open the lock file")
    #expect(error.code == code)
    #expect(error.description.hasPrefix("cannot open the lock file /data/lock: "))
  }

  @Test(
    arguments: [
      (.SQLITE_CORRUPT, .corrupt), (.SQLITE_NOTADB, .corrupt), (.SQLITE_FULL, .diskFull),
      (.SQLITE_IOERR, .inputOutput), (.SQLITE_IOERR_FSYNC, .inputOutput),
      (.SQLITE_CANTOPEN, .permissionDenied), (.SQLITE_BUSY, .inUse), (.SQLITE_CONSTRAINT, .failed),
    ] as [(ResultCode, StoreError.Code)])
  func `SQLite's failure has its code and prints no argument`(
    result: ResultCode, code: StoreError.Code
  ) {
    let cause = DatabaseError(
      resultCode: result, message: "it failed", sql: "SELECT ?", arguments: ["a secret"])
    let error = StoreError(cause, path: "/data/cloud.sqlite", attempted: "read the database")
    #expect(error.code == code)
    #expect(!"\(error)".contains("secret"))
  }

  @Test func `a second store on the folder is refused until the first is closed`() async throws {
    let first = try SQLiteStore(folder: self.folder.path)
    self.expectRefusal(.inUse)
    try await first.write { try $0.save(Sample.account(1)) }
    try await first.close()
    let second = try SQLiteStore(folder: self.folder.path)
    #expect(try await second.read { try $0.accountCount() } == 1)
    try await second.close()
  }

  @Test func `a file that is no database is refused and left as it is`() throws {
    let garbage = Data((0..<8_192).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try garbage.write(to: URL(filePath: self.databasePath))
    self.expectRefusal(.corrupt)
    #expect(try Data(contentsOf: URL(filePath: self.databasePath)) == garbage)
  }

  @Test func `a database with a damaged schema is refused`() async throws {
    let store = try SQLiteStore(folder: self.folder.path)
    try await store.write { try $0.save(Sample.account(1)) }
    try await store.close()
    var bytes = try Data(contentsOf: URL(filePath: self.databasePath))
    bytes.replaceSubrange(100..<4_096, with: Data(repeating: 0xA5, count: 3_996))
    try bytes.write(to: URL(filePath: self.databasePath))
    self.expectRefusal(.corrupt)
    #expect(try Data(contentsOf: URL(filePath: self.databasePath)).count == bytes.count)
  }

  @Test func `another program's database is refused and left as it is`() async throws {
    let queue = try DatabaseQueue(path: self.databasePath)
    try await queue.write { try $0.execute(sql: "CREATE TABLE recipes (name TEXT)") }
    try queue.close()
    let permissions = try self.permissions(of: self.databasePath)
    let bytes = try Data(contentsOf: URL(filePath: self.databasePath))
    self.expectRefusal(.corrupt)
    #expect(try Data(contentsOf: URL(filePath: self.databasePath)) == bytes)
    #expect(try self.permissions(of: self.databasePath) == permissions)
  }

  @Test func `a newer version's database is refused and keeps its records`() async throws {
    let store = try SQLiteStore(folder: self.folder.path)
    try await store.write { try $0.save(Sample.account(1)) }
    try await store.pool.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v999: from the future')")
    }
    try await store.close()
    self.expectRefusal(.newerSchema)
    let queue = try DatabaseQueue(path: self.databasePath)
    #expect(
      try await queue.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM accounts") } == 1)
  }

  @Test func `a damaged record is an error and no trap`() async throws {
    let store = try SQLiteStore(folder: self.folder.path)
    try await store.write { transaction in
      try transaction.save(Sample.account(1))
      try transaction.save(Sample.device(1, owner: 1))
      try transaction.save(Sample.session(1, account: 1))
      try transaction.save(Sample.session(2, account: 1))
    }
    try await store.pool.write { database in
      try database.execute(
        sql: "UPDATE sessions SET kind = 'kettle' WHERE id = ?",
        arguments: [Sample.uuid(1)])
      try database.execute(
        sql: "UPDATE sessions SET device = 'x' WHERE id = ?", arguments: [Sample.uuid(2)])
      try database.execute(sql: "UPDATE devices SET binding = -1")
      try database.execute(sql: "UPDATE accounts SET password_hash = 'none'")
    }
    for read in [
      { @Sendable reader in _ = try reader.session(Sample.sessionID(1)) },
      { @Sendable reader in _ = try reader.session(Sample.sessionID(2)) },
      { @Sendable reader in _ = try reader.device(Sample.deviceID(1)) },
      { @Sendable reader in _ = try reader.account(Sample.accountID(1)) },
    ] as [@Sendable (any StoreReader) throws -> Void] {
      let error = await #expect(throws: StoreError.self) { try await store.read(read) }
      #expect(error?.code == .corrupt)
    }
    try await store.close()
  }
}
