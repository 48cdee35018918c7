import GRDB

extension Schema {
  /// Devices that wait for their owner (RFC 8628). `account` and the epochs are those of an approval.
  static func deviceAuthorizations(_ database: Database) throws {
    for statement in self.deviceAuthorizationsStatements { try database.execute(sql: statement) }
  }

  /// When the owner approved: a logout of what was issued before a time judges an approval by it. Nil
  /// in those of before.
  static let approvalTimes = [
    "ALTER TABLE device_authorizations ADD COLUMN approved_at INTEGER"
  ]

  private static let deviceAuthorizationsStatements = [
    """
    CREATE TABLE device_authorizations (
      hash BLOB PRIMARY KEY,
      user_code_hash BLOB NOT NULL UNIQUE,
      client_id TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      interval_seconds INTEGER NOT NULL,
      polled_at INTEGER,
      decision TEXT,
      account TEXT REFERENCES accounts,
      epoch_everyone INTEGER,
      epoch_kind INTEGER,
      epoch_account INTEGER,
      epoch_device INTEGER,
      epoch_session INTEGER,
      used_for TEXT REFERENCES sessions
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX device_authorizations_by_expiry ON device_authorizations (expires_at)",
    """
    CREATE INDEX device_authorizations_by_session ON device_authorizations (used_for)
    WHERE used_for IS NOT NULL
    """,
  ]
}
