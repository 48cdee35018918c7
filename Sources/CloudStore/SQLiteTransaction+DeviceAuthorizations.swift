import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  private static let deviceAuthorizationColumns = """
    hash, user_code_hash, client_id, expires_at, interval_seconds, polled_at, used_for, decision, \
    account, epoch_everyone, epoch_kind, epoch_account, epoch_device, epoch_session
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
    let identity: [(any DatabaseValueConvertible)?] = [
      column(authorization.hash.digest), column(authorization.userCodeHash.digest),
      authorization.clientID, column(authorization.expiresAt),
      Int64(authorization.intervalSeconds), authorization.polledAt.map { column($0) },
      authorization.usedFor?.text,
    ]
    let decision: [(any DatabaseValueConvertible)?] =
      switch authorization.decision {
      case nil: Array(repeating: nil, count: 7)
      case .denied: [DecisionWord.denied.rawValue] + Array(repeating: nil, count: 6)
      case .approved(let account, let epochs):
        [DecisionWord.approved.rawValue, account.text] + columns(epochs)
      }
    try self.execute(
      """
      INSERT INTO device_authorizations (\(Self.deviceAuthorizationColumns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (hash) DO UPDATE SET
        interval_seconds = excluded.interval_seconds, polled_at = excluded.polled_at,
        used_for = excluded.used_for, decision = excluded.decision, account = excluded.account,
        epoch_everyone = excluded.epoch_everyone, epoch_kind = excluded.epoch_kind,
        epoch_account = excluded.epoch_account, epoch_device = excluded.epoch_device,
        epoch_session = excluded.epoch_session
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
    case .approved: .approved(AccountID(bits: try columns.uuid()), try columns.epochs())
    }
  }
}
