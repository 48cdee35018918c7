import GRDB

extension Schema {
  /// The second factor, and finding an account's codes.
  static func signIn(_ database: Database) throws {
    for statement in self.signInStatements { try database.execute(sql: statement) }
  }

  private static let signInStatements = [
    """
    CREATE TABLE second_factors (
      account TEXT PRIMARY KEY REFERENCES accounts,
      sealed_secret BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      is_active INTEGER NOT NULL,
      last_used_step INTEGER NOT NULL,
      recovery_codes BLOB NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX authorization_codes_unused ON authorization_codes (account)
    WHERE used_for IS NULL
    """,
  ]
}
