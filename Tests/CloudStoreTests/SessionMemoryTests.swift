import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudStore

/// What checks of tokens read without the database is what the database says.
@Suite(.timeLimit(.minutes(5))) struct SessionMemoryTests {
  /// As a check reads it.
  private struct Check: Equatable {
    var state: SessionState?
    var epochs: EpochReading
    var owner: AccountID?

    init(_ reader: any StoreReader) throws {
      self.state = try reader.state(of: Sample.sessionID(4))
      self.epochs = try reader.epochs(for: SessionMemoryTests.subject)
      self.owner = try reader.owner(of: Sample.deviceID(5))
    }
  }

  private static let subject = EpochSubject(
    kind: .scale, account: Sample.accountID(1), device: Sample.deviceID(5),
    session: Sample.sessionID(4))

  private static func withSession(_ body: (SQLiteStore) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    try await store.write { transaction in
      try transaction.save(Sample.account(1))
      try transaction.save(Sample.account(2))
      try transaction.save(Sample.device(5, owner: 1))
      try transaction.save(
        Sample.session(4, account: 1, kind: .scale, device: Sample.deviceID(5)))
      // So that an account that moves there has another epoch.
      _ = try transaction.advanceEpoch(of: .region(Sample.otherRegion))
    }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(store))
    } catch {
      result = .failure(error)
    }
    try await store.close()
    try result.get()
  }

  private struct NamedChange: Sendable {
    let name: String
    let make: @Sendable (any StoreTransaction) throws -> Void

    init(_ name: String, _ make: @escaping @Sendable (any StoreTransaction) throws -> Void) {
      self.name = name
      self.make = make
    }
  }

  private static let epochChanges = [RevocationScope]([
    .everyone, .issuedBefore, .kind(.scale), .region(.standard), .account(Sample.accountID(1)),
    .device(Sample.deviceID(5)), .session(Sample.sessionID(4)),
  ]).map { scope in
    NamedChange("an epoch: \(scope.word)") { _ = try $0.advanceEpoch(of: scope) }
  }

  private static let markChanges = [AccessScope]([
    .everyone, .kind(.scale), .client("relink-scale"), .account(Sample.accountID(1)),
    .device(Sample.deviceID(5)), .session(Sample.sessionID(4)),
  ]).map { scope in
    NamedChange("a mark: \(scope.text)") { try $0.advanceAccessMark(of: scope) }
  }

  private static let recordChanges = [
    NamedChange("a cut-off") { _ = try $0.addCutOff(before: UnixMilliseconds(70)) },
    NamedChange("the session ends") {
      var session = try #require(try $0.session(Sample.sessionID(4)))
      session.end = .revoked
      try $0.save(session)
    },
    NamedChange("a rotation") {
      var session = try #require(try $0.session(Sample.sessionID(4)))
      session.generation += 1
      try $0.save(session)
    },
    NamedChange("the device's owner") { try $0.save(Sample.device(5, owner: 2)) },
    NamedChange("nobody owns the device") { try $0.save(Sample.device(5, owner: nil)) },
    NamedChange("the account's region") {
      var account = Sample.account(1)
      account.region = Sample.otherRegion
      try $0.save(account)
    },
  ]

  private static let changes = epochChanges + markChanges + recordChanges

  @Test(arguments: changes.indices)
  func `a check sees each change at once`(index: Int) async throws {
    let change = Self.changes[index]
    let name = change.name
    try await Self.withSession { store in
      // Once from the database, then from memory.
      let before = try await store.readBriefly { try Check($0) }
      #expect(store.memory.facts(of: Sample.sessionID(4)) != nil)
      #expect(try await store.readBriefly { try Check($0) } == before)
      try await store.write(change.make)
      let after = try await store.read { try Check($0) }
      #expect(after != before, "\(name) changes nothing that is checked")
      #expect(try await store.readBriefly { try Check($0) } == after, "\(name)")
      #expect(try await store.readBriefly { try Check($0) } == after, "\(name)")
    }
  }

  @Test func `a check sees a restored state at once`() async throws {
    try await Self.withSession { store in
      let name = try #require(SnapshotName("saved"))
      _ = try await store.saveSnapshot(name, savedAt: .init(7), machineAt: .init(9))
      let before = try await store.readBriefly { try Check($0) }
      try await store.write { _ = try $0.advanceEpoch(of: .everyone) }
      #expect(try await store.readBriefly { try Check($0) } != before)
      _ = try await store.restoreSnapshot(name, epochs: .asSaved) { _, _ in
      } committed: { _ in
      }
      #expect(try await store.readBriefly { try Check($0) } == before)
    }
  }

  @Test func `a write that fails changes nothing that is remembered`() async throws {
    struct Failed: Error {}
    try await Self.withSession { store in
      let before = try await store.readBriefly { try Check($0) }
      await #expect(throws: Failed.self) {
        try await store.write { transaction in
          _ = try transaction.advanceEpoch(of: .everyone)
          throw Failed()
        }
      }
      #expect(try await store.readBriefly { try Check($0) } == before)
    }
  }

  @Test func `a closed store remembers nothing`() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    try await store.write { transaction in
      try transaction.save(Sample.account(1))
      try transaction.save(Sample.session(4, account: 1))
    }
    _ = try await store.readBriefly { reader in
      (try reader.state(of: Sample.sessionID(4)), try reader.epochs(for: Self.subject))
    }
    try await store.close()
    #expect(store.memory.facts(of: Sample.sessionID(4)) == nil)
    await #expect(throws: (any Error).self) {
      try await store.readBriefly { try $0.state(of: Sample.sessionID(4)) }
    }
  }

  /// An error of a miss that the body makes nothing of must not pass for an answer.
  @Test func `a body that swallows errors is answered by the database`() async throws {
    try await Self.withSession { store in
      for _ in 0..<3 {
        let account = try await store.readBriefly { reader in
          _ = try Check(reader)
          return try? reader.account(Sample.accountID(1))
        }
        #expect(account == Sample.account(1))
      }
    }
  }

  @Test func `rotations of others are no reason to forget a session`() async throws {
    try await Self.withSession { store in
      try await store.write { try $0.save(Sample.session(6, account: 1)) }
      _ = try await store.readBriefly { try Check($0) }
      try await store.write { try $0.save(Sample.session(6, account: 1, end: .revoked)) }
      #expect(store.memory.facts(of: Sample.sessionID(4)) != nil)
    }
  }

  /// Readers fill the memory all the time, while what they read changes.
  @Test func `no check is older than an acknowledged logout`() async throws {
    try await Self.withSession { store in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            var newest: UInt64 = 0
            while !Task.isCancelled {
              let epoch = try await store.readBriefly { try Check($0) }.epochs.session
              // What one has seen, none sees undone.
              #expect(epoch >= newest)
              newest = max(newest, epoch)
              await Task.yield()
            }
          }
        }
        for number in 1...300 as ClosedRange<UInt64> {
          let epoch = try await store.write {
            try $0.advanceEpoch(of: .session(Sample.sessionID(4)))
          }
          #expect(epoch == number)
          let check = try await store.readBriefly { try Check($0) }
          #expect(check.epochs.session >= number)
        }
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  @Test func `what a commit may change is not learnt until it is over`() {
    let memory = SessionMemory()
    func facts(_ number: Int) -> SessionMemory.Facts {
      SessionMemory.Facts(
        session: Sample.sessionID(number),
        state: SessionState(
          generation: 1, confirmedGeneration: 1, end: nil, clientID: "relink-app", accessMark: 0),
        subject: Self.subject, epochs: Sample.noEpochs, owner: nil)
    }
    let early = memory.stamp
    memory.remember(facts(1), readAfter: early)
    memory.remember(facts(2), readAfter: early)
    memory.beginCommit(of: .sessions([Sample.sessionID(1)]))
    #expect(memory.facts(of: Sample.sessionID(1)) == nil)
    #expect(memory.facts(of: Sample.sessionID(2)) != nil)
    let during = memory.stamp
    memory.remember(facts(1), readAfter: early)
    memory.remember(facts(1), readAfter: during)
    memory.remember(facts(3), readAfter: during)
    #expect(memory.facts(of: Sample.sessionID(1)) == nil)
    #expect(memory.facts(of: Sample.sessionID(3)) != nil)
    memory.endCommit()
    // It may have been read before the commit.
    memory.remember(facts(1), readAfter: during)
    #expect(memory.facts(of: Sample.sessionID(1)) == nil)
    memory.remember(facts(1), readAfter: memory.stamp)
    #expect(memory.facts(of: Sample.sessionID(1)) != nil)
  }
}
