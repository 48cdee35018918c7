extension Schema {
  /// Regions, cut-offs by the time of issue, and what the audit log keeps of a logout. A token, a code
  /// or a session of before has the epochs 0 that a region and the cut-offs begin with; a code or
  /// pairing token counts as issued in 1970, so that a cut-off takes it for old.
  static let logoutScopes =
    [
      "ALTER TABLE accounts ADD COLUMN region TEXT NOT NULL DEFAULT 'default'",
      "CREATE INDEX accounts_by_region ON accounts (region)",
    ]
    + ["sessions", "pairing_tokens", "authorization_codes"].flatMap { table in
      [
        "ALTER TABLE \(table) ADD COLUMN epoch_region INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE \(table) ADD COLUMN epoch_issued_before INTEGER NOT NULL DEFAULT 0",
      ]
    }
    + [
      "ALTER TABLE device_authorizations ADD COLUMN epoch_region INTEGER",
      "ALTER TABLE device_authorizations ADD COLUMN epoch_issued_before INTEGER",
      "UPDATE device_authorizations SET epoch_region = 0, epoch_issued_before = 0 WHERE account IS NOT NULL",
      "ALTER TABLE pairing_tokens ADD COLUMN issued_at INTEGER NOT NULL DEFAULT 0",
      "ALTER TABLE authorization_codes ADD COLUMN issued_at INTEGER NOT NULL DEFAULT 0",
      // Of the scope issued_before alone: what was minted earlier is dead.
      "ALTER TABLE epochs ADD COLUMN cut_off INTEGER",
      "ALTER TABLE logouts ADD COLUMN cut_off INTEGER",
      "ALTER TABLE logouts ADD COLUMN operator TEXT NOT NULL DEFAULT ''",
      "ALTER TABLE logouts ADD COLUMN session_count INTEGER",
    ]
}
