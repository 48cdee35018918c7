import CloudCore
import GRDB

/// The database's tables. Every change of them is a migration of its own, added at the end; what
/// was released is never edited.
///
/// Identifiers are UUIDs as text, hashes and SSIDs blobs, times milliseconds since 1970, and words
/// (kinds, policies, ends) the raw values of their enums.
enum Schema {
  /// `RLNK`: says in the file's header whose it is.
  private static let applicationID: Int32 = 0x524C_4E4B

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("v1: accounts, sessions, devices, revocation") { database in
      try database.execute(sql: "PRAGMA application_id = \(self.applicationID)")
      for statement in self.version1 { try database.execute(sql: statement) }
    }
    migrator.registerMigration("v2: dead sessions can be removed") { database in
      for statement in self.version2 { try database.execute(sql: statement) }
    }
    migrator.registerMigration("v3: the clock") { try self.clock($0) }
    migrator.registerMigration("v4: device authorizations") { try self.deviceAuthorizations($0) }
    migrator.registerMigration("v5: signing keys") { try self.signingKeys($0) }
    migrator.registerMigration("v6: histories of sessions") { try self.history($0) }
    migrator.registerMigration("v7: regions, cut-offs, audit log") { database in
      for statement in self.logoutScopes { try database.execute(sql: statement) }
    }
    migrator.registerMigration("v8: second factors") { try self.signIn($0) }
    migrator.registerMigration("v9: tokens bound to a key") { database in
      for statement in self.dpop { try database.execute(sql: statement) }
    }
    migrator.registerMigration("v10: receivers of events") { database in
      for statement in self.receivers { try database.execute(sql: statement) }
    }
    migrator.registerMigration("v11: when a device was approved") { database in
      for statement in self.approvalTimes { try database.execute(sql: statement) }
    }
    migrator.registerMigration("v12: algorithms of signing keys") {
      try self.signingAlgorithms($0)
    }
    migrator.registerMigration("v13: when live refresh tokens were minted") { database in
      for statement in self.liveTokens { try database.execute(sql: statement) }
    }
    migrator.registerMigration("v14: each cut-off") { database in
      for statement in self.cutOffs { try database.execute(sql: statement) }
    }
    migrator.registerMigration("v15: counters that are used once") { database in
      for statement in self.usedCounts { try database.execute(sql: statement) }
    }
    return migrator
  }

  /// Refuses a database of another program or of a newer version of this one, before it is touched.
  static func check(_ reader: some DatabaseReader, path: String) throws {
    try reader.read { database in
      let owner = try Int32.fetchOne(database, sql: "PRAGMA application_id")
      let tables = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM sqlite_schema") ?? 0
      guard owner == self.applicationID || tables == 0 else {
        throw StoreError(
          code: .corrupt, path: path, attempted: "open the database",
          detail: "it is another program's")
      }
      guard try !self.migrator.hasBeenSuperseded(database) else {
        throw StoreError(
          code: .newerSchema, path: path, attempted: "open the database",
          detail: "a newer version of this program made it")
      }
    }
  }

  /// Finds an account's sessions, also those that have ended, and what refers to a session.
  private static let version2 = [
    "CREATE INDEX sessions_by_account ON sessions (account)",
    "CREATE INDEX devices_by_session ON devices (session) WHERE session IS NOT NULL",
    "CREATE INDEX pairing_tokens_by_maker ON pairing_tokens (created_by)",
    """
    CREATE INDEX authorization_codes_by_session ON authorization_codes (used_for)
    WHERE used_for IS NOT NULL
    """,
  ]

  private static let version1 = [
    """
    CREATE TABLE accounts (
      id TEXT PRIMARY KEY,
      email TEXT NOT NULL UNIQUE,
      password_hash TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      client_id TEXT NOT NULL,
      account TEXT NOT NULL REFERENCES accounts,
      device TEXT,
      certificate_thumbprint BLOB,
      created_at INTEGER NOT NULL,
      epoch_everyone INTEGER NOT NULL,
      epoch_kind INTEGER NOT NULL,
      epoch_account INTEGER NOT NULL,
      epoch_device INTEGER NOT NULL,
      epoch_session INTEGER NOT NULL,
      generation INTEGER NOT NULL,
      live_hash BLOB NOT NULL,
      previous_hash BLOB,
      successor_nonce BLOB,
      rotated_at INTEGER NOT NULL,
      confirmed_generation INTEGER NOT NULL,
      ended_as TEXT
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX open_sessions ON sessions (account) WHERE ended_as IS NULL",
    """
    CREATE TABLE devices (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      model TEXT NOT NULL,
      serial TEXT NOT NULL,
      nickname TEXT NOT NULL,
      firmware_version TEXT NOT NULL,
      owner TEXT REFERENCES accounts,
      binding INTEGER NOT NULL,
      bound_at INTEGER,
      session TEXT REFERENCES sessions,
      relink_policy TEXT NOT NULL,
      ssid BLOB,
      signal_dbm INTEGER,
      uptime_ms INTEGER,
      last_seen INTEGER
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX devices_by_owner ON devices (owner) WHERE owner IS NOT NULL",
    """
    CREATE TABLE motions (
      device TEXT NOT NULL REFERENCES devices,
      binding INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (device, binding, sequence)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE measurements (
      device TEXT NOT NULL REFERENCES devices,
      binding INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      at INTEGER NOT NULL,
      weight_grams INTEGER NOT NULL,
      impedance_ohms INTEGER,
      fat_permille INTEGER,
      water_permille INTEGER,
      muscle_grams INTEGER,
      bone_grams INTEGER,
      PRIMARY KEY (device, binding, sequence)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE pairing_tokens (
      hash BLOB PRIMARY KEY,
      account TEXT NOT NULL REFERENCES accounts,
      created_by TEXT NOT NULL REFERENCES sessions,
      epoch_everyone INTEGER NOT NULL,
      epoch_kind INTEGER NOT NULL,
      epoch_account INTEGER NOT NULL,
      epoch_device INTEGER NOT NULL,
      epoch_session INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      nickname TEXT,
      relink_policy TEXT NOT NULL,
      used_by TEXT
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX pairing_tokens_by_expiry ON pairing_tokens (expires_at)",
    """
    CREATE TABLE authorization_codes (
      hash BLOB PRIMARY KEY,
      account TEXT NOT NULL REFERENCES accounts,
      epoch_everyone INTEGER NOT NULL,
      epoch_kind INTEGER NOT NULL,
      epoch_account INTEGER NOT NULL,
      epoch_device INTEGER NOT NULL,
      epoch_session INTEGER NOT NULL,
      client_id TEXT NOT NULL,
      redirect_uri TEXT NOT NULL,
      code_challenge TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      used_for TEXT REFERENCES sessions
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at)",
    """
    CREATE TABLE epochs (
      scope TEXT NOT NULL,
      target TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      PRIMARY KEY (scope, target)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE logouts (
      sequence INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      scope TEXT NOT NULL,
      target TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      reason TEXT NOT NULL,
      UNIQUE (scope, target, epoch)
    ) STRICT
    """,
    """
    CREATE TABLE login_attempts (
      scope TEXT NOT NULL,
      target TEXT NOT NULL,
      failures INTEGER NOT NULL,
      last_failure_at INTEGER NOT NULL,
      PRIMARY KEY (scope, target)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX login_attempts_by_age ON login_attempts (last_failure_at)",
  ]
}
