import GRDB

extension Schema {
  /// How the clock was set: one row, or none when it never was.
  static func clock(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE clock (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          revision INTEGER NOT NULL,
          set_to INTEGER NOT NULL,
          ahead_ms INTEGER
        ) STRICT
        """)
  }
}
