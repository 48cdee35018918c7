import CloudCore
import DeviceProtocol
import Foundation
import TestSupport
import Testing

@testable import CloudStore

@Suite(.timeLimit(.minutes(5)))
struct StoredSecretsTests {
  /// Carries a fixture's records over into a database, and rotates there.
  @Test func `the database's files hold the hashes of tokens, and no token`() async throws {
    let fixture = CloudFixture()
    let account = try fixture.register(EmailAddress("owner@example.org")!)
    let app = try fixture.signIn(account.email)
    let pairing = try fixture.pairingToken(by: app)
    let code = try fixture.authorizationCode(of: account.email)
    let records = try fixture.transaction { reader in
      (
        try #require(try reader.session(app.session)),
        try #require(try reader.pairingToken(hash: TokenHash(ofToken: pairing))),
        try #require(try reader.authorizationCode(hash: TokenHash(ofToken: code)))
      )
    }
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    let (cloud, now) = (fixture.cloud, fixture.now)
    let rotated = try await store.write { transaction in
      try transaction.save(account)
      try transaction.save(records.0)
      try transaction.save(records.1)
      try transaction.save(records.2)
      var random = SystemRandomNumberGenerator()
      return try cloud.token(
        .refreshToken(token: app.refreshToken, clientID: "relink-app"), certificate: nil,
        in: transaction, at: now, random: &random
      ).tokens()
    }
    let files = try ["", "-wal"].map { suffix in
      try Data(contentsOf: URL(filePath: store.path + suffix))
    }
    func isStored(_ bytes: [UInt8]) -> Bool {
      files.contains { $0.range(of: Data(bytes)) != nil }
    }
    for token in [app.refreshToken, rotated.refreshToken, pairing, code] {
      // The search finds what is there.
      #expect(isStored(TokenHash(ofToken: token).digest.bytes))
      let payload = try TokenText(parsing: Array(token.text.utf8)).payload
      #expect(!isStored(payload))
      // A refresh token's first 25 bytes are its session and generation, its secret comes then.
      #expect(!isStored(payload.count > 57 ? Array(payload[25..<57]) : payload))
      #expect(!isStored(Array(token.text.utf8)))
    }
    for token in [app.accessToken, rotated.accessToken] {
      #expect(!isStored(Array(token.text.utf8)))
      #expect(!isStored(try TokenText(parsing: Array(token.text.utf8)).payload))
    }
    try await store.close()
  }
}
