import CloudCore
import CloudStore
import DeviceProtocol
import Foundation
import Scenarios

/// Fills a database with accounts that have a live app session each.
enum Population {
  static func fill(folder: String, accounts: Int) async throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let store = try SQLiteStore(folder: folder)
    let now = UnixMilliseconds(UInt64(Date.now.timeIntervalSince1970 * 1_000))
    // Nobody logs in with it, so all share one; hashing a hundred thousand takes hours.
    guard let password = Password("for-measuring") else {
      throw LabError(.unexpectedAnswer, "the benchmark's password is refused")
    }
    var random = SystemRandomNumberGenerator()
    let hash = try PasswordHash(of: password, random: &random)
    for start in stride(from: 0, to: accounts, by: 5_000) {
      try await store.write { transaction in
        var random = SystemRandomNumberGenerator()
        for index in start..<min(start + 5_000, accounts) {
          let account = AccountID(random: &random)
          guard let email = EmailAddress("owner-\(index)@example.org") else { continue }
          try transaction.save(
            Account(id: account, email: email, passwordHash: hash, createdAt: now))
          try transaction.save(
            Session(
              id: SessionID(random: &random), kind: .app, clientID: "relink-app",
              account: account, createdAt: now,
              epochs: EpochReading(everyone: 0, kind: 0, account: 0, device: 0, session: 0),
              generation: 1, liveHash: TokenHash(Bytes32(random: &random)), rotatedAt: now,
              liveMintedAt: now, confirmedGeneration: 1))
        }
      }
    }
    try await store.close()
  }
}
