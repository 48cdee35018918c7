import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  private static let deviceAuthorizationColumns = """
    hash, user_code_hash, client_id, expires_at, interval_seconds, polled_at, used_for, decision, \
    account, \(Self.epochColumns), approved_at
    """

  func deviceAuthorization(hash: TokenHash) throws -> DeviceAuthorizationRecord? {
    try self.fetchOne(
      "SELECT \(Self.deviceAuthorizationColumns) FROM device_authorizations WHERE hash = ?",
      [column(hash.digest)], as: self.deviceAuthorization)
  }

  func deviceAuthorization(userCodeHash: TokenHash) throws -> DeviceAuthorizationRecord? {
    try self.fetchOne(
      """
      SELECT \(Self.deviceAuthorizationColumns) FROM device_authorizations
      WHERE user_code_hash = ?
      """, [column(userCodeHash.digest)], as: self.deviceAuthorization)
  }

  func save(_ authorization: DeviceAuthorizationRecord) throws {
    let identity: [(any StatementBinding)?] = [
      column(authorization.hash.digest), column(authorization.userCodeHash.digest),
      authorization.clientID, column(authorization.expiresAt),
      Int64(authorization.intervalSeconds), authorization.polledAt.map { column($0) },
      authorization.usedFor?.text,
    ]
    let decision: [(any StatementBinding)?] =
      switch authorization.decision {
      case nil: Array(repeating: nil, count: 10)
      case .denied: [DecisionWord.denied.rawValue] + Array(repeating: nil, count: 9)
      case .approved(let account, let epochs, let approvedAt):
        [DecisionWord.approved.rawValue, account.text] + columns(epochs) + [column(approvedAt)]
      }
    try self.execute(
      """
      INSERT INTO device_authorizations (\(Self.deviceAuthorizationColumns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (hash) DO UPDATE SET
        interval_seconds = excluded.interval_seconds, polled_at = excluded.polled_at,
        used_for = excluded.used_for, decision = excluded.decision, account = excluded.account,
        epoch_everyone = excluded.epoch_everyone, epoch_kind = excluded.epoch_kind,
        epoch_account = excluded.epoch_account, epoch_device = excluded.epoch_device,
        epoch_session = excluded.epoch_session, epoch_region = excluded.epoch_region,
        epoch_issued_before = excluded.epoch_issued_before, approved_at = excluded.approved_at
      """, identity + decision)
  }

  private enum DecisionWord: String { case approved, denied }

  private func deviceAuthorization(_ columns: inout Columns) throws -> DeviceAuthorizationRecord {
    DeviceAuthorizationRecord(
      hash: TokenHash(try columns.bytes32()), userCodeHash: TokenHash(try columns.bytes32()),
      clientID: try columns.text(), expiresAt: try columns.time(),
      intervalSeconds: try columns.integer(), polledAt: try columns.timeOrNil(),
      usedFor: try columns.uuidOrNil().map { SessionID(bits: $0) },
      decision: try self.decision(&columns))
  }

  private func decision(
    _ columns: inout Columns
  ) throws -> DeviceAuthorizationRecord.Decision? {
    let word: DecisionWord? = try columns.wordOrNil()
    return switch word {
    case nil: nil
    case .denied: .denied
    // One of before the time was kept is older than any cut-off that was ordered since.
    case .approved:
      .approved(
        AccountID(bits: try columns.uuid()), try columns.epochs(),
        at: try columns.timeOrNil() ?? UnixMilliseconds(0))
    }
  }
}
