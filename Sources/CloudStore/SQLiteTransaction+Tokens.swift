import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction: StoreTransaction {
  func pairingToken(hash: TokenHash) throws -> PairingTokenRecord? {
    try self.fetchOne(
      """
      SELECT hash, account, created_by, \(Self.epochColumns), issued_at, expires_at, nickname,
        relink_policy, used_by
      FROM pairing_tokens WHERE hash = ?
      """, [column(hash.digest)]
    ) {
      PairingTokenRecord(
        hash: TokenHash(try $0.bytes32()), account: AccountID(bits: try $0.uuid()),
        createdBy: SessionID(bits: try $0.uuid()), epochs: try $0.epochs(),
        issuedAt: try $0.time(), expiresAt: try $0.time(),
        nickname: try $0.textOrNil(), relinkPolicy: try $0.word(),
        usedBy: try $0.uuidOrNil().map { DeviceID(bits: $0) })
    }
  }

  func save(_ token: PairingTokenRecord) throws {
    let identity: [(any StatementBinding)?] = [
      column(token.hash.digest), token.account.text, token.createdBy.text,
    ]
    try self.execute(
      """
      INSERT INTO pairing_tokens (hash, account, created_by, \(Self.epochColumns), issued_at,
        expires_at, nickname, relink_policy, used_by)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (hash) DO UPDATE SET used_by = excluded.used_by
      """,
      identity + columns(token.epochs) + [
        column(token.issuedAt), column(token.expiresAt), token.nickname,
        token.relinkPolicy.rawValue, token.usedBy?.text,
      ])
  }

  func authorizationCode(hash: TokenHash) throws -> AuthorizationCodeRecord? {
    try self.fetchOne(
      """
      SELECT hash, account, \(Self.epochColumns), issued_at, client_id, redirect_uri, code_challenge,
        dpop_jkt, expires_at, used_for
      FROM authorization_codes WHERE hash = ?
      """, [column(hash.digest)]
    ) {
      AuthorizationCodeRecord(
        hash: TokenHash(try $0.bytes32()), account: AccountID(bits: try $0.uuid()),
        epochs: try $0.epochs(), issuedAt: try $0.time(), clientID: try $0.text(),
        redirectURI: try $0.text(), codeChallenge: try $0.text(),
        dpopKey: try $0.bytes32OrNil(), expiresAt: try $0.time(),
        usedFor: try $0.uuidOrNil().map { SessionID(bits: $0) })
    }
  }

  func save(_ code: AuthorizationCodeRecord) throws {
    let identity: [(any StatementBinding)?] = [
      column(code.hash.digest), code.account.text,
    ]
    try self.execute(
      """
      INSERT INTO authorization_codes (hash, account, \(Self.epochColumns), issued_at, client_id,
        redirect_uri, code_challenge, dpop_jkt, expires_at, used_for)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (hash) DO UPDATE SET used_for = excluded.used_for
      """,
      identity + columns(code.epochs) + [
        column(code.issuedAt), code.clientID, code.redirectURI, code.codeChallenge,
        code.dpopKey.map(column), column(code.expiresAt), code.usedFor?.text,
      ])
  }

  func removeExpired(before time: UnixMilliseconds) throws {
    for table in ["pairing_tokens", "authorization_codes", "device_authorizations"] {
      try self.execute("DELETE FROM \(table) WHERE expires_at < ?", [column(time)])
    }
    try self.execute("DELETE FROM login_attempts WHERE last_failure_at < ?", [column(time)])
  }
}
