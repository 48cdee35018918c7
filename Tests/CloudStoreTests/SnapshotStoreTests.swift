import CloudCore
import DeviceProtocol
import Foundation
import TestSupport
import Testing

@testable import CloudStore

@Suite(.timeLimit(.minutes(1))) struct SnapshotStoreTests {
  private static let name = SnapshotName("paired")!

  private static func save(
    _ store: any CloudStore, _ name: SnapshotName = Self.name
  ) async throws -> (info: SnapshotInfo, isNew: Bool) {
    try await store.saveSnapshot(name, savedAt: .init(7), machineAt: .init(9))
  }

  @discardableResult
  private static func restore(
    _ store: any CloudStore, _ epochs: RestoredEpochs = .kept, _ name: SnapshotName = Self.name
  ) async throws -> SnapshotInfo? {
    try await store.restoreSnapshot(name, epochs: epochs) { _, info in info }
  }

  /// With an account, a session, a device, a motion, a history and an epoch.
  private static func withState(
    _ kind: StoreKind, _ body: (any CloudStore) async throws -> Void
  ) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.session(1, account: 1))
        try transaction.save(Sample.device(1, owner: 1))
        _ = try transaction.insert(Sample.motion(1, device: 1))
        try transaction.append(
          SessionEvent(at: .init(1), word: .login, generation: 1, origin: .operator),
          to: Sample.sessionID(1), keeping: 10)
        try Self.logOut(.account(Sample.accountID(1)), in: transaction)
      }
      try await body(store)
    }
  }

  private static func logOut(
    _ scope: RevocationScope, in transaction: any StoreTransaction
  ) throws {
    try transaction.append(
      LogoutRecord(
        at: .init(1), scope: scope, epoch: try transaction.advanceEpoch(of: scope), reason: "x"))
  }

  @Test(arguments: StoreKind.allCases)
  func `all is as it was saved, and what came later is gone`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      let saved = try await Self.save(store)
      #expect(saved.isNew)
      #expect(saved.info.savedAt == .init(7) && saved.info.machineAt == .init(9))
      try await store.write { transaction in
        try transaction.save(Sample.account(2))
        try transaction.save(Sample.session(1, account: 1, end: .revoked))
        try transaction.save(Sample.session(2, account: 2))
        try transaction.removeRecordings(of: Sample.deviceID(1))
        try transaction.save(ClockSetting(revision: 1, setTo: .init(5), course: .frozen))
      }
      #expect(try await Self.restore(store) == saved.info)
      try await store.read { reader throws in
        #expect(try reader.accountCount() == 1)
        #expect(try reader.session(Sample.sessionID(1)) == Sample.session(1, account: 1))
        #expect(try reader.session(Sample.sessionID(2)) == nil)
        #expect(
          try reader.motions(of: Sample.deviceID(1), limit: 9) == [Sample.motion(1, device: 1)])
        #expect(try reader.history(of: Sample.sessionID(1)).count == 1)
        #expect(try reader.clockSetting() == nil)
      }
      // It is whole: it takes writes, and can be restored again.
      try await store.write { try $0.save(Sample.account(3)) }
      try await Self.restore(store)
      #expect(try await store.read { try $0.accountCount() } == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `no epoch and no mark gets lower, unless that is asked for`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      _ = try await Self.save(store)
      try await store.write { transaction in
        try Self.logOut(.everyone, in: transaction)
        try Self.logOut(.kind(.app), in: transaction)
        try Self.logOut(.account(Sample.accountID(1)), in: transaction)
        try Self.logOut(.session(Sample.sessionID(1)), in: transaction)
        try transaction.advanceAccessMark(of: .kind(.app))
      }
      let scopes: [RevocationScope] = [
        .everyone, .kind(.app), .account(Sample.accountID(1)), .session(Sample.sessionID(1)),
      ]
      func epochs() async throws -> [UInt64] {
        try await store.read { reader in try scopes.map { try reader.epoch(of: $0) } }
      }
      let session = Sample.session(1, account: 1)
      try await Self.restore(store)
      #expect(try await epochs() == [1, 1, 2, 1])
      #expect(try await store.read { try $0.accessMark(of: session) } == 1)
      #expect(try await store.read { try $0.logouts(limit: 9) }.count == 5)
      #expect(try await store.read { try $0.logout(of: .everyone, epoch: 1)?.reason } == "x")
      try await Self.restore(store, .asSaved)
      #expect(try await epochs() == [0, 0, 1, 0])
      #expect(try await store.read { try $0.accessMark(of: session) } == 0)
      #expect(try await store.read { try $0.logouts(limit: 9) }.count == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a restore whose body throws changes nothing`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      _ = try await Self.save(store)
      try await store.write { try $0.save(Sample.account(2)) }
      struct Refused: Error {}
      await #expect(throws: Refused.self) {
        try await store.restoreSnapshot(Self.name, epochs: .kept) { _, _ in throw Refused() }
      }
      #expect(try await store.read { try $0.accountCount() } == 2)
      try await store.write { try $0.save(Sample.account(3)) }
      #expect(try await store.read { try $0.accountCount() } == 3)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `snapshots are listed by name, replaced and removed`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      let other = try #require(SnapshotName("another.one"))
      #expect(try await store.snapshots() == [])
      #expect(try await Self.restore(store) == nil)
      let first = try await Self.save(store).info
      let second = try await Self.save(store, other).info
      #expect(try await store.snapshots() == [second, first])
      #expect(first.byteCount > 0)
      try await store.write { try $0.save(Sample.account(2)) }
      let replaced = try await Self.save(store)
      #expect(!replaced.isNew)
      try await Self.restore(store, .kept, other)
      #expect(try await store.read { try $0.accountCount() } == 1)
      try await Self.restore(store)
      #expect(try await store.read { try $0.accountCount() } == 2)
      #expect(try await store.removeSnapshot(other))
      #expect(try await store.removeSnapshot(other) == false)
      #expect(try await store.snapshots().map(\.name) == [Self.name])
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
    }
    #expect(try await accountCount(in: try #require(within)) == 201)
    #expect(try await accountCount(in: try survivors()) == 200)
    try await store.close()
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
    #expect(try await store.snapshots() == [first])
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
    await #expect(throws: StoreError.self) { try await Self.restore(store) }
    #expect(try await store.read { try $0.accountCount() } == 1)
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
    #expect(try await next.snapshots() == [saved])
    try await Self.restore(next)
    #expect(try await next.read { try $0.accountCount() } == 1)
    try await next.close()
  }

  @Test(arguments: [
    ("a", true), ("paired.2", true), ("A-b_c", true), (String(repeating: "x", count: 64), true),
    (String(repeating: "x", count: 65), false), ("", false), (".", false), ("..", false),
    (".x", false), ("a/b", false), ("../x", false), ("a b", false), ("a\0", false), ("ä", false),
    ("-x", false),
  ])
  func `a name is that of a file in its folder`(text: String, isName: Bool) {
    #expect((SnapshotName(text) != nil) == isName)
  }
}
