import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  private static let sessionColumns = """
    id, kind, client_id, account, device, certificate_thumbprint, dpop_jkt, created_at, \
    \(Self.epochColumns), generation, live_hash, previous_hash, successor_nonce, rotated_at, \
    live_minted_at, confirmed_generation, ended_as
    """

  /// Made once: each refresh needs it.
  private static let sessionByID = "SELECT \(Self.sessionColumns) FROM sessions WHERE id = ?"

  func session(_ id: SessionID) throws -> Session? {
    try self.fetchOne(Self.sessionByID, [column(id.bits)], as: self.session)
  }

  func sessions(of account: AccountID) throws -> [Session] {
    try self.fetchAll(
      "SELECT \(Self.sessionColumns) FROM sessions WHERE account = ? ORDER BY created_at, id",
      [account.text], as: self.session)
  }

  /// - Parameter condition: An expression over the columns of `sessions`, with `?` for each argument.
  func sessions(
    where condition: String, _ arguments: [(any StatementBinding)?], limit: Int
  ) throws -> [Session] {
    try self.fetchAll(
      "SELECT \(Self.sessionColumns) FROM sessions WHERE \(condition) ORDER BY id LIMIT ?",
      arguments + [limit], as: self.session)
  }

  /// As `isLive`, and whether these do not cover it; with what its question marks stand for.
  static func isLive(
    besides expired: [SessionExpiry]
  ) -> (sql: String, values: [(any StatementBinding)?]) {
    var sql = self.isLive
    var values: [(any StatementBinding)?] = []
    for expiry in expired {
      let limits = [("rotated_at", expiry.rotatedBy), ("created_at", expiry.createdBy)]
        .compactMap { name, time in time.map { (name, $0) } }
      guard !limits.isEmpty else { continue }
      let isOver = limits.map { "\($0.0) <= ?" }.joined(separator: " OR ")
      sql += " AND NOT (client_id = ? AND (\(isOver)))"
      values.append(expiry.clientID)
      values += limits.map { column($0.1) }
    }
    return (sql, values)
  }

  func hasLiveSession(
    of account: AccountID, kind: ClientKind, besides expired: [SessionExpiry]
  ) throws -> Bool {
    let isLive = Self.isLive(besides: expired)
    return try self.fetchOne(
      "SELECT 1 FROM sessions WHERE account = ? AND kind = ? AND \(isLive.sql) LIMIT 1",
      [account.text, kind.rawValue] + isLive.values
    ) { _ in true } ?? false
  }

  func removeDeadSessions(
    of account: AccountID, rotatedBefore time: UnixMilliseconds, orExpired expired: [SessionExpiry]
  ) throws {
    let isLive = Self.isLive(besides: expired)
    try self.execute(
      """
      DELETE FROM sessions WHERE account = ? AND rotated_at < ? AND NOT (\(isLive.sql))
        AND NOT EXISTS (SELECT 1 FROM devices WHERE session = sessions.id)
        AND NOT EXISTS (SELECT 1 FROM pairing_tokens WHERE created_by = sessions.id)
        AND NOT EXISTS (SELECT 1 FROM authorization_codes WHERE used_for = sessions.id)
        AND NOT EXISTS (SELECT 1 FROM device_authorizations WHERE used_for = sessions.id)
      """, [account.text, column(time)] + isLive.values)
  }

  func liveSessionCounts(besides expired: [SessionExpiry]) throws -> [ClientKind: UInt64] {
    let isLive = Self.isLive(besides: expired)
    let counts: [(ClientKind, UInt64)] = try self.fetchAll(
      "SELECT kind, COUNT(*) FROM sessions WHERE \(isLive.sql) GROUP BY kind", isLive.values
    ) { (try $0.word(), try $0.integer()) }
    return Dictionary(uniqueKeysWithValues: counts)
  }

  func save(_ session: Session) throws {
    let state: [(any StatementBinding)?] = [
      column(session.generation), column(session.liveHash.digest),
      session.previousHash.map { column($0.digest) }, session.successorNonce.map(column),
      column(session.rotatedAt), column(session.liveMintedAt),
      column(session.confirmedGeneration), session.end?.rawValue,
    ]
    // Most are there already, and only these columns of them ever change.
    try self.execute(
      """
      UPDATE sessions SET generation = ?, live_hash = ?, previous_hash = ?, successor_nonce = ?,
        rotated_at = ?, live_minted_at = ?, confirmed_generation = ?, ended_as = ?,
        epoch_issued_before = ?
      WHERE id = ?
      """, state + [column(session.epochs.issuedBefore), column(session.id.bits)],
      changing: .session(session.id))
    guard self.database.changesCount == 0 else { return }
    let identity: [(any StatementBinding)?] = [
      session.id.text, session.kind.rawValue, session.clientID, session.account.text,
      session.device?.text, session.binding?.certificateThumbprint.map(column),
      session.binding?.dpopKey.map(column), column(session.createdAt),
    ]
    try self.execute(
      """
      INSERT INTO sessions (\(Self.sessionColumns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, identity + columns(session.epochs) + state, changing: .session(session.id))
  }

  private func session(_ columns: inout Columns) throws -> Session {
    Session(
      id: SessionID(bits: try columns.uuid()), kind: try columns.word(),
      clientID: try columns.text(), account: AccountID(bits: try columns.uuid()),
      device: try columns.uuidOrNil().map { DeviceID(bits: $0) },
      binding: try TokenBinding(
        certificateThumbprint: columns.bytes32OrNil(), dpopKey: columns.bytes32OrNil()),
      createdAt: try columns.time(),
      epochs: try columns.epochs(), generation: try columns.integer(),
      liveHash: TokenHash(try columns.bytes32()),
      previousHash: try columns.bytes32OrNil().map { TokenHash($0) },
      successorNonce: try columns.bytes32OrNil(), rotatedAt: try columns.time(),
      liveMintedAt: try columns.time(), confirmedGeneration: try columns.integer(),
      end: try columns.wordOrNil())
  }
}

extension TokenBinding {
  fileprivate init?(certificateThumbprint: Bytes32?, dpopKey: Bytes32?) {
    if let certificateThumbprint {
      self = .certificate(certificateThumbprint)
    } else if let dpopKey {
      self = .dpop(dpopKey)
    } else {
      return nil
    }
  }

  fileprivate var certificateThumbprint: Bytes32? {
    if case .certificate(let thumbprint) = self { thumbprint } else { nil }
  }

  fileprivate var dpopKey: Bytes32? { if case .dpop(let key) = self { key } else { nil } }
}
