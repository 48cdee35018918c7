import CloudCore
import CloudStore
import DeviceProtocol
import Foundation
import GRDB
import Scenarios

/// Fills a cloud's database with accounts that have four live app sessions each.
///
/// By SQL, past the cloud: millions of logins would take days. The first account and session are
/// written by the cloud's own store, and the others are copies of those with identifiers and hashes
/// of their own, whatever columns the tables have.
enum Population {
  private static let sessionsPerAccount = 4

  /// Adds sessions until there are so many; then all are live.
  ///
  /// - Parameter folder: Of a cloud that does not run.
  static func grow(to count: Int, in folder: String) async throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let store = try SQLiteStore(folder: folder)
    try await self.saveTemplate(in: store)
    try await store.close()
    let database = try DatabaseQueue(path: folder + "/cloud.sqlite")
    try await database.writeWithoutTransaction { try self.grow($0, to: count) }
    try database.close()
    // Back to the journal and the durability of a cloud.
    try await SQLiteStore(folder: folder).close()
  }

  private static func grow(_ database: Database, to count: Int) throws {
    // Nothing here is lost that could not be made again.
    for pragma in ["locking_mode = EXCLUSIVE", "journal_mode = OFF", "synchronous = OFF"] {
      try database.execute(sql: "PRAGMA \(pragma)")
    }
    try database.execute(sql: "PRAGMA cache_size = -262144")
    try database.inTransaction {
      let present =
        try Int.fetchOne(
          database, sql: "SELECT count(*) FROM sessions WHERE id LIKE '00000000-0000-4000-8000-%'")
        ?? 0
      // All sessions of an account are made at once, so that every index grows at its end.
      try self.copy(
        "accounts", in: database,
        from: (present + self.sessionsPerAccount - 1) / self.sessionsPerAccount,
        to: (count + self.sessionsPerAccount - 1) / self.sessionsPerAccount,
        [
          "id": self.identifier("i"), "email": "printf('owner-%012d@example.org', i)",
        ])
      try self.copy(
        "sessions", in: database, from: present, to: count,
        [
          "id": self.identifier("i"), "account": self.identifier("i / \(self.sessionsPerAccount)"),
          "live_hash": "randomblob(32)",
        ])
      try database.execute(
        sql: """
          UPDATE sessions SET epoch_everyone = coalesce(
            (SELECT epoch FROM epochs WHERE scope = 'everyone' AND target = ''), 0)
          """)
      return .commit
    }
    try database.execute(sql: "PRAGMA journal_mode = WAL")
  }

  /// SQL for the identifier of that number.
  private static func identifier(_ number: String) -> String {
    "printf('00000000-0000-4000-8000-%012x', \(number))"
  }

  /// - Parameter others: SQL for the columns that differ from the template's, of the number `i`.
  private static func copy(
    _ table: String, in database: Database, from start: Int, to end: Int, _ others: [String: String]
  ) throws {
    guard start < end else { return }
    let columns = try database.columns(in: table).map(\.name)
    let values = columns.map { others[$0] ?? "template.\($0)" }
    try database.execute(
      sql: """
        WITH RECURSIVE number (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM number WHERE i + 1 < ?)
        INSERT INTO \(table) (\(columns.joined(separator: ", ")))
        SELECT \(values.joined(separator: ", "))
        FROM number, (SELECT * FROM \(table) WHERE id = ?) AS template
        """, arguments: [start, end, Self.template.text])
  }

  private static let template = UUIDBits(high: .max, low: .max)

  private static func saveTemplate(in store: SQLiteStore) async throws {
    let now = UnixMilliseconds(UInt64(Date.now.timeIntervalSince1970 * 1_000))
    guard let password = Password("for-measuring"),
      let email = EmailAddress("template@example.org")
    else { throw LabError(.unexpectedAnswer, "the benchmark's account is refused") }
    var random = SystemRandomNumberGenerator()
    let account = Account(
      id: AccountID(bits: self.template), email: email,
      passwordHash: try PasswordHash(of: password, random: &random), createdAt: now)
    let session = Session(
      id: SessionID(bits: self.template), kind: .app, clientID: "relink-app", account: account.id,
      createdAt: now,
      epochs: EpochReading(everyone: 0, kind: 0, account: 0, device: 0, session: 0), generation: 1,
      liveHash: TokenHash(Bytes32(random: &random)), rotatedAt: now, liveMintedAt: now,
      confirmedGeneration: 1,
      // It stands for none.
      end: nil)
    try await store.write { transaction in
      guard try transaction.account(account.id) == nil else { return }
      try transaction.save(account)
      try transaction.save(session)
    }
  }
}
