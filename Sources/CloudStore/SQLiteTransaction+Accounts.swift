import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  private static let accountColumns = "id, email, password_hash, created_at, region"

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

  func hasAccount(in region: Region) throws -> Bool {
    try self.fetchOne("SELECT 1 FROM accounts WHERE region = ? LIMIT 1", [region.text]) { _ in
      true
    } ?? false
  }

  func save(_ account: Account) throws {
    try self.execute(
      """
      INSERT INTO accounts (\(Self.accountColumns)) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET
        password_hash = excluded.password_hash, region = excluded.region
      """,
      [
        account.id.text, account.email.text, account.passwordHash.text,
        column(account.createdAt), account.region.text,
      ])
  }

  private func account(_ columns: inout Columns) throws -> Account {
    Account(
      id: AccountID(bits: try columns.uuid()), email: try columns.value(EmailAddress.init),
      passwordHash: try columns.value(PasswordHash.init(text:)), createdAt: try columns.time(),
      region: try columns.value(Region.init))
  }
}
