import CloudCore
import DeviceProtocol
import GRDB
import TestSupport
import Testing

@testable import CloudStore

@Suite(.timeLimit(.minutes(5)))
struct SigningKeyStoreTests {
  private static func key(_ number: UInt8, sequence: UInt64) -> SigningKeyRecord {
    SigningKeyRecord(
      id: "key \(number)", sequence: sequence, algorithm: number == 2 ? .rs256 : .es256,
      publicKey: [UInt8](repeating: number, count: 64),
      sealedPrivateKey: [UInt8](repeating: number, count: 60),
      createdAt: UnixMilliseconds(UInt64(number)), signsFrom: UnixMilliseconds(.init(number) * 2),
      longestTokenSeconds: .max)
  }

  @Test(arguments: StoreKind.allCases)
  func `keys come back as they were made, by sequence`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      #expect(try await store.read { try $0.signingKeys() }.isEmpty)
      let (first, second) = (Self.key(2, sequence: 1), Self.key(1, sequence: 2))
      try await store.write { try $0.save(second) }
      try await store.write { try $0.save(first) }
      #expect(try await store.read { try $0.signingKeys() } == [first, second])
      var changed = second
      changed.longestTokenSeconds = 7
      let expected = changed
      try await store.write { try $0.save(expected) }
      #expect(try await store.read { try $0.signingKeys() } == [first, expected])
      try await store.write { transaction throws in
        try transaction.removeSigningKey(first.id)
        try transaction.removeSigningKey("nobody's")
      }
      #expect(try await store.read { try $0.signingKeys() } == [expected])
    }
  }

  @Test func `keys of before there was a choice of algorithms are ES256`() async throws {
    let folder = try TemporaryFolder()
    let queue = try DatabaseQueue(path: folder.path + "/cloud.sqlite")
    try Schema.migrator.migrate(queue, upTo: "v9: tokens bound to a key")
    try await queue.write { database in
      try database.execute(
        sql: "INSERT INTO signing_keys VALUES ('key 1', 7, x'01', x'02', 3, 4, 5)")
    }
    try queue.close()
    let store = try SQLiteStore(folder: folder.path)
    #expect(
      try await store.read { try $0.signingKeys() } == [
        SigningKeyRecord(
          id: "key 1", sequence: 7, algorithm: .es256, publicKey: [1], sealedPrivateKey: [2],
          createdAt: UnixMilliseconds(3), signsFrom: UnixMilliseconds(4), longestTokenSeconds: 5)
      ])
    try await store.close()
  }

  @Test(arguments: StoreKind.allCases)
  func `what a body did to them that threw is taken back`(kind: StoreKind) async throws {
    struct Stop: Error {}
    try await kind.withStore { store in
      let (first, second) = (Self.key(1, sequence: 1), Self.key(2, sequence: 2))
      try await store.write { try $0.save(first) }
      await #expect(throws: Stop.self) {
        try await store.write { transaction in
          try transaction.save(second)
          try transaction.removeSigningKey(first.id)
          throw Stop()
        }
      }
      #expect(try await store.read { try $0.signingKeys() } == [first])
    }
  }
}
