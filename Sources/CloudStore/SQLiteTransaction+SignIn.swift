import CloudCore
import DeviceProtocol
import Foundation
import GRDB

extension SQLiteTransaction {
  func loginAttempts(for key: LoginAttemptKey) throws -> LoginAttempts? {
    try self.fetchOne(
      "SELECT failures, last_failure_at FROM login_attempts WHERE scope = ? AND target = ?",
      key.columns
    ) { LoginAttempts(failures: try $0.integer(), lastFailureAt: try $0.time()) }
  }

  func save(_ attempts: LoginAttempts?, for key: LoginAttemptKey) throws {
    guard let attempts else {
      try self.execute("DELETE FROM login_attempts WHERE scope = ? AND target = ?", key.columns)
      return
    }
    try self.execute(
      """
      INSERT INTO login_attempts (scope, target, failures, last_failure_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (scope, target) DO UPDATE SET
        failures = excluded.failures, last_failure_at = excluded.last_failure_at
      """,
      key.columns + [Int64(attempts.failures), column(attempts.lastFailureAt)])
  }

  func removeLoginAttempts(before time: UnixMilliseconds, keeping count: Int) throws {
    try self.execute("DELETE FROM login_attempts WHERE last_failure_at < ?", [column(time)])
    let present: Int =
      try self.fetchOne("SELECT COUNT(*) FROM login_attempts") { try $0.integer() } ?? 0
    guard present > count else { return }
    try self.execute(
      """
      DELETE FROM login_attempts WHERE (scope, target) IN (
        SELECT scope, target FROM login_attempts ORDER BY last_failure_at LIMIT ?)
      """, [present - count])
  }

  private static let factorColumns =
    "account, sealed_secret, created_at, is_active, last_used_step, recovery_codes"

  func secondFactor(of account: AccountID) throws -> SecondFactor? {
    try self.fetchOne(
      "SELECT \(Self.factorColumns) FROM second_factors WHERE account = ?", [account.text]
    ) { columns in
      SecondFactor(
        account: AccountID(bits: try columns.uuid()), sealedSecret: try columns.bytes(),
        createdAt: try columns.time(), isActive: try columns.integer() as Int != 0,
        lastUsedStep: try columns.integer(),
        recoveryCodes: try columns.hashes())
    }
  }

  func save(_ factor: SecondFactor) throws {
    try self.execute(
      """
      INSERT INTO second_factors (\(Self.factorColumns)) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (account) DO UPDATE SET
        sealed_secret = excluded.sealed_secret, created_at = excluded.created_at,
        is_active = excluded.is_active, last_used_step = excluded.last_used_step,
        recovery_codes = excluded.recovery_codes
      """,
      [
        factor.account.text, column(factor.sealedSecret), column(factor.createdAt),
        factor.isActive ? 1 : 0, column(factor.lastUsedStep),
        column(factor.recoveryCodes.flatMap { $0.digest.bytes }),
      ])
  }

  func removeSecondFactor(of account: AccountID) throws {
    try self.execute("DELETE FROM second_factors WHERE account = ?", [account.text])
  }

  func removeUnusedCodes(of account: AccountID) throws {
    for table in ["authorization_codes", "device_authorizations"] {
      try self.execute(
        "DELETE FROM \(table) WHERE account = ? AND used_for IS NULL", [account.text])
    }
  }
}

extension Columns {
  /// Of 32 bytes each, one after the other.
  fileprivate mutating func hashes() throws -> [TokenHash] {
    let bytes = try self.bytes()
    return try stride(from: 0, to: bytes.count, by: 32).map { start in
      guard let digest = Bytes32(bytes[start..<min(start + 32, bytes.count)]) else {
        throw self.damaged
      }
      return TokenHash(digest)
    }
  }
}

extension LoginAttemptKey {
  /// Scope and target.
  fileprivate var columns: [(any StatementBinding)?] {
    switch self {
    case .account(let email): ["account", email.text]
    // No network's text has a space.
    case .accountFrom(let email, let address): ["account_from", "\(address.text) \(email.text)"]
    case .address(let address): ["address", address.text]
    case .browser(let browser):
      ["browser", String(decoding: Hexadecimal.encode(browser.bits.bytes), as: UTF8.self)]
    case .session(let session): ["session", session.text]
    case .secondFactor(let account): ["second_factor", account.text]
    case .registration(let address): ["registration", address.text]
    case .userCodes(let address): ["user_codes", address.text]
    }
  }
}
