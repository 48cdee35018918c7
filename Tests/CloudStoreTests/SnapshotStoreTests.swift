import CloudCore
import DeviceProtocol
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CloudStore

@Suite(.timeLimit(.minutes(5))) struct SnapshotStoreTests {
  private static let name = SnapshotName("paired")!

  private static func save(
    _ store: any CloudStore, _ name: SnapshotName = Self.name
  ) async throws -> (info: SnapshotInfo, isNew: Bool) {
    try await store.saveSnapshot(name, savedAt: .init(7), machineAt: .init(9))
  }

  @discardableResult
  private static func restore(
    _ store: any CloudStore, _ epochs: RestoredEpochs = .kept, _ name: SnapshotName = Self.name
  ) async throws -> SnapshotInfo? {
    try await store.restoreSnapshot(name, epochs: epochs) { _, info in
      info
    } committed: { _ in
    }
  }

  private static let boundSession = Sample.session(
    4, account: 1, binding: .dpop(Bytes32(repeating: 4)))
  private static let factor = SecondFactor(
    account: Sample.accountID(1), sealedSecret: Array(repeating: 7, count: 48),
    createdAt: UnixMilliseconds(9), isActive: true, lastUsedStep: 52_578_402,
    recoveryCodes: [Sample.hash(1)])

  /// With an account and its second factor, sessions, a device, a motion, a history and an epoch.
  private static func withState(
    _ kind: StoreKind, _ body: (any CloudStore) async throws -> Void
  ) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.session(1, account: 1))
        try transaction.save(Self.boundSession)
        try transaction.save(Self.factor)
        try transaction.save(Sample.device(1, owner: 1))
        _ = try transaction.insert(Sample.motion(1, device: 1))
        try transaction.append(
          SessionEvent(at: .init(1), word: .login, generation: 1, origin: .operator),
          to: Sample.sessionID(1), keeping: 10)
        try Self.logOut(.account(Sample.accountID(1)), in: transaction)
      }
      try await body(store)
    }
  }

  private static func logOut(
    _ scope: RevocationScope, in transaction: any StoreTransaction
  ) throws {
    try transaction.append(
      LogoutRecord(
        at: .init(1), scope: scope, epoch: try transaction.advanceEpoch(of: scope), reason: "x"))
  }

  @Test(arguments: StoreKind.allCases)
  func `all is as it was saved, and what came later is gone`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      let saved = try await Self.save(store)
      #expect(saved.isNew)
      #expect(saved.info.savedAt == .init(7) && saved.info.machineAt == .init(9))
      try await store.write { transaction in
        try transaction.save(Sample.account(2))
        try transaction.save(Sample.session(1, account: 1, end: .revoked))
        try transaction.save(Sample.session(2, account: 2))
        try transaction.save(Sample.session(4, account: 1))
        try transaction.removeSecondFactor(of: Sample.accountID(1))
        try transaction.removeRecordings(of: Sample.deviceID(1))
        try transaction.save(ClockSetting(revision: 1, setTo: .init(5), course: .frozen))
      }
      #expect(try await Self.restore(store) == saved.info)
      try await store.read { reader throws in
        #expect(try reader.accountCount() == 1)
        #expect(try reader.session(Sample.sessionID(1)) == Sample.session(1, account: 1))
        #expect(try reader.session(Sample.sessionID(2)) == nil)
        #expect(try reader.session(Sample.sessionID(4)) == Self.boundSession)
        #expect(try reader.secondFactor(of: Sample.accountID(1)) == Self.factor)
        #expect(
          try reader.motions(of: Sample.deviceID(1), limit: 9) == [Sample.motion(1, device: 1)])
        #expect(try reader.history(of: Sample.sessionID(1)).count == 1)
        #expect(try reader.clockSetting() == nil)
      }
      // It is whole: it takes writes, and can be restored again.
      try await store.write { try $0.save(Sample.account(3)) }
      try await Self.restore(store)
      #expect(try await store.read { try $0.accountCount() } == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `no epoch and no mark gets lower, unless that is asked for`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      _ = try await Self.save(store)
      try await store.write { transaction in
        try Self.logOut(.everyone, in: transaction)
        try Self.logOut(.kind(.app), in: transaction)
        try Self.logOut(.account(Sample.accountID(1)), in: transaction)
        try Self.logOut(.session(Sample.sessionID(1)), in: transaction)
        try Self.logOut(.region(Sample.otherRegion), in: transaction)
        let epoch = try transaction.addCutOff(before: .init(70))
        try transaction.append(
          LogoutRecord(
            at: .init(1), scope: .issuedBefore, epoch: epoch, reason: "c",
            before: .init(70), operatorName: "ada", sessionCount: 3))
        try transaction.advanceAccessMark(of: .kind(.app))
      }
      let scopes: [RevocationScope] = [
        .everyone, .kind(.app), .account(Sample.accountID(1)), .session(Sample.sessionID(1)),
        .region(Sample.otherRegion), .issuedBefore,
      ]
      func epochs() async throws -> [UInt64] {
        try await store.read { reader in try scopes.map { try reader.epoch(of: $0) } }
      }
      let session = Sample.session(1, account: 1)
      try await Self.restore(store)
      #expect(try await epochs() == [1, 1, 2, 1, 1, 1])
      #expect(try await store.read { try $0.cutOffs() } == Sample.cutOffs((1, 70)))
      #expect(try await store.read { try $0.accessMark(of: session) } == 1)
      #expect(try await store.read { try $0.logouts(limit: 9) }.count == 7)
      let newest = try await store.read { try $0.auditEntries(before: nil, limit: 1) }.first
      #expect(newest?.sequence == 7)
      #expect(newest?.logout.before == .init(70) && newest?.logout.operatorName == "ada")
      #expect(
        try await store.read { try $0.firstLogout(of: .everyone, after: 0)?.logout.reason } == "x")
      try await Self.restore(store, .asSaved)
      #expect(try await epochs() == [0, 0, 1, 0, 0, 0])
      #expect(try await store.read { try $0.cutOffs() } == CutOffs())
      #expect(try await store.read { try $0.accessMark(of: session) } == 0)
      #expect(try await store.read { try $0.logouts(limit: 9) }.count == 1)
    }
  }

  @Test(arguments: StoreKind.allCases, [1, 3])
  func `no counter gets a value again that a restore has undone`(
    kind: StoreKind, restoreCount: Int
  ) async throws {
    try await Self.withState(kind) { store in
      _ = try await Self.save(store)
      let session = Sample.session(1, account: 1)
      var used: [Set<UInt64>] = [[], [], []]
      for _ in 1...restoreCount {
        for _ in 1...3 {
          let values = try await store.write { transaction in
            try transaction.advanceAccessMark(of: .everyone)
            try transaction.advanceAccessMark(of: .kind(.app))
            return [
              try transaction.advanceEpoch(of: .everyone),
              try transaction.addCutOff(before: .init(70)),
              try transaction.accessMark(of: session),
            ]
          }
          for (index, value) in values.enumerated() {
            #expect(used[index].insert(value).inserted)
          }
        }
        try await Self.restore(store, .asSaved)
        #expect(try await store.read { try $0.epoch(of: .everyone) } == 0)
      }
      let (epoch, cutOff, mark) = try await store.write { transaction in
        try transaction.advanceAccessMark(of: .session(session.id))
        return (
          try transaction.advanceEpoch(of: .everyone),
          try transaction.addCutOff(before: CutOff.whenever),
          try transaction.accessMark(of: session)
        )
      }
      #expect(used[0].allSatisfy { $0 < epoch })
      #expect(used[1].allSatisfy { $0 < cutOff })
      #expect(used[2].allSatisfy { $0 < mark })
      // It reaches what was minted after a cut-off that was undone.
      let cutOffs = try await store.read { try $0.cutOffs() }
      #expect(used[1].allSatisfy { cutOffs.kills(MintMark(at: .init(99), cutOffs: $0)) })
      // Linear in what was counted, however often it is undone.
      #expect(mark < 100)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a mark that was there when it was saved gets no lower either`(
    kind: StoreKind
  ) async throws {
    try await Self.withState(kind) { store in
      let session = Sample.session(1, account: 1)
      func mark() async throws -> UInt64 {
        try await store.read { try $0.accessMark(of: session) }
      }
      try await store.write { try $0.advanceAccessMark(of: .everyone) }
      _ = try await Self.save(store)
      for _ in 1...2 { try await store.write { try $0.advanceAccessMark(of: .everyone) } }
      try await Self.restore(store)
      #expect(try await mark() == 3)
      try await Self.restore(store, .asSaved)
      #expect(try await mark() == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a restore whose body throws changes nothing`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      _ = try await Self.save(store)
      try await store.write { try $0.save(Sample.account(2)) }
      struct Refused: Error {}
      await #expect(throws: Refused.self) {
        try await store.restoreSnapshot(Self.name, epochs: .kept) { _, _ in
          throw Refused()
        } committed: { _ in
        }
      }
      #expect(try await store.read { try $0.accountCount() } == 2)
      try await store.write { try $0.save(Sample.account(3)) }
      #expect(try await store.read { try $0.accountCount() } == 3)
    }
  }

  /// Whoever logs out after a state was saved, and restores an older one over it.
  @Test(arguments: StoreKind.allCases)
  func `a state that was saved later brings its epochs along`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      let later = try #require(SnapshotName("later"))
      _ = try await Self.save(store)
      try await store.write { transaction in
        try Self.logOut(.everyone, in: transaction)
        _ = try transaction.addCutOff(before: .init(70))
      }
      _ = try await Self.save(store, later)
      try await Self.restore(store, .asSaved)
      try await Self.restore(store, .kept, later)
      #expect(try await store.read { try $0.epoch(of: .everyone) } == 1)
      #expect(try await store.read { try $0.cutOffs() } == Sample.cutOffs((1, 70)))
      #expect(try await store.read { try $0.firstLogout(of: .everyone, after: 0) } != nil)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a cut-off gets no earlier, unless that is asked for`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      _ = try await store.write { try $0.addCutOff(before: .init(30)) }
      _ = try await Self.save(store)
      _ = try await store.write { try $0.addCutOff(before: .init(70)) }
      try await Self.restore(store)
      #expect(try await store.read { try $0.cutOffs() } == Sample.cutOffs((2, 70)))
      try await Self.restore(store, .asSaved)
      #expect(try await store.read { try $0.cutOffs() } == Sample.cutOffs((1, 30)))
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `short reads see the restored state at once`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      _ = try await Self.save(store)
      for number in 2...20 {
        try await store.write { try $0.save(Sample.account(number)) }
        #expect(try await store.readBriefly { try $0.accountCount() } == 2)
        try await Self.restore(store)
        #expect(try await store.readBriefly { try $0.accountCount() } == 1)
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `writers who never pause keep no restore waiting`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      _ = try await Self.save(store)
      try await withThrowingTaskGroup { group in
        for number in 2...9 {
          group.addTask {
            while !Task.isCancelled {
              try await store.write { try $0.save(Sample.account(number)) }
            }
          }
        }
        for _ in 1...5 { try await Self.restore(store) }
        group.cancelAll()
        try await group.waitForAll()
      }
      try await Self.restore(store)
      #expect(try await store.read { try $0.accountCount() } == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `whoever wrote meanwhile finds that the restore was told of before`(kind: StoreKind)
    async throws
  {
    try await Self.withState(kind) { store in
      _ = try await Self.save(store)
      let order = Order()
      _ = try await store.restoreSnapshot(Self.name, epochs: .kept) { _, info in
        order.begin { try await store.write { _ in order.add("a write") } }
        // It waits for the writer by now, mostly.
        usleep(50_000)
        return info
      } committed: { info in
        usleep(50_000)
        order.add("told of \(info.name.text)")
      }
      #expect(try await order.whenDone() == ["told of paired", "a write"])
    }
  }

  /// What happened, and what goes on beside it.
  private final class Order: Sendable {
    private let words = Mutex<[String]>([])
    private let task = Mutex<Task<Void, any Error>?>(nil)

    func add(_ word: String) { self.words.withLock { $0.append(word) } }

    func begin(_ body: @escaping @Sendable () async throws -> Void) {
      let task = Task(operation: body)
      self.task.withLock { $0 = task }
    }

    func whenDone() async throws -> [String] {
      try await self.task.withLock { $0 }?.value
      return self.words.withLock { $0 }
    }
  }

  @Test func `saves, restores and removals of one name at once harm nobody`() async throws {
    try await Self.withState(.sqlite) { store in
      _ = try await Self.save(store)
      try await withThrowingTaskGroup { group in
        for _ in 1...4 {
          group.addTask { for _ in 1...10 { _ = try await Self.save(store) } }
        }
        for _ in 1...2 {
          group.addTask { for _ in 1...10 { try await Self.restore(store) } }
        }
        group.addTask {
          for _ in 1...20 {
            let names = try await store.snapshots().snapshots.map(\.name)
            #expect(names == [Self.name])
          }
        }
        try await group.waitForAll()
      }
      try await Self.restore(store)
      #expect(try await store.read { try $0.accountCount() } == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `snapshots are listed by name, replaced and removed`(kind: StoreKind) async throws {
    try await Self.withState(kind) { store in
      let other = try #require(SnapshotName("another.one"))
      #expect(try await store.snapshots().snapshots == [])
      #expect(try await Self.restore(store) == nil)
      let first = try await Self.save(store).info
      let second = try await Self.save(store, other).info
      #expect(try await store.snapshots().snapshots == [second, first])
      #expect(first.byteCount > 0)
      try await store.write { try $0.save(Sample.account(2)) }
      let replaced = try await Self.save(store)
      #expect(!replaced.isNew)
      try await Self.restore(store, .kept, other)
      #expect(try await store.read { try $0.accountCount() } == 1)
      try await Self.restore(store)
      #expect(try await store.read { try $0.accountCount() } == 2)
      #expect(try await store.removeSnapshot(other))
      #expect(try await store.removeSnapshot(other) == false)
      #expect(try await store.snapshots().snapshots.map(\.name) == [Self.name])
    }
  }

  @Test(arguments: [
    ("a", true), ("paired.2", true), ("A-b_c", true), (String(repeating: "x", count: 64), true),
    (String(repeating: "x", count: 65), false), ("", false), (".", false), ("..", false),
    (".x", false), ("a/b", false), ("../x", false), ("a b", false), ("a\0", false), ("ä", false),
    ("-x", false),
  ])
  func `a name is that of a file in its folder`(text: String, isName: Bool) {
    #expect((SnapshotName(text) != nil) == isName)
  }
}
