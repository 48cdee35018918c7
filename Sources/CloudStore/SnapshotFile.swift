import CloudCore
import DeviceProtocol
import GRDB
import Glibc

/// A copy of the database, with one more table that says when it was made.
enum SnapshotFile {
  /// Not part of the state: they say of the file how it is, or never go back.
  private static let ownTables: Set<String> = ["grdb_migrations", "snapshot_info", "used_counts"]
  /// What receivers were told, and are still to be told, has come to pass outside of the state. Its
  /// numbers go by `sqlite_sequence`, which is not restored either.
  private static let keptTables: Set<String> = ["receivers", "security_events"]

  /// Writes the newest commit to a file that is not there, and waits for the disk. Nobody waits for it
  /// meanwhile.
  static func write(
    _ path: String, from pool: DatabasePool, savedAt: UnixMilliseconds,
    machineAt: UnixMilliseconds, maximumPageCount: Int?
  ) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, path: path, attempted: "make the file")
    }
    close(descriptor)
    let copy = try DatabaseQueue(path: path)
    if let maximumPageCount {
      try copy.writeWithoutTransaction {
        try $0.execute(sql: "PRAGMA max_page_count = \(maximumPageCount)")
      }
    }
    try pool.backup(to: copy)
    try copy.writeWithoutTransaction { database in
      // The copy of a WAL database is one; it is to be a single file.
      try database.execute(sql: "PRAGMA journal_mode = DELETE")
      try database.execute(sql: "PRAGMA synchronous = FULL")
      try database.inTransaction {
        try database.execute(
          sql: "CREATE TABLE snapshot_info (saved_at INTEGER NOT NULL, machine_at INTEGER NOT NULL)"
        )
        try database.execute(
          sql: "INSERT INTO snapshot_info VALUES (?, ?)",
          arguments: [column(savedAt), column(machineAt)])
        return .commit
      }
    }
    try copy.close()
    try self.sync(path)
  }

  static func byteCount(of path: String) throws -> UInt64 {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw StoreError(errno: errno, path: path, attempted: "read the snapshot")
    }
    return UInt64(max(0, status.st_size))
  }

  /// Removes what saves and restores left behind that were killed. Nobody else uses the folder.
  static func sweep(_ folder: String) {
    guard let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let file = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      // No snapshot's name begins with a full stop, and each of their files ends with its suffix.
      let isUnfinished =
        file.hasPrefix(".") && file.contains(".tmp")
        // Of a former version.
        || file.contains(".sqlite.migrated.") && !file.hasSuffix(".sqlite")
      if isUnfinished { unlink("\(folder)/\(file)") }
    }
  }

  static func info(of name: SnapshotName, path: String) throws -> SnapshotInfo {
    do {
      let byteCount = try self.byteCount(of: path)
      let file = try self.openReadOnly(path)
      let info = try file.read { database in
        try SQLiteTransaction(database: database, path: path).fetchOne(
          "SELECT saved_at, machine_at FROM snapshot_info"
        ) {
          SnapshotInfo(
            name: name, savedAt: try $0.time(), machineAt: try $0.time(),
            byteCount: byteCount)
        }
      }
      try file.close()
      guard let info else {
        throw StoreError(
          code: .corrupt, path: path, attempted: "read the snapshot",
          detail: "it does not say when it was saved")
      }
      return info
    } catch {
      throw StoreError(error, path: path, attempted: "read the snapshot")
    }
  }

  /// Gives a snapshot a second name: what is saved or deleted by its own from now on is another
  /// file.
  ///
  /// - Returns: That path, which is the caller's to remove; nil if there is no such snapshot.
  static func hold(_ name: SnapshotName, path: String, in folder: String) throws -> String? {
    // One for each restore, of which there may be two at once.
    let held = "\(folder)/.\(name.text).tmp.\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    guard link(path, held) == 0 else {
      if errno == ENOENT { return nil }
      throw StoreError(errno: errno, path: path, attempted: "open the snapshot")
    }
    return held
  }

  /// - Parameter path: As `hold` returned it.
  /// - Returns: The path of a file with today's tables: the snapshot itself, or for one that an older
  ///   version made a copy that is the caller's to remove.
  static func current(_ path: String) throws -> String {
    do {
      let file = try self.openReadOnly(path)
      try Schema.check(file, path: path)
      let isCurrent = try file.read { try Schema.migrator.hasCompletedMigrations($0) }
      guard !isCurrent else {
        try file.close()
        return path
      }
      let copyPath = path + ".migrated"
      do {
        let copy = try DatabaseQueue(path: copyPath)
        try file.backup(to: copy)
        try file.close()
        try Schema.migrator.migrate(copy)
        try copy.close()
        return copyPath
      } catch {
        for suffix in ["", "-journal"] { unlink(copyPath + suffix) }
        throw error
      }
    } catch {
      throw StoreError(error, path: path, attempted: "open the snapshot")
    }
  }

  /// Replaces all records, in one transaction.
  ///
  /// - Parameters:
  ///   - transaction: Of the writer; not begun.
  ///   - floor: Follows the epochs, also downwards where that was asked for. It does before the
  ///     commit: if the machine stops between the two, the next start makes it as the database is.
  ///   - body: Run within the transaction, after the records have been replaced.
  static func restore<Value>(
    _ path: String, into transaction: SQLiteTransaction, epochs: RestoredEpochs,
    floor: EpochFloor, _ body: () throws -> Value
  ) throws -> Value {
    let database = transaction.database
    try database.execute(sql: "ATTACH DATABASE ? AS saved", arguments: [path])
    // Neither can be done within a transaction. What is saved was consistent when it was.
    try database.execute(sql: "PRAGMA foreign_keys = OFF")
    defer {
      try? database.execute(sql: "PRAGMA foreign_keys = ON")
      try? database.execute(sql: "DETACH DATABASE saved")
    }
    var value: Value?
    var former: [EpochFloor.Mark]?
    do {
      // Not immediate: that would lock the attached file, too, against whoever lists the snapshots.
      try database.inTransaction(.deferred) {
        let present = try transaction.floorMarks()
        let used = try transaction.highestCount()
        let tables = try String.fetchAll(
          database,
          sql: """
            SELECT name FROM saved.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
            ORDER BY name
            """)
        for table in tables
        where !self.ownTables.contains(table) && !self.keptTables.contains(table) {
          try self.restore(table, in: transaction, epochs: epochs)
        }
        let savedCount = try Int64.fetchOne(database, sql: "SELECT count FROM saved.used_counts")
        try transaction.raiseUsedCount(to: UInt64(clamping: savedCount ?? 0))
        // Who is logged out after this is told from who was in the time that is undone.
        if epochs == .asSaved { try transaction.raiseUsedCount(to: used) }
        value = try body()
        let marks = try transaction.floorMarks()
        switch epochs {
        case .kept: try floor.raise(to: marks, from: present)
        case .asSaved:
          former = present
          try floor.replace(with: marks)
        }
        return .commit
      }
    } catch {
      // Should this fail too, the next start makes the file as the database is.
      if let former { try? floor.replace(with: former) }
      throw error
    }
    guard let value else {
      throw StoreError(
        code: .failed, path: path, attempted: "restore the snapshot", detail: "nothing was done")
    }
    return value
  }

  private static func restore(
    _ table: String, in transaction: SQLiteTransaction, epochs: RestoredEpochs
  ) throws {
    let database = transaction.database
    switch (epochs, table) {
    case (.kept, "epochs"):
      try database.execute(
        sql: """
          INSERT INTO main.epochs (scope, target, epoch)
          SELECT scope, target, epoch FROM saved.epochs WHERE TRUE
          ON CONFLICT (scope, target) DO UPDATE SET epoch = max(epoch, excluded.epoch)
          """)
    case (.kept, "cut_offs"):
      let saved = try transaction.fetchAll("SELECT epoch, minted_before FROM saved.cut_offs") {
        CutOff(epoch: try $0.integer(), before: try $0.time())
      }
      for cutOff in saved { try transaction.keep(cutOff) }
    case (.kept, "access_marks"):
      try database.execute(
        sql: """
          INSERT INTO main.access_marks (scope, count)
          SELECT scope, count FROM saved.access_marks WHERE TRUE
          ON CONFLICT (scope) DO UPDATE SET count = max(count, excluded.count)
          """)
    case (.kept, "logouts"):
      let columns = try database.columns(in: "logouts").map(\.name).filter { $0 != "sequence" }
        .joined(separator: ", ")
      try database.execute(
        sql: """
          INSERT OR IGNORE INTO main.logouts (\(columns))
          SELECT \(columns) FROM saved.logouts ORDER BY sequence
          """)
    default:
      let name = table.quotedDatabaseIdentifier
      try database.execute(sql: "DELETE FROM main.\(name)")
      try database.execute(sql: "INSERT INTO main.\(name) SELECT * FROM saved.\(name)")
    }
  }

  private static func openReadOnly(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// So that a file, or a folder's names, survive a power cut.
  static func sync(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, path: path, attempted: "write to the disk")
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw StoreError(errno: errno, path: path, attempted: "write to the disk")
    }
  }
}
