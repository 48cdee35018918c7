import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  func epoch(of scope: RevocationScope) throws -> UInt64 {
    try self.fetchOne(
      "SELECT epoch FROM epochs WHERE scope = ? AND target = ?", scope.columns
    ) { try $0.integer() } ?? 0
  }

  /// One statement for all five, since every request needs them.
  func epochs(for subject: EpochSubject) throws -> EpochReading {
    let epoch = "coalesce((SELECT epoch FROM epochs WHERE scope = ? AND target = ?), 0)"
    let reading = try self.fetchOne(
      "SELECT \([epoch, epoch, epoch, epoch, epoch].joined(separator: ", "))",
      [
        RevocationScope.Word.everyone.rawValue, "",
        RevocationScope.Word.kind.rawValue, subject.kind.rawValue,
        RevocationScope.Word.account.rawValue, subject.account.text,
        // NULL equals nothing, so who has none reads 0.
        RevocationScope.Word.device.rawValue, subject.device?.text,
        RevocationScope.Word.session.rawValue, subject.session?.text,
      ]
    ) { try $0.epochs() }
    return reading ?? EpochReading(everyone: 0, kind: 0, account: 0, device: 0, session: 0)
  }

  func advanceEpoch(of scope: RevocationScope) throws -> UInt64 {
    try self.execute(
      """
      INSERT INTO epochs (scope, target, epoch) VALUES (?, ?, 1)
      ON CONFLICT (scope, target) DO UPDATE SET epoch = epoch + 1
      """, scope.columns)
    return try self.epoch(of: scope)
  }

  func append(_ logout: LogoutRecord) throws {
    try self.execute(
      "INSERT INTO logouts (at, scope, target, epoch, reason) VALUES (?, ?, ?, ?, ?)",
      [column(logout.at)] + logout.scope.columns + [column(logout.epoch), logout.reason])
  }

  func logout(of scope: RevocationScope, epoch: UInt64) throws -> LogoutRecord? {
    try self.fetchOne(
      """
      SELECT at, scope, target, epoch, reason FROM logouts
      WHERE scope = ? AND target = ? AND epoch = ?
      """, scope.columns + [column(epoch)], as: self.logout)
  }

  func logouts(limit: Int) throws -> [LogoutRecord] {
    try self.fetchAll(
      "SELECT at, scope, target, epoch, reason FROM logouts ORDER BY sequence DESC LIMIT ?",
      [limit], as: self.logout)
  }

  private func logout(_ columns: inout Columns) throws -> LogoutRecord {
    let at = try columns.time()
    let scope: RevocationScope.Word = try columns.word()
    return LogoutRecord(
      at: at,
      scope: try columns.value { RevocationScope(scope, target: $0) },
      epoch: try columns.integer(), reason: try columns.text())
  }
}

extension RevocationScope {
  /// Scope and target.
  var columns: [(any DatabaseValueConvertible)?] {
    [self.word.rawValue, self.target]
  }
}
