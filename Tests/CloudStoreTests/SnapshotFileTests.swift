import CloudCore
import DeviceProtocol
import Dispatch
import Foundation
import GRDB
import TestSupport
import Testing

@testable import CloudStore

/// Snapshots as files beside the database.
@Suite(.timeLimit(.minutes(5))) struct SnapshotFileTests {
  private static let name = SnapshotName("paired")!

  private static func save(
    _ store: SQLiteStore
  ) async throws -> (info: SnapshotInfo, isNew: Bool) {
    try await store.saveSnapshot(self.name, savedAt: .init(7), machineAt: .init(9))
  }

  @discardableResult
  private static func restore(_ store: SQLiteStore) async throws -> SnapshotInfo? {
    try await store.restoreSnapshot(self.name, epochs: .kept) { _, info in
      info
    } committed: { _ in
    }
  }

  @Test func `a process that dies within a restore leaves the state before it`() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    try await store.write { for number in 1...200 { try $0.save(Sample.account(number)) } }
    _ = try await Self.save(store)
    try await store.write { try $0.save(Sample.account(201)) }
    let path = store.path
    @Sendable func survivors() throws -> TemporaryFolder {
      let copy = try TemporaryFolder()
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(
          atPath: path + suffix, toPath: copy.path + "/cloud.sqlite" + suffix)
      }
      return copy
    }
    func accountCount(in folder: TemporaryFolder) async throws -> UInt64 {
      let survivor = try SQLiteStore(folder: folder.path)
      let count = try await survivor.read { try $0.accountCount() }
      try await survivor.close()
      return count
    }
    // After everything was replaced, before the commit.
    let within = try await store.restoreSnapshot(Self.name, epochs: .kept) { transaction, _ in
      #expect(try transaction.accountCount() == 200)
      return try survivors()
    } committed: { _ in
    }
    #expect(try await accountCount(in: try #require(within)) == 201)
    #expect(try await accountCount(in: try survivors()) == 200)
    try await store.close()
  }

  @Test func `what a process that was killed has left is swept up`() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    let odd = try #require(SnapshotName("x.sqlite.migrated.1"))
    for name in [Self.name, odd] {
      _ = try await store.saveSnapshot(name, savedAt: .init(7), machineAt: .init(9))
    }
    try await store.close()
    let saved = folder.path + "/snapshots"
    let kept = try Set(FileManager.default.contentsOfDirectory(atPath: saved))
    #expect(kept.count == 2)
    for left in [
      ".paired.tmp", ".paired.tmp-journal", ".paired.tmp.1f", ".paired.tmp.1f.migrated",
      ".paired.tmp.1f.migrated-journal", "paired.sqlite.migrated.1f",
      "paired.sqlite.migrated.1f-journal",
    ] {
      try Data([1]).write(to: URL(filePath: "\(saved)/\(left)"))
    }
    let again = try SQLiteStore(folder: folder.path)
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: saved)) == kept)
    #expect(try await again.snapshots().snapshots.count == 2)
    try await again.close()
  }

  @Test func `a full disk is told as such, and harms neither the state nor the older snapshot`()
    async throws
  {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    try await store.write { try $0.save(Sample.account(1)) }
    let first = try await Self.save(store).info
    try await store.write { for number in 2...500 { try $0.save(Sample.account(number)) } }
    let error = await #expect(throws: StoreError.self) {
      _ = try await store.saveSnapshot(
        Self.name, savedAt: .init(8), machineAt: .init(8), maximumPageCount: 20)
    }
    #expect(error?.code == .diskFull)
    #expect(try await store.snapshots() == SnapshotList(snapshots: [first]))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/snapshots")
    #expect(files == ["paired.sqlite"])
    #expect(try await store.read { try $0.accountCount() } == 500)
    try await store.close()
  }

  @Test func `a file that is damaged is refused, and the state stays`() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    try await store.write { try $0.save(Sample.account(1)) }
    _ = try await Self.save(store)
    let path = folder.path + "/snapshots/paired.sqlite"
    try Data("this is no database, and it is long enough to be looked at as one".utf8)
      .write(to: URL(filePath: path))
    let error = await #expect(throws: StoreError.self) { try await Self.restore(store) }
    #expect(error?.code == .corrupt && error?.path == path)
    #expect(try await store.read { try $0.accountCount() } == 1)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/snapshots")
    #expect(files == ["paired.sqlite"])
    try await store.close()
  }

  /// Restores while a writer is busy, and does something once the restore waits for it. Mostly:
  /// whoever is slower may find either done.
  private static func restore(
    _ store: SQLiteStore, meanwhile body: () async throws -> Void
  ) async throws -> SnapshotInfo? {
    let gate = DispatchSemaphore(value: 0)
    let (begun, continuation) = AsyncStream.makeStream(of: Void.self)
    async let write: Void = store.write { _ in
      continuation.finish()
      gate.wait()
    }
    for await _ in begun {}
    async let restored = self.restore(store)
    do {
      defer { gate.signal() }
      try await Task.sleep(for: .milliseconds(300))
      try await body()
    }
    try await write
    return try await restored
  }

  @Test func `a restore takes the state that its time belongs to, whatever is saved meanwhile`()
    async throws
  {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    try await store.write { try $0.save(Sample.account(1)) }
    _ = try await Self.save(store)
    try await store.write { try $0.save(Sample.account(2)) }
    let info = try await Self.restore(store) {
      _ = try await store.saveSnapshot(Self.name, savedAt: .init(8), machineAt: .init(10))
    }
    let count = try await store.read { try $0.accountCount() }
    #expect(info?.savedAt == .init(count == 1 ? 7 : 8))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/snapshots")
    #expect(files == ["paired.sqlite"])
    try await store.close()
  }

  @Test func `a snapshot that is deleted within its restore is restored or not found, and gone`()
    async throws
  {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    try await store.write { try $0.save(Sample.account(1)) }
    _ = try await Self.save(store)
    try await store.write { try $0.save(Sample.account(2)) }
    let info = try await Self.restore(store) { () async throws in
      #expect(try await store.removeSnapshot(Self.name))
    }
    #expect(try await store.read { try $0.accountCount() } == (info == nil ? 2 : 1))
    #expect(try await store.snapshots() == SnapshotList(snapshots: []))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/snapshots")
    #expect(files.isEmpty)
    try await store.close()
  }

  @Test func `one that is damaged is named beside the others, and can be deleted`() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    let saved = try await Self.save(store).info
    let snapshots = folder.path + "/snapshots"
    try Data("this is no database, and it is long enough to be looked at as one".utf8)
      .write(to: URL(filePath: snapshots + "/noise.sqlite"))
    try Data().write(to: URL(filePath: snapshots + "/empty.sqlite"))
    try FileManager.default.createDirectory(
      atPath: snapshots + "/a-folder.sqlite", withIntermediateDirectories: false)
    // Of another program, which a name tells.
    try Data().write(to: URL(filePath: snapshots + "/notes.txt"))
    let list = try await store.snapshots()
    #expect(list.snapshots == [saved])
    #expect(list.damaged.map(\.name.text) == ["a-folder", "empty", "noise"])
    #expect(list.damaged.allSatisfy { !$0.detail.isEmpty })
    #expect(try await store.removeSnapshot(try #require(SnapshotName("noise"))))
    #expect(try await store.snapshots().damaged.map(\.name.text) == ["a-folder", "empty"])
    try await store.close()
  }

  @Test func `a snapshot outlives the process that made it`() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    try await store.write { try $0.save(Sample.account(1)) }
    let saved = try await Self.save(store).info
    try await store.close()
    let next = try SQLiteStore(folder: folder.path)
    try await next.write { try $0.save(Sample.account(2)) }
    #expect(try await next.snapshots() == SnapshotList(snapshots: [saved]))
    try await Self.restore(next)
    #expect(try await next.read { try $0.accountCount() } == 1)
    try await next.close()
  }

  @Test func `a snapshot of an older version that can't be brought up to date leaves no copy`()
    async throws
  {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    let snapshots = folder.path + "/snapshots"
    try FileManager.default.createDirectory(
      atPath: snapshots, withIntermediateDirectories: false)
    let queue = try DatabaseQueue(path: snapshots + "/paired.sqlite")
    try Schema.migrator.migrate(queue, upTo: "v6: histories of sessions")
    try await queue.write { database in
      try database.execute(sql: "DROP TABLE authorization_codes")
      try database.execute(sql: "CREATE TABLE snapshot_info (saved_at INTEGER, machine_at INTEGER)")
      try database.execute(sql: "INSERT INTO snapshot_info VALUES (7, 9)")
    }
    try queue.close()
    for _ in 1...2 {
      await #expect(throws: StoreError.self) { try await Self.restore(store) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: snapshots) == ["paired.sqlite"])
    try await store.close()
  }

  @Test func `a snapshot of an older version is brought up to date, and its file stays as it was`()
    async throws
  {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    _ = try await store.write { try $0.advanceEpoch(of: .everyone) }
    let snapshots = folder.path + "/snapshots"
    try FileManager.default.createDirectory(
      atPath: snapshots, withIntermediateDirectories: false)
    let path = snapshots + "/paired.sqlite"
    let queue = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(queue, upTo: "v6: histories of sessions")
    try await queue.write { database in
      try database.execute(
        sql: "INSERT INTO accounts VALUES (?, 'owner1@example.org', ?, 1)",
        arguments: [Sample.accountID(1).text, CloudFixture.passwordHash.text])
      try database.execute(sql: "INSERT INTO logouts VALUES (1, 9, 'kind', 'app', 1, 'a leak')")
      try database.execute(sql: "INSERT INTO epochs VALUES ('kind', 'app', 1)")
      try database.execute(sql: "CREATE TABLE snapshot_info (saved_at INTEGER, machine_at INTEGER)")
      try database.execute(sql: "INSERT INTO snapshot_info VALUES (7, 9)")
    }
    try queue.close()
    let bytes = try Data(contentsOf: URL(filePath: path))
    #expect(try await Self.restore(store)?.savedAt == .init(7))
    try await store.read { reader throws in
      #expect(try reader.account(Sample.accountID(1))?.region == .standard)
      #expect(try reader.epoch(of: .everyone) == 1)
      #expect(try reader.epoch(of: .kind(.app)) == 1)
      #expect(try reader.logouts(limit: 9).map(\.reason) == ["a leak"])
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
    #expect(try FileManager.default.contentsOfDirectory(atPath: snapshots) == ["paired.sqlite"])
    try await store.close()
  }
}
