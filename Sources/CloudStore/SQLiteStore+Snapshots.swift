package import CloudCore
package import DeviceProtocol
import Dispatch
import GRDB
import Glibc

/// Saved states by name: copies of the database in the folder `snapshots`, each a whole file or not
/// there.
extension SQLiteStore {
  private var snapshotFolder: String { self.folder + "/snapshots" }

  private func path(of name: SnapshotName) -> String {
    "\(self.snapshotFolder)/\(name.text).sqlite"
  }

  package func saveSnapshot(
    _ name: SnapshotName, savedAt: UnixMilliseconds, machineAt: UnixMilliseconds
  ) async throws -> (info: SnapshotInfo, isNew: Bool) {
    try await self.saveSnapshot(
      name, savedAt: savedAt, machineAt: machineAt, maximumPageCount: nil)
  }

  /// - Parameter maximumPageCount: So that a test has a full disk.
  func saveSnapshot(
    _ name: SnapshotName, savedAt: UnixMilliseconds, machineAt: UnixMilliseconds,
    maximumPageCount: Int?
  ) async throws -> (info: SnapshotInfo, isNew: Bool) {
    let (pool, folder, path) = (self.pool, self.snapshotFolder, self.path(of: name))
    return try await Self.run(on: self.snapshotQueue) {
      if mkdir(folder, 0o700) != 0, errno != EEXIST {
        throw StoreError(errno: errno, path: folder, attempted: "make the folder of snapshots")
      }
      let temporary = "\(folder)/.\(name.text).tmp"
      unlink(temporary)
      do {
        try SnapshotFile.write(
          temporary, from: pool, savedAt: savedAt, machineAt: machineAt,
          maximumPageCount: maximumPageCount)
      } catch {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(temporary + suffix) }
        throw StoreError(error, path: path, attempted: "save the snapshot")
      }
      let isNew = access(path, F_OK) != 0
      let info = SnapshotInfo(
        name: name, savedAt: savedAt, machineAt: machineAt,
        byteCount: try SnapshotFile.byteCount(of: temporary))
      guard rename(temporary, path) == 0 else {
        let error = StoreError(errno: errno, path: path, attempted: "save the snapshot")
        unlink(temporary)
        throw error
      }
      try SnapshotFile.sync(folder)
      return (info, isNew)
    }
  }

  package func restoreSnapshot<Value: Sendable>(
    _ name: SnapshotName, epochs: RestoredEpochs,
    _ body: @escaping @Sendable (any StoreTransaction, SnapshotInfo) throws -> Value,
    committed: @escaping @Sendable (Value) -> Void
  ) async throws -> Value? {
    let (path, main, folder) = (self.path(of: name), self.path, self.snapshotFolder)
    let held = try await Self.run { try SnapshotFile.hold(name, path: path, in: folder) }
    guard let held else { return nil }
    defer { unlink(held) }
    let (info, source) = try await Self.run {
      do {
        return (try SnapshotFile.info(of: name, path: held), try SnapshotFile.current(held))
      } catch let error as StoreError {
        throw StoreError(
          code: error.code, path: path, attempted: error.attempted, detail: error.detail)
      }
    }
    defer { if source != held { unlink(source) } }
    let floor = self.groupCommit.floor
    return try await self.groupCommit.exclusively { database in
      let transaction = SQLiteTransaction(database: database, path: main)
      do {
        let value = try SnapshotFile.restore(
          source, into: transaction, epochs: epochs, floor: floor
        ) { try body(transaction, info) }
        committed(value)
        return value
      } catch {
        throw error is DatabaseError
          ? StoreError(error, path: path, attempted: "restore the snapshot") : error
      }
    }
  }

  package func snapshots() async throws -> SnapshotList {
    let folder = self.snapshotFolder
    return try await Self.run {
      guard let directory = opendir(folder) else {
        if errno == ENOENT { return SnapshotList(snapshots: []) }
        throw StoreError(errno: errno, path: folder, attempted: "list the snapshots")
      }
      defer { closedir(directory) }
      var infos: [SnapshotInfo] = []
      var damaged: [SnapshotList.Damaged] = []
      while let entry = readdir(directory) {
        let file = withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard file.hasSuffix(".sqlite"), let name = SnapshotName(String(file.dropLast(7))) else {
          continue
        }
        do {
          infos.append(try SnapshotFile.info(of: name, path: "\(folder)/\(file)"))
        } catch let error as StoreError {
          // It was deleted since the folder was read.
          if access("\(folder)/\(file)", F_OK) != 0 { continue }
          damaged.append(SnapshotList.Damaged(name: name, detail: error.detail))
        }
      }
      return SnapshotList(snapshots: infos, damaged: damaged)
    }
  }

  package func removeSnapshot(_ name: SnapshotName) async throws -> Bool {
    let (path, folder) = (self.path(of: name), self.snapshotFolder)
    return try await Self.run(on: self.snapshotQueue) {
      guard unlink(path) == 0 else {
        if errno == ENOENT { return false }
        throw StoreError(errno: errno, path: path, attempted: "delete the snapshot")
      }
      try SnapshotFile.sync(folder)
      return true
    }
  }

  /// Runs what waits for the disk on a thread that may wait.
  private static func run<Value: Sendable>(
    on queue: DispatchQueue = .global(), _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }
}
