extension Schema {
  /// Receivers of security events, and the events that some of them still wait for. A number is
  /// never given twice: receivers keep how far they have come.
  static let receivers = [
    """
    CREATE TABLE receivers (
      id TEXT PRIMARY KEY,
      endpoint TEXT NOT NULL,
      audience TEXT NOT NULL,
      sealed_authorization BLOB,
      created_at INTEGER NOT NULL,
      position INTEGER NOT NULL,
      delivered INTEGER NOT NULL,
      retried INTEGER NOT NULL,
      failed INTEGER NOT NULL,
      failure_at INTEGER,
      failure_event TEXT,
      failure_cause TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE security_events (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      scope TEXT NOT NULL,
      target TEXT NOT NULL,
      before INTEGER,
      account TEXT,
      device TEXT,
      initiator TEXT NOT NULL,
      reason TEXT NOT NULL
    ) STRICT
    """,
  ]
}
