import GRDB

extension Schema {
  /// Keys that sign access tokens; their private halves are sealed under a key that is not in here.
  static func signingKeys(_ database: Database) throws {
    for statement in self.signingKeysStatements { try database.execute(sql: statement) }
  }

  /// Those of before are all ES256.
  static func signingAlgorithms(_ database: Database) throws {
    try database.execute(
      sql: "ALTER TABLE signing_keys ADD COLUMN algorithm TEXT NOT NULL DEFAULT 'ES256'")
  }

  private static let signingKeysStatements = [
    """
    CREATE TABLE signing_keys (
      id TEXT PRIMARY KEY,
      sequence INTEGER NOT NULL UNIQUE,
      public_key BLOB NOT NULL,
      sealed_private_key BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      signs_from INTEGER NOT NULL,
      longest_token_seconds INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """
  ]
}
