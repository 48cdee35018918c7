import CloudCore
import CloudStore
import DeviceProtocol
import TestSupport
import Testing

struct ReceiverStoreTests {
  private static func receiver(_ number: Int, createdAt: UInt64 = 5) -> Receiver {
    Receiver(
      id: ReceiverID(Sample.uuid(number))!, endpoint: "https://qa.test/\(number)",
      audience: "qa \(number)",
      sealedAuthorization: number % 2 == 0 ? nil : [UInt8(number), 0, 255],
      createdAt: UnixMilliseconds(createdAt), position: 3, delivered: 4, retried: 5, failed: 6,
      lastFailure: number % 2 == 0
        ? nil : DeliveryFailure(at: UnixMilliseconds(7), event: "jti", cause: "status 500"))
  }

  private static func event(_ number: Int) -> SecurityEvent {
    let scopes: [RevocationScope] = [
      .everyone, .issuedBefore, .kind(.google), .region(Region("eu")!),
      .account(Sample.accountID(number)),
      .device(Sample.deviceID(number)), .session(Sample.sessionID(number)),
    ]
    return SecurityEvent(
      at: UnixMilliseconds(UInt64(number)), scope: scopes[number % scopes.count],
      before: number % 2 == 0 ? nil : UnixMilliseconds(9),
      account: number % 3 == 0 ? nil : Sample.accountID(number),
      device: number % 4 == 0 ? nil : Sample.deviceID(number),
      initiator: SecurityEvent.Initiator.allCases[number % 4], reason: "Grund \(number) 🏠")
  }

  @Test(arguments: StoreKind.allCases)
  func `a receiver keeps every field, from the oldest on`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      #expect(try await store.read { try $0.receivers() }.isEmpty)
      let (young, old) = (Self.receiver(1, createdAt: 9), Self.receiver(2, createdAt: 8))
      try await store.write {
        try $0.save(young)
        try $0.save(old)
      }
      #expect(try await store.read { try $0.receivers() } == [old, young])
      var further = young
      further.position = 30
      further.delivered = 40
      further.retried = 50
      further.failed = 60
      further.lastFailure = DeliveryFailure(
        at: UnixMilliseconds(70), event: "another", cause: "invalid_key")
      let expected = further
      try await store.write { try $0.save(expected) }
      #expect(try await store.read { try $0.receivers() } == [old, expected])
      try await store.write { try $0.removeReceiver(old.id) }
      #expect(try await store.read { try $0.receivers() } == [expected])
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `events keep every field and their order`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      #expect(try await store.read { try $0.newestSecurityEventNumber() } == 0)
      let events = (0..<12).map(Self.event)
      try await store.write { transaction in
        for event in events { try transaction.append(event) }
      }
      let all = try await store.read { try $0.securityEvents(after: 0, limit: 100) }
      #expect(all.map(\.event) == events)
      #expect(all.map(\.number) == (1...12).map { UInt64($0) })
      #expect(
        try await store.read { try $0.securityEvents(after: 5, limit: 2) }.map(\.number) == [6, 7])
      #expect(try await store.read { try $0.securityEventCount(after: 5) } == 7)
      #expect(try await store.read { try $0.securityEventCount(after: 12) } == 0)
      #expect(try await store.read { try $0.securityEventCount(after: .max) } == 0)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a number is never given twice`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      for number in 0..<3 { try await store.write { try $0.append(Self.event(number)) } }
      try await store.write { try $0.removeSecurityEvents(through: 2) }
      #expect(
        try await store.read { try $0.securityEvents(after: 0, limit: 9) }.map(\.number) == [3])
      try await store.write { try $0.removeSecurityEvents(through: .max) }
      #expect(try await store.read { try $0.newestSecurityEventNumber() } == 3)
      try await store.write { try $0.append(Self.event(4)) }
      #expect(
        try await store.read { try $0.securityEvents(after: 0, limit: 9) }.map(\.number) == [4])
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a transaction that fails leaves receivers and events as they were`(
    kind: StoreKind
  ) async throws {
    struct Abort: Error {}
    try await kind.withStore { store in
      let receiver = Self.receiver(1)
      try await store.write { transaction in
        try transaction.save(receiver)
        for number in 0..<4 { try transaction.append(Self.event(number)) }
      }
      await #expect(throws: (any Error).self) {
        try await store.write { transaction in
          try transaction.removeSecurityEvents(through: 2)
          try transaction.append(Self.event(9))
          try transaction.removeReceiver(receiver.id)
          try transaction.save(Self.receiver(2))
          throw Abort()
        }
      }
      #expect(try await store.read { try $0.receivers() } == [receiver])
      #expect(
        try await store.read { try $0.securityEvents(after: 0, limit: 9) }.map(\.event)
          == (0..<4).map(Self.event))
      #expect(try await store.read { try $0.newestSecurityEventNumber() } == 4)
    }
  }

  /// What receivers were told has come to pass outside: it is no part of a state that is restored.
  @Test(arguments: StoreKind.allCases)
  func `a restored snapshot leaves receivers alone, and what they are still to be told`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      let name = SnapshotName("base")!
      let (early, late) = (Self.receiver(1), Self.receiver(2, createdAt: 6))
      try await store.write { transaction in
        try transaction.save(early)
        for number in 0..<3 { try transaction.append(Self.event(number)) }
      }
      _ = try await store.saveSnapshot(name, savedAt: .init(7), machineAt: .init(9))
      var further = early
      further.position = 4
      let expected = [further, late]
      try await store.write { transaction in
        for receiver in expected { try transaction.save(receiver) }
        for number in 3..<6 { try transaction.append(Self.event(number)) }
        try transaction.removeSecurityEvents(through: 4)
      }
      for epochs in [RestoredEpochs.kept, .asSaved] {
        let isRestored = try await store.restoreSnapshot(name, epochs: epochs) { _, _ in
          true
        } committed: { _ in
        }
        #expect(isRestored == true)
        #expect(try await store.read { try $0.receivers() } == expected)
        let waiting = try await store.read { try $0.securityEvents(after: 0, limit: 9) }
        #expect(waiting.map(\.number) == [5, 6])
        #expect(waiting.map(\.event) == [Self.event(4), Self.event(5)])
      }
      try await store.write { try $0.append(Self.event(9)) }
      #expect(try await store.read { try $0.newestSecurityEventNumber() } == 7)
    }
  }
}
