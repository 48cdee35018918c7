package import CloudCore
import Dispatch
import Foundation
import GRDB
import Glibc

/// The cloud's records in SQLite, in the file `cloud.sqlite` of a folder.
///
/// In WAL mode with `synchronous=FULL`: a commit has reached the disk when it returns, and readers
/// see the newest commit without waiting for writers. Writers share commits; see `GroupCommit`.
package final class SQLiteStore: CloudStore {
  /// Of the database.
  package let path: String
  let pool: DatabasePool
  /// What was found beside the database when it was opened.
  package let floorReport: EpochFloorReport
  let groupCommit: GroupCommit
  let folder: String
  private let briefReaders: BriefReaders
  let memory = SessionMemory()
  private let lock: FolderLock
  /// Saves and removals of snapshots, one after the other: those of one name share a temporary file.
  let snapshotQueue = DispatchQueue(label: "relink.snapshots")

  /// Opens the database, which it makes if there is none, and locks the folder against other
  /// processes.
  ///
  /// - Parameters:
  ///   - folder: Made, for its owner only, if it is not there; its parent must be.
  ///   - onCommit: Told of each commit; must be quick, for writers wait.
  /// - Throws: `StoreError`; nothing is wiped.
  package init(
    folder: String, onCommit: @escaping @Sendable (CommitReport) -> Void = { _ in }
  ) throws(StoreError) {
    self.lock = try FolderLock(folder: folder)
    self.folder = folder
    self.path = folder + "/cloud.sqlite"
    self.pool = try Self.open(self.path)
    SnapshotFile.sweep(folder + "/snapshots")
    let floor: EpochFloor
    do {
      (floor, self.floorReport) = try EpochFloor.open(
        folder: folder, pool: self.pool, databasePath: self.path)
    } catch {
      throw StoreError(error, path: self.path, attempted: "open the database")
    }
    self.groupCommit = GroupCommit(
      pool: self.pool, path: self.path, floor: floor, memory: self.memory, onCommit: onCommit)
    do {
      self.briefReaders = try BriefReaders(path: self.path, count: Self.briefReaderCount)
    } catch {
      throw StoreError(error, path: self.path, attempted: "open the database")
    }
  }

  package func write<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
  ) async throws -> Value {
    try await self.groupCommit.write(body)
  }

  package func writeFirst<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
  ) async throws -> Value {
    try await self.groupCommit.write(body, isFirst: true)
  }

  package func read<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    let path = self.path
    do {
      return try await self.pool.read { try body(SQLiteTransaction(database: $0, path: path)) }
    } catch let error as DatabaseError {
      throw StoreError(error, path: path, attempted: "read the database")
    }
  }

  package func readBriefly<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    let path = self.path
    let remembered = RememberedReader(self.memory)
    let result = Result { try body(remembered) }
    if !remembered.hasMissed { return try result.get() }
    let stamp = self.memory.stamp
    let readFacts = ReadFacts()
    let value: Value?
    do {
      value = try self.briefReaders.read {
        try body(SQLiteTransaction(database: $0, path: path, readFacts: readFacts))
      }
      if let facts = readFacts.facts { self.memory.remember(facts, readAfter: stamp) }
    } catch let error as DatabaseError {
      throw StoreError(error, path: path, attempted: "read the database")
    }
    if let value { return value }
    return try await self.read(body)
  }

  /// Waits for the writes that are under way, closes the database and gives up the folder. Later
  /// calls fail with `closed`.
  package func close() async throws(StoreError) {
    await self.groupCommit.close()
    // For good: what is closed remembers nothing.
    self.memory.beginCommit(of: .everything)
    // Closes the readers: the last connection to go moves the WAL into the database, and it has to
    // be the writer, since a reader may not.
    self.pool.releaseMemory()
    do {
      try self.briefReaders.close()
      try self.pool.close()
    } catch {
      throw StoreError(error, path: self.path, attempted: "close the database")
    }
    self.lock.unlock()
  }

  /// More than the threads of event loops that a machine of a laboratory has.
  private static let briefReaderCount = 8

  private static func open(_ path: String) throws(StoreError) -> DatabasePool {
    do {
      try self.claim(path)
      var configuration = Configuration()
      configuration.label = "cloud"
      configuration.maximumReaderCount = 4
      let pool = try DatabasePool(path: path, configuration: configuration)
      try Schema.migrator.migrate(pool)
      // After the pool has set WAL mode, which sets NORMAL: that may lose the last commits.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      return pool
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(error, path: path, attempted: "open the database")
    }
  }

  /// Makes the file if there is none, sees that it is ours and gives it to the owner of the folder
  /// only, for it holds password hashes; the WAL takes its mode.
  private static func claim(_ path: String) throws {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, path: path, attempted: "open the database")
    }
    // Before the pool opens it: closing a descriptor gives up the locks that SQLite has on the file.
    defer { Glibc.close(descriptor) }
    // Not by the pool, which makes it a WAL database at once, and writes that into its header.
    let queue = try DatabaseQueue(path: path)
    try Schema.check(queue, path: path)
    try queue.close()
    guard fchmod(descriptor, 0o600) == 0 else {
      throw StoreError(errno: errno, path: path, attempted: "restrict access to the database")
    }
  }
}
