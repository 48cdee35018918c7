import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  private static let signingKeyColumns = """
    id, sequence, algorithm, public_key, sealed_private_key, created_at, signs_from,
    longest_token_seconds
    """

  func signingKeys() throws -> [SigningKeyRecord] {
    try self.fetchAll(
      "SELECT \(Self.signingKeyColumns) FROM signing_keys ORDER BY sequence"
    ) {
      SigningKeyRecord(
        id: try $0.text(), sequence: try $0.integer(), algorithm: try $0.word(),
        publicKey: try $0.bytes(), sealedPrivateKey: try $0.bytes(), createdAt: try $0.time(),
        signsFrom: try $0.time(),
        longestTokenSeconds: try $0.integer())
    }
  }

  func save(_ key: SigningKeyRecord) throws {
    try self.execute(
      """
      INSERT INTO signing_keys (\(Self.signingKeyColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET longest_token_seconds = excluded.longest_token_seconds
      """,
      [
        key.id, column(key.sequence), key.algorithm.rawValue, column(key.publicKey),
        column(key.sealedPrivateKey),
        column(key.createdAt), column(key.signsFrom), Int64(key.longestTokenSeconds),
      ])
  }

  func removeSigningKey(_ id: String) throws {
    try self.execute("DELETE FROM signing_keys WHERE id = ?", [id])
  }
}
