import CloudCore
import DeviceProtocol
import Foundation
import TestSupport
import Testing

@testable import CloudStore

/// What a restore does to the epochs' file beside the database.
@Suite(.timeLimit(.minutes(5))) struct SnapshotFloorTests {
  private let folder: TemporaryFolder
  private static let (early, later) = (SnapshotName("early")!, SnapshotName("later")!)

  init() throws { self.folder = try TemporaryFolder() }

  private func withStore(_ body: (SQLiteStore) async throws -> Void) async throws {
    let store = try SQLiteStore(folder: self.folder.path)
    try await body(store)
    try await store.close()
  }

  private func save(_ name: SnapshotName, of store: SQLiteStore) async throws {
    _ = try await store.saveSnapshot(name, savedAt: .init(7), machineAt: .init(9))
  }

  private func restore(
    _ name: SnapshotName, _ epochs: RestoredEpochs, in store: SQLiteStore
  ) async throws {
    let info = try await store.restoreSnapshot(name, epochs: epochs) { _, info in
      info
    } committed: { _ in
    }
    #expect(info?.name == name)
  }

  private func logOut(_ store: SQLiteStore) async throws {
    try await store.write { transaction in
      _ = try transaction.advanceEpoch(of: .everyone)
      _ = try transaction.addCutOff(before: .init(70))
    }
  }

  /// Everyone's epoch, and the cut-off.
  private func epochs(of store: SQLiteStore) async throws -> [UInt64] {
    try await store.read { reader in
      [
        try reader.epoch(of: .everyone), try reader.cutOffs().epoch,
        try reader.cutOffs().steps.last?.before.value ?? 0,
      ]
    }
  }

  /// As `epochs(of:)`, of the file.
  private var floor: [UInt64] {
    get throws {
      let bytes = try Data(contentsOf: URL(filePath: self.folder.path + "/epoch-floor"))
      let contents = EpochFloorContents(Array(bytes))
      #expect(contents.damagedLineCount == 0 && !contents.isTorn)
      return [
        contents.values[.epoch(.everyone)] ?? 0, contents.values[.epoch(.issuedBefore)] ?? 0,
        contents.cutOffs.steps.last?.before.value ?? 0,
      ]
    }
  }

  @Test func `the file follows epochs that were wanted as they were saved`() async throws {
    try await self.withStore { store async throws in
      try await self.save(Self.early, of: store)
      try await self.logOut(store)
      #expect(try self.floor == [1, 1, 70])
      try await self.restore(Self.early, .asSaved, in: store)
      #expect(try self.floor == [0, 0, 0])
    }
    // The next start raises nothing.
    try await self.withStore { store async throws in
      #expect(store.floorReport == EpochFloorReport())
      #expect(try await self.epochs(of: store) == [0, 0, 0])
    }
  }

  @Test func `a logout after such a restore is on the disk in the new file`() async throws {
    try await self.withStore { store async throws in
      try await self.save(Self.early, of: store)
      for _ in 1...3 { try await self.logOut(store) }
      try await self.restore(Self.early, .asSaved, in: store)
      try await self.logOut(store)
      // What was undone is not used again.
      #expect(try self.floor == [4, 4, 70])
    }
    try await self.withStore { store async throws in
      #expect(store.floorReport == EpochFloorReport())
      #expect(try await self.epochs(of: store) == [4, 4, 70])
    }
  }

  @Test func `no value is used twice although an older database is put back after all`()
    async throws
  {
    let copies = try TemporaryFolder()
    try await self.withStore { try await self.save(Self.early, of: $0) }
    let database = self.folder.path + "/cloud.sqlite"
    try FileManager.default.copyItem(atPath: database, toPath: copies.path + "/old")
    try await self.withStore { store async throws in
      for _ in 1...3 { try await self.logOut(store) }
      try await self.restore(Self.early, .asSaved, in: store)
    }
    try FileManager.default.removeItem(atPath: database)
    try FileManager.default.copyItem(atPath: copies.path + "/old", toPath: database)
    try await self.withStore { store async throws in
      try await self.logOut(store)
      #expect(try await self.epochs(of: store) == [4, 4, 70])
    }
  }

  @Test func `a restore that keeps the epochs leaves the file above an older state`() async throws {
    try await self.withStore { store async throws in
      try await self.save(Self.early, of: store)
      try await self.logOut(store)
      try await self.restore(Self.early, .kept, in: store)
      #expect(try self.floor == [1, 1, 70])
      #expect(try await self.epochs(of: store) == [1, 1, 70])
    }
    try await self.withStore { store async throws in
      #expect(store.floorReport == EpochFloorReport())
    }
  }

  @Test func `epochs that a restore raises are in the file`() async throws {
    try await self.withStore { store async throws in
      try await self.save(Self.early, of: store)
      for _ in 1...3 { try await self.logOut(store) }
      try await self.save(Self.later, of: store)
      try await self.restore(Self.early, .asSaved, in: store)
      try await self.restore(Self.later, .kept, in: store)
      #expect(try self.floor == [3, 3, 70])
    }
    try await self.withStore { store async throws in
      #expect(store.floorReport == EpochFloorReport())
      #expect(try await self.epochs(of: store) == [3, 3, 70])
    }
  }

  @Test(arguments: RestoredEpochs.allCases)
  func `a restore that fails leaves the file`(epochs: RestoredEpochs) async throws {
    struct Refused: Error {}
    try await self.withStore { store async throws in
      try await self.save(Self.early, of: store)
      try await self.logOut(store)
      await #expect(throws: Refused.self) {
        try await store.restoreSnapshot(Self.early, epochs: epochs) { _, _ in
          throw Refused()
        } committed: { _ in
        }
      }
      #expect(try self.floor == [1, 1, 70])
      #expect(try await self.epochs(of: store) == [1, 1, 70])
    }
  }

  @Test func `epochs are not lowered when the file cannot follow`() async throws {
    try await self.withStore { store async throws in
      try await self.save(Self.early, of: store)
      try await self.logOut(store)
      // Where the new file is to be written there is something that cannot be replaced.
      let obstacle = self.folder.path + "/epoch-floor.tmp"
      try FileManager.default.createDirectory(
        atPath: obstacle, withIntermediateDirectories: false)
      await #expect(throws: StoreError.self) {
        try await self.restore(Self.early, .asSaved, in: store)
      }
      #expect(try self.floor == [1, 1, 70])
      #expect(try await self.epochs(of: store) == [1, 1, 70])
      try FileManager.default.removeItem(atPath: obstacle)
      try await self.logOut(store)
      #expect(try self.floor == [2, 2, 70])
      try await self.restore(Self.early, .asSaved, in: store)
      #expect(try self.floor == [0, 0, 0])
    }
  }
}
