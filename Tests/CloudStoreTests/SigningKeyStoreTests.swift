import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct SigningKeyStoreTests {
  private static func key(_ number: UInt8, sequence: UInt64) -> SigningKeyRecord {
    SigningKeyRecord(
      id: "key \(number)", sequence: sequence, publicKey: [UInt8](repeating: number, count: 64),
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
