import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct DeviceAuthorizationStoreTests {
  private static func record(
    _ number: Int, expiresAt: UInt64 = 1_000
  ) -> DeviceAuthorizationRecord {
    DeviceAuthorizationRecord(
      hash: Sample.hash(number), userCodeHash: Sample.hash(number + 100),
      clientID: "relink-app", expiresAt: UnixMilliseconds(expiresAt), intervalSeconds: 5)
  }

  @Test(arguments: StoreKind.allCases)
  func `it is found by both codes, and each change is kept`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction throws in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.session(1, account: 1))
      }
      var record = Self.record(1)
      var states = [record]
      record.polledAt = UnixMilliseconds(7)
      record.intervalSeconds = .max
      states.append(record)
      record.decision = .denied
      states.append(record)
      record.decision = .approved(
        Sample.accountID(1), Sample.epochs(3), at: UnixMilliseconds(8))
      states.append(record)
      record.usedFor = Sample.sessionID(1)
      states.append(record)
      for state in states {
        try await store.write { try $0.save(state) }
        #expect(try await store.read { try $0.deviceAuthorization(hash: state.hash) } == state)
        #expect(
          try await store.read {
            try $0.deviceAuthorization(userCodeHash: state.userCodeHash)
          } == state)
      }
      #expect(try await store.read { try $0.deviceAuthorization(hash: Sample.hash(101)) } == nil)
      #expect(
        try await store.read { try $0.deviceAuthorization(userCodeHash: Sample.hash(1)) } == nil)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `the expired ones go, by both codes`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction throws in
        try transaction.save(Self.record(1, expiresAt: 99))
        try transaction.save(Self.record(2, expiresAt: 100))
        try transaction.removeExpired(before: UnixMilliseconds(100))
      }
      try await store.read { reader throws in
        #expect(try reader.deviceAuthorization(hash: Sample.hash(1)) == nil)
        #expect(try reader.deviceAuthorization(userCodeHash: Sample.hash(101)) == nil)
        #expect(
          try reader.deviceAuthorization(hash: Sample.hash(2)) == Self.record(2, expiresAt: 100))
        #expect(try reader.deviceAuthorization(userCodeHash: Sample.hash(102)) != nil)
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `what a body wrote that threw is taken back`(kind: StoreKind) async throws {
    struct Stop: Error {}
    try await kind.withStore { store in
      var changed = Self.record(1)
      changed.decision = .denied
      let expected = changed
      try await store.write { try $0.save(Self.record(1)) }
      try await store.write { try $0.save(Self.record(2, expiresAt: 1)) }
      await #expect(throws: Stop.self) {
        try await store.write { transaction in
          try transaction.save(expected)
          try transaction.save(Self.record(3))
          try transaction.removeExpired(before: UnixMilliseconds(50))
          throw Stop()
        }
      }
      try await store.read { reader throws in
        #expect(try reader.deviceAuthorization(hash: Sample.hash(1)) == Self.record(1))
        #expect(try reader.deviceAuthorization(userCodeHash: Sample.hash(102)) != nil)
        #expect(try reader.deviceAuthorization(hash: Sample.hash(3)) == nil)
        #expect(try reader.deviceAuthorization(userCodeHash: Sample.hash(103)) == nil)
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a dead session stays while a device code refers to it`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction throws in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.session(1, account: 1, end: .revoked))
        try transaction.save(Sample.session(2, account: 1, end: .revoked))
        var record = Self.record(1)
        record.usedFor = Sample.sessionID(1)
        try transaction.save(record)
        try transaction.removeDeadSessions(
          of: Sample.accountID(1), rotatedBefore: UnixMilliseconds(5_000))
      }
      #expect(try await store.read { try $0.session(Sample.sessionID(1)) } != nil)
      #expect(try await store.read { try $0.session(Sample.sessionID(2)) } == nil)
    }
  }
}
