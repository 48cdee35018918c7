import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  private static let accountColumns = "id, email, password_hash, created_at"

  func account(_ id: AccountID) throws -> Account? {
    try self.fetchOne(
      "SELECT \(Self.accountColumns) FROM accounts WHERE id = ?", [id.text], as: self.account)
  }

  func account(email: EmailAddress) throws -> Account? {
    try self.fetchOne(
      "SELECT \(Self.accountColumns) FROM accounts WHERE email = ?", [email.text],
      as: self.account)
  }

  func accountCount() throws -> UInt64 {
    try self.fetchOne("SELECT COUNT(*) FROM accounts") { try $0.integer() } ?? 0
  }

  func save(_ account: Account) throws {
    try self.execute(
      """
      INSERT INTO accounts (\(Self.accountColumns)) VALUES (?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET password_hash = excluded.password_hash
      """,
      [account.id.text, account.email.text, account.passwordHash.text, column(account.createdAt)])
  }

  private func account(_ columns: inout Columns) throws -> Account {
    Account(
      id: AccountID(bits: try columns.uuid()), email: try columns.value(EmailAddress.init),
      passwordHash: try columns.value(PasswordHash.init(text:)), createdAt: try columns.time())
  }

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
}

extension LoginAttemptKey {
  /// Scope and target.
  fileprivate var columns: [(any DatabaseValueConvertible)?] {
    switch self {
    case .account(let email): ["account", email.text]
    case .address(let address): ["address", address.text]
    case .userCodes(let address): ["user_codes", address.text]
    }
  }
}
