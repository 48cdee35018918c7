import CloudCore
import DeviceProtocol
import GRDB

/// What was found when a database was opened beside its epochs' file.
package struct EpochFloorReport: Equatable, Sendable {
  /// How many epochs and marks of the database were lower than they had been: an older copy was put
  /// back.
  package var raisedCount = 0
  /// The database had epochs, and there was no file: it was removed, or never made by a version of
  /// before there was one.
  package var wasMissing = false
  package var damagedLineCount = 0
  /// Lines can't be read and the database may be an older copy: what they said is not known, so that
  /// everybody was logged out.
  package var isEveryoneLoggedOut = false
}

extension EpochFloor {
  static func path(in folder: String) -> String { folder + "/epoch-floor" }

  /// More lines than this for each epoch, and the file is written anew.
  private static let spareLineCount = 1_000

  /// Raises the database's epochs to those of the file, and makes the file hold all of them.
  static func open(
    folder: String, pool: DatabasePool, databasePath: String
  ) throws -> (EpochFloor, EpochFloorReport) {
    let path = Self.path(in: folder)
    let bytes = try AppendedFile.read(path)
    let contents = EpochFloorContents(bytes ?? [])
    var report = EpochFloorReport()
    report.damagedLineCount = contents.damagedLineCount
    let (marks, total) = try pool.writeWithoutTransaction { database in
      var marks: [Mark] = []
      try database.inTransaction(.immediate) {
        let transaction = SQLiteTransaction(database: database, path: databasePath)
        let former = Self.total(of: try transaction.floorMarks())
        report.wasMissing = bytes == nil && former > 0
        for mark in contents.marks {
          if try transaction.raise(to: mark) { report.raisedCount += 1 }
        }
        // A database that knows what one lost line told of has a higher sum than the line before.
        // What several told of can't be told apart by their sum: any one may have raised it by any
        // number.
        let mayBeOlder =
          contents.lostAtEndCount > 1 || former < contents.total + contents.lostAtEndCount
        if mayBeOlder, contents.damagedLineCount > 0 {
          // By more than any number of logouts that the lost lines can have told of.
          let everyone = try transaction.epoch(of: .everyone)
          _ = try transaction.raise(to: Mark(.epoch(.everyone), everyone + 1 << 32))
          report.isEveryoneLoggedOut = true
        }
        marks = try transaction.floorMarks()
        return .commit
      }
      return (marks, Self.total(of: marks))
    }
    let isWhole =
      bytes != nil && contents.damagedLineCount == 0 && !contents.isTorn
      && contents.lineCount <= 2 * marks.count + Self.spareLineCount
    if !isWhole || marks != contents.marks {
      try AppendedFile.replace(
        path, with: marks.flatMap { EpochFloorLine(mark: $0, total: total).bytes })
    }
    let floor = EpochFloor(
      file: try AppendedFile(appendingTo: path), total: max(total, contents.total))
    return (floor, report)
  }
}

extension SQLiteTransaction {
  /// Whatever is kept in the epochs' file, in its order.
  func floorMarks() throws -> [EpochFloor.Mark] {
    let epochs: [EpochFloor.Mark] = try self.fetchAll("SELECT scope, target, epoch FROM epochs") {
      columns in
      let word: RevocationScope.Word = try columns.word()
      return EpochFloor.Mark(
        .epoch(try columns.value { RevocationScope(word, target: $0) }), try columns.integer())
    }
    let accessMarks: [EpochFloor.Mark] = try self.fetchAll("SELECT scope, count FROM access_marks")
    {
      EpochFloor.Mark(.accessMark(try $0.value { AccessScope($0) }), try $0.integer())
    }
    let used = try self.usedCount()
    return (epochs + accessMarks + (used > 0 ? [EpochFloor.Mark(.used, used)] : []))
      .withCutOffs(try self.cutOffs())
  }

  /// - Returns: False when it is as high already.
  func raise(to mark: EpochFloor.Mark) throws -> Bool {
    switch mark.counter {
    case .epoch(let scope):
      let former = try self.cutOffs()
      if let before = mark.before {
        try self.keep(CutOff(epoch: mark.value, before: before))
      }
      let isRaised = try self.epoch(of: scope) < mark.value
      if isRaised {
        try self.execute(
          "INSERT OR REPLACE INTO epochs (scope, target, epoch) VALUES (?, ?, ?)",
          scope.columns + [column(mark.value)])
      }
      return try isRaised || self.cutOffs() != former
    case .accessMark(let scope):
      try self.execute(
        """
        INSERT INTO access_marks (scope, count) VALUES (?, ?)
        ON CONFLICT (scope) DO UPDATE SET count = excluded.count WHERE excluded.count > count
        """, [scope.text, column(mark.value)])
    case .used:
      guard try self.usedCount() < mark.value else { return false }
      try self.raiseUsedCount(to: mark.value)
      return true
    }
    return self.database.changesCount > 0
  }
}
