import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  /// The epochs that a record was made under, in the order of `columns(_:)` and `Columns.epochs()`.
  static let epochColumns = """
    epoch_everyone, epoch_kind, epoch_account, epoch_device, epoch_session, epoch_region, \
    epoch_issued_before
    """

  func epoch(of scope: RevocationScope) throws -> UInt64 {
    try self.fetchOne(
      "SELECT epoch FROM epochs WHERE scope = ? AND target = ?", scope.columns
    ) { try $0.integer() } ?? 0
  }

  /// One statement for all of them, since every request needs them.
  private static let allEpochs = {
    let epoch = "coalesce((SELECT epoch FROM epochs WHERE scope = ? AND target = ?), 0)"
    let regionEpoch = """
      coalesce((SELECT epoch FROM epochs
        WHERE scope = ? AND target = (SELECT region FROM accounts WHERE id = ?)), 0)
      """
    return
      "SELECT \([epoch, epoch, epoch, epoch, epoch, regionEpoch, epoch].joined(separator: ", "))"
  }()

  func epochs(for subject: EpochSubject) throws -> EpochReading {
    let reading = try self.fetchOne(
      Self.allEpochs,
      [
        RevocationScope.Word.everyone.rawValue, "",
        RevocationScope.Word.kind.rawValue, subject.kind.rawValue,
        RevocationScope.Word.account.rawValue, column(subject.account.bits),
        // NULL equals nothing, so who has none reads 0.
        RevocationScope.Word.device.rawValue, subject.device.map { column($0.bits) },
        RevocationScope.Word.session.rawValue, subject.session.map { column($0.bits) },
        RevocationScope.Word.region.rawValue, column(subject.account.bits),
        RevocationScope.Word.issuedBefore.rawValue, "",
      ]
    ) { try $0.epochs() }
    let epochs =
      reading ?? EpochReading(everyone: 0, kind: 0, account: 0, device: 0, session: 0)
    self.readFacts?.note(subject, epochs)
    return epochs
  }

  func cutOffs() throws -> CutOffs {
    CutOffs(
      try self.fetchAll("SELECT epoch, minted_before FROM cut_offs ORDER BY epoch") {
        CutOff(epoch: try $0.integer(), before: try $0.time())
      })
  }

  func advanceEpoch(of scope: RevocationScope) throws -> UInt64 {
    try self.advanceEpoch(of: scope, before: nil)
  }

  func addCutOff(before: UnixMilliseconds) throws -> UInt64 {
    let epoch = try self.advanceEpoch(of: .issuedBefore, before: before)
    try self.keep(CutOff(epoch: epoch, before: before))
    return epoch
  }

  private func advanceEpoch(
    of scope: RevocationScope, before: UnixMilliseconds?
  ) throws -> UInt64 {
    let former = try self.epoch(of: scope)
    let epoch = max(former, try self.usedCount()) + 1
    try self.execute(
      """
      INSERT INTO epochs (scope, target, epoch) VALUES (?, ?, ?)
      ON CONFLICT (scope, target) DO UPDATE SET epoch = excluded.epoch
      """, scope.columns + [column(epoch)])
    self.raised?.marks.append(
      (EpochFloor.Mark(.epoch(scope), epoch, before: before), by: epoch - former))
    return epoch
  }

  /// Adds it to the others, and drops what it covers.
  func keep(_ cutOff: CutOff) throws {
    let former = try self.cutOffs()
    var cutOffs = former
    cutOffs.add(cutOff)
    guard cutOffs != former else { return }
    try self.execute("DELETE FROM cut_offs")
    for step in cutOffs.steps {
      try self.execute(
        "INSERT INTO cut_offs VALUES (?, ?)", [column(step.epoch), column(step.before)])
    }
  }

  /// Up to where values of counters were used that a restore has undone.
  func usedCount() throws -> UInt64 {
    try self.fetchOne("SELECT count FROM used_counts") { try $0.integer() } ?? 0
  }

  func raiseUsedCount(to count: UInt64) throws {
    guard try self.usedCount() < count else { return }
    try self.execute("INSERT OR REPLACE INTO used_counts VALUES (1, ?)", [column(count)])
  }

  /// Of all epochs and marks of access tokens.
  func highestCount() throws -> UInt64 {
    try self.fetchOne(
      """
      SELECT max(coalesce((SELECT max(epoch) FROM epochs), 0),
        coalesce((SELECT max(count) FROM access_marks), 0))
      """
    ) { try $0.integer() } ?? 0
  }

  private static let logoutColumns =
    "at, scope, target, epoch, reason, cut_off, operator, session_count"

  func append(_ logout: LogoutRecord) throws {
    try self.execute(
      "INSERT INTO logouts (\(Self.logoutColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      [column(logout.at)] + logout.scope.columns + [
        column(logout.epoch), logout.reason, logout.before.map { column($0) },
        logout.operatorName, logout.sessionCount.map { column($0) },
      ])
  }

  func firstLogout(of scope: RevocationScope, after epoch: UInt64) throws -> AuditEntry? {
    try self.fetchOne(
      """
      SELECT sequence, \(Self.logoutColumns) FROM logouts
      WHERE scope = ? AND target = ? AND epoch > ? ORDER BY epoch LIMIT 1
      """, scope.columns + [column(epoch)], as: self.auditEntry)
  }

  func cutOffLogout(thatReached mark: MintMark) throws -> AuditEntry? {
    try self.fetchOne(
      """
      SELECT sequence, \(Self.logoutColumns) FROM logouts
      WHERE scope = ? AND target = ? AND epoch > ? AND (cut_off > ? OR cut_off > at)
      ORDER BY epoch LIMIT 1
      """,
      RevocationScope.issuedBefore.columns + [column(mark.cutOffs), column(mark.at)],
      as: self.auditEntry)
  }

  func logouts(limit: Int) throws -> [LogoutRecord] {
    try self.fetchAll(
      "SELECT \(Self.logoutColumns) FROM logouts ORDER BY sequence DESC LIMIT ?",
      [limit], as: self.logout)
  }

  func auditEntries(before sequence: UInt64?, limit: Int) throws -> [AuditEntry] {
    try self.fetchAll(
      """
      SELECT sequence, \(Self.logoutColumns) FROM logouts WHERE sequence < ?
      ORDER BY sequence DESC LIMIT ?
      """, [column(sequence ?? .max), limit], as: self.auditEntry)
  }

  private func auditEntry(_ columns: inout Columns) throws -> AuditEntry {
    AuditEntry(sequence: try columns.integer(), logout: try self.logout(&columns))
  }

  private func logout(_ columns: inout Columns) throws -> LogoutRecord {
    let at = try columns.time()
    let word: RevocationScope.Word = try columns.word()
    return LogoutRecord(
      at: at, scope: try columns.value { RevocationScope(word, target: $0) },
      epoch: try columns.integer(), reason: try columns.text(), before: try columns.timeOrNil(),
      operatorName: try columns.text(), sessionCount: try columns.integerOrNil())
  }
}

extension RevocationScope {
  /// Scope and target.
  var columns: [(any StatementBinding)?] { [self.word.rawValue, self.target] }
}
