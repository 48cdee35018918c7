import GRDB

extension Schema {
  /// How often access tokens were let expire, by scope; and what happened to each session.
  static func history(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE access_marks (
          scope TEXT PRIMARY KEY,
          count INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """)
    try database.execute(
      sql: """
        CREATE TABLE session_history (
          session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
          number INTEGER NOT NULL,
          at INTEGER NOT NULL,
          word TEXT NOT NULL,
          generation INTEGER NOT NULL,
          address TEXT,
          certificate BLOB,
          ended_as TEXT,
          PRIMARY KEY (session, number)
        ) STRICT, WITHOUT ROWID
        """)
  }
}
