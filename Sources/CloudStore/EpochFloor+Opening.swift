import CloudCore
import DeviceProtocol
import GRDB

/// What was found when a database was opened beside its epochs' file.
package struct EpochFloorReport: Equatable, Sendable {
  /// How many epochs of the database were lower than they had been: an older copy was put back.
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
        let former = try transaction.epochTotal()
        report.wasMissing = bytes == nil && former > 0
        // In an order of its own: that of a dictionary differs from run to run.
        for mark in contents.marks.values.sorted(by: { $0.order < $1.order }) {
          if try transaction.raise(to: mark) { report.raisedCount += 1 }
        }
        if former < contents.total + contents.unknownCount, contents.damagedLineCount > 0 {
          // By more than any number of logouts that the lost lines can have told of.
          let everyone = try transaction.epoch(of: .everyone)
          _ = try transaction.raise(to: Mark(scope: .everyone, epoch: everyone + 1 << 32))
          report.isEveryoneLoggedOut = true
        }
        marks = try transaction.epochMarks()
        return .commit
      }
      return (marks, marks.reduce(0) { $0 + $1.epoch })
    }
    let isWhole =
      bytes != nil && contents.damagedLineCount == 0 && !contents.isTorn
      && contents.lineCount <= 2 * marks.count + Self.spareLineCount
    if !isWhole || marks.contains(where: { contents.marks[$0.scope] != $0 }) {
      try AppendedFile.replace(
        path, with: marks.flatMap { EpochFloorLine(mark: $0, total: total).bytes })
    }
    let floor = EpochFloor(
      file: try AppendedFile(appendingTo: path), total: max(total, contents.total))
    return (floor, report)
  }
}

extension EpochFloor.Mark {
  fileprivate var order: String { "\(self.scope.word.rawValue) \(self.scope.target)" }
}

extension SQLiteTransaction {
  /// The sum of all epochs.
  fileprivate func epochTotal() throws -> UInt64 {
    try self.fetchOne("SELECT coalesce(sum(epoch), 0) FROM epochs") { try $0.integer() } ?? 0
  }

  func epochMarks() throws -> [EpochFloor.Mark] {
    try self.fetchAll("SELECT scope, target, epoch, cut_off FROM epochs ORDER BY scope, target") {
      columns in
      let word: RevocationScope.Word = try columns.word()
      return EpochFloor.Mark(
        scope: try columns.value { RevocationScope(word, target: $0) },
        epoch: try columns.integer(), before: try columns.timeOrNil())
    }
  }

  /// - Returns: False when it is as high already.
  fileprivate func raise(to mark: EpochFloor.Mark) throws -> Bool {
    let epoch = try self.epoch(of: mark.scope)
    let before = mark.scope == .issuedBefore ? try self.cutOff().before : nil
    guard epoch < mark.epoch || (before ?? mark.before ?? .zero) < (mark.before ?? .zero) else {
      return false
    }
    try self.execute(
      """
      INSERT INTO epochs (scope, target, epoch, cut_off) VALUES (?, ?, ?, ?)
      ON CONFLICT (scope, target) DO UPDATE SET
        epoch = max(epoch, excluded.epoch),
        cut_off = nullif(max(coalesce(cut_off, 0), coalesce(excluded.cut_off, 0)), 0)
      """,
      mark.scope.columns + [column(mark.epoch), mark.before.map { column($0) }])
    return true
  }
}

extension UnixMilliseconds {
  fileprivate static let zero = UnixMilliseconds(0)
}
