import DeviceProtocol
import GRDB
import TestSupport
import Testing

@testable import CloudCore
@testable import CloudStore

/// What stores keep for logouts of regions and of what was issued before a time, and the audit log.
@Suite(.timeLimit(.minutes(5)))
struct LogoutStoreTests {
  @Test(arguments: StoreKind.allCases)
  func `a region's epoch binds the accounts that are there at the time`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      var account = Sample.account(1)
      account.region = Sample.otherRegion
      let moved = account
      try await store.write {
        try $0.save(moved)
        try $0.save(Sample.account(2))
        #expect(try $0.advanceEpoch(of: .region(Sample.otherRegion)) == 1)
      }
      func region(_ number: Int) async throws -> UInt64 {
        try await store.read { reader in
          try reader.epochs(
            for: EpochSubject(
              kind: .app, account: Sample.accountID(number), device: nil, session: nil)
          ).region
        }
      }
      #expect(try await [region(1), region(2), region(3)] == [1, 0, 0])
      #expect(try await store.read { try $0.account(moved.id) } == moved)
      #expect(try await store.read { try $0.hasAccount(in: Sample.otherRegion) })
      var back = moved
      back.region = .standard
      let former = back
      try await store.write { try $0.save(former) }
      #expect(try await region(1) == 0)
      #expect(try await !store.read { try $0.hasAccount(in: Sample.otherRegion) })
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a scope reaches the live sessions that it names, and no others`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      var account = Sample.account(1)
      account.region = Sample.otherRegion
      let moved = account
      try await store.write {
        try $0.save(moved)
        for number in [2, 3] { try $0.save(Sample.account(number)) }
        for number in [1, 2, 3] { try $0.save(Sample.session(number, account: number)) }
        try $0.save(Sample.session(4, account: 1))
        try $0.save(Sample.session(5, account: 1, end: .revoked))
      }
      for (scope, accounts, sessions) in [
        (.region(Sample.otherRegion), 1, 2), (.region(.standard), 2, 2), (.everyone, 3, 4),
        (.account(Sample.accountID(1)), 1, 2), (.session(Sample.sessionID(5)), 0, 0),
      ] as [(RevocationScope, UInt64, UInt64)] {
        let reach = try await store.read {
          try $0.liveReach(of: scope, before: UnixMilliseconds(0))
        }
        #expect(reach.accounts == accounts, "\(scope)")
        #expect(reach.sessions.values.reduce(0, +) == sessions, "\(scope)")
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `those cut-offs are kept that no later one reaches back as far as`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      #expect(try await store.read { try $0.cutOffs() } == CutOffs())
      let steps: [(time: UInt64, left: [(UInt64, UInt64)])] = [
        (500, [(1, 500)]), (400, [(1, 500), (2, 400)]), (400, [(1, 500), (3, 400)]),
        (501, [(4, 501)]), (1, [(4, 501), (5, 1)]),
        (CutOff.whenever.value, [(6, CutOff.whenever.value)]),
        (7, [(6, CutOff.whenever.value), (7, 7)]),
      ]
      for (time, left) in steps {
        let epoch = try await store.write { try $0.addCutOff(before: UnixMilliseconds(time)) }
        let cutOffs = try await store.read { try $0.cutOffs() }
        #expect(cutOffs.steps.map(\.epoch) == left.map(\.0))
        #expect(cutOffs.steps.map(\.before.value) == left.map(\.1))
        #expect(cutOffs.epoch == epoch)
        #expect(try await store.read { try $0.epoch(of: .issuedBefore) } == epoch)
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a session is judged by the cut-offs after its token alone`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        for number in 0...3 {
          var session = Sample.session(number + 1, account: 1)
          session.epochs.issuedBefore = UInt64(number)
          session.liveMintedAt = .init(200)
          try transaction.save(session)
        }
        for time in [300, 250, 100] as [UInt64] {
          _ = try transaction.addCutOff(before: .init(time))
        }
      }
      let live = try await store.read { reader in
        try (1...4).filter { try reader.isLoggedIn(reader.session(Sample.sessionID($0))!) }
      }
      #expect(live == [3, 4])
      #expect(try await store.read { try $0.liveSessionCounts() } == [.app: 2])
      let reach = try await store.read {
        try $0.liveReach(of: .issuedBefore, before: CutOff.whenever)
      }
      #expect(reach.sessions == [.app: 2])
    }
  }

  @Test(arguments: StoreKind.allCases, [1_999, 2_500, 3_001] as [UInt64])
  func `a session is live whose live token was minted at the cut-off or later, or after it`(
    kind: StoreKind, mintedAt: UInt64
  ) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        var own = Sample.session(1, account: 1)
        own.liveMintedAt = UnixMilliseconds(mintedAt)
        try transaction.save(own)
        _ = try transaction.addCutOff(before: UnixMilliseconds(mintedAt))
      }
      #expect(try await store.read { try $0.liveSessionCounts() } == [.app: 1])
      let below = try await store.read {
        try $0.liveReach(of: .issuedBefore, before: UnixMilliseconds(mintedAt))
      }
      #expect(below == LogoutReach(accounts: 0, devices: 0, sessions: [:]))
      let above = try await store.read {
        try $0.liveReach(of: .issuedBefore, before: UnixMilliseconds(mintedAt + 1))
      }
      #expect(above == LogoutReach(accounts: 1, devices: 0, sessions: [.app: 1]))
      _ = try await store.write { try $0.addCutOff(before: UnixMilliseconds(mintedAt + 1)) }
      #expect(try await store.read { try $0.liveSessionCounts() } == [:])
      // One more rotation, after it although the clock jumped back.
      try await store.write { transaction in
        guard var rotated = try transaction.session(Sample.sessionID(1)) else { return }
        rotated.epochs.issuedBefore = try transaction.epoch(of: .issuedBefore)
        try transaction.save(rotated)
      }
      #expect(try await store.read { try $0.liveSessionCounts() } == [.app: 1])
      #expect(
        try await store.read { try $0.hasLiveSession(of: Sample.accountID(1), kind: .app) })
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `the first logout after a minting is found that reached back to it`(
    kind: StoreKind
  ) async throws {
    let far: UInt64 = 1 << 40
    // Number, when and how far back; as a restore may leave them, not in the order of their
    // numbers.
    let records: [(epoch: UInt64, at: UInt64, before: UInt64?)] = [
      (far, 200, 90), (1, 100, 50), (3, 100, nil), (2, 100, 30),
      // Whatever was minted before it: a time to come.
      (far + 7, 200, 201), (far + 8, 300, 95),
    ]
    let marks: [(at: UInt64, cutOffs: UInt64, first: UInt64?)] = [
      (49, 0, 1), (50, 0, far), (29, 1, 2), (30, 1, far), (89, 2, far), (90, 2, far + 7),
      (89, far, far + 7), (.max, far, far + 7), (94, far + 7, far + 8), (95, far + 7, nil),
      (0, far + 8, nil), (0, .max, nil),
    ]
    try await kind.withStore { store in
      #expect(
        try await store.read {
          try $0.cutOffLogout(thatReached: MintMark(at: .init(0), cutOffs: 0))
        } == nil)
      try await store.write { transaction in
        for (epoch, at, before) in records {
          try transaction.append(
            LogoutRecord(
              at: .init(at), scope: .issuedBefore, epoch: epoch, reason: "",
              before: before.map { UnixMilliseconds($0) }))
        }
        try transaction.append(
          LogoutRecord(at: .init(1), scope: .everyone, epoch: 1, reason: ""))
      }
      for (at, cutOffs, first) in marks {
        let mark = MintMark(at: .init(at), cutOffs: cutOffs)
        let found = try await store.read { try $0.cutOffLogout(thatReached: mark) }
        #expect(found?.logout.epoch == first, "\(mark)")
        #expect(found?.logout.scope == (first == nil ? nil : .issuedBefore))
        #expect(
          found?.sequence
            == first.flatMap { epoch in
              records.firstIndex { $0.epoch == epoch }.map { UInt64($0) + 1 }
            })
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `the first logout of a scope is found by its epoch, and no other target's`(
    kind: StoreKind
  ) async throws {
    let far: UInt64 = 1 << 40
    let device = RevocationScope.device(Sample.deviceID(1))
    // As a restore may leave them, not in the order of their numbers.
    let records: [(scope: RevocationScope, epoch: UInt64)] = [
      (.everyone, 1), (device, far), (.device(Sample.deviceID(2)), 2), (device, 1),
      (.kind(.camera), 3), (device, 4),
    ]
    try await kind.withStore { store in
      #expect(try await store.read { try $0.firstLogout(of: device, after: 0) } == nil)
      try await store.write { transaction in
        for (scope, epoch) in records {
          try transaction.append(
            LogoutRecord(at: .init(9), scope: scope, epoch: epoch, reason: "\(epoch)"))
        }
      }
      // One that is undone is not found.
      struct Abort: Error {}
      await #expect(throws: Abort.self) {
        try await store.write { transaction in
          try transaction.append(
            LogoutRecord(at: .init(9), scope: device, epoch: 2, reason: "undone"))
          throw Abort()
        }
      }
      for (epoch, sequence) in [
        (0, 4), (1, 6), (3, 6), (4, 2), (far - 1, 2), (far, nil), (.max, nil),
      ] as [(UInt64, UInt64?)] {
        let found = try await store.read { try $0.firstLogout(of: device, after: epoch) }
        #expect(found?.sequence == sequence, "\(epoch)")
        #expect(found?.logout.scope == (sequence == nil ? nil : device))
      }
    }
  }

  @Test func `why a token is refused is asked once, however far the logouts are apart`()
    async throws
  {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    try await store.write { transaction in
      let database = try #require(transaction as? SQLiteTransaction)
      // As after a restore.
      try database.raiseUsedCount(to: 5_000)
      let epoch = try database.addCutOff(before: .init(9_000))
      try database.append(
        LogoutRecord(
          at: .init(9_000), scope: .issuedBefore, epoch: epoch, reason: "a leak",
          before: .init(9_000)))
    }
    let session = Sample.session(1, account: 1)
    try await store.pool.read { database throws in
      var count = 0
      database.trace { _ in count += 1 }
      defer { database.trace(options: []) }
      let refusal = try SQLiteTransaction(database: database, path: store.path).logoutRefusal(
        of: session.epochs, mintedAt: session.liveMintedAt, for: session.epochSubject)
      guard case .loggedOut(let record) = refusal else {
        Issue.record("\(String(describing: refusal))")
        return
      }
      #expect(record?.epoch == 5_001)
      #expect(count < 10)
    }
    try await store.close()
  }

  @Test(arguments: StoreKind.allCases)
  func `the audit log is read in pages, newest first, with every field`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      let scopes: [RevocationScope] = [
        .everyone, .issuedBefore, .kind(.ifttt), .region(Sample.otherRegion),
        .account(Sample.accountID(1)), .device(Sample.deviceID(2)),
        .session(Sample.sessionID(3)),
      ]
      let records = scopes.enumerated().map { index, scope in
        LogoutRecord(
          at: UnixMilliseconds(UInt64(100 - index)), scope: scope, epoch: UInt64(index + 1),
          reason: "größer \(index)", before: scope == .issuedBefore ? .init(77) : nil,
          operatorName: "admin-token", sessionCount: index > 3 ? UInt64(index) : nil)
      }
      try await store.write { for record in records { try $0.append(record) } }
      let all = try await store.read { try $0.auditEntries(before: nil, limit: 100) }
      #expect(all.map(\.logout) == records.reversed())
      #expect(all.map(\.sequence) == (1...7).reversed())
      var pages: [AuditEntry] = []
      var before: UInt64?
      while true {
        let next = before
        let page = try await store.read { try $0.auditEntries(before: next, limit: 3) }
        guard let last = page.last else { break }
        pages += page
        before = last.sequence
      }
      #expect(pages == all)
      #expect(try await store.read { try $0.auditEntries(before: .max, limit: 1) } == [all[0]])
      #expect(
        try await store.read { try $0.firstLogout(of: .issuedBefore, after: 1) } == all[5])
    }
  }

  @Test func `a database of before each cut-off was kept, and marks were sums, kills what it did`()
    async throws
  {
    let folder = try TemporaryFolder()
    let queue = try DatabaseQueue(path: folder.path + "/cloud.sqlite")
    try Schema.migrator.migrate(queue, upTo: "v9: tokens bound to a key")
    try await queue.write { database in
      try database.execute(sql: "INSERT INTO epochs VALUES ('issued_before', '', 3, 500)")
      try database.execute(sql: "INSERT INTO epochs VALUES ('everyone', '', 2, NULL)")
      try database.execute(sql: "INSERT INTO access_marks VALUES ('everyone', 2), ('kind:app', 3)")
    }
    try queue.close()
    let store = try SQLiteStore(folder: folder.path)
    let cutOffs = try await store.read { try $0.cutOffs() }
    #expect(cutOffs == CutOffs([CutOff(epoch: 3, before: .init(500))]))
    #expect(try await store.read { try $0.epoch(of: .everyone) } == 2)
    // A token of before has at most the sum, 5, and so none of the marks of after.
    let session = Sample.session(1, account: 1)
    #expect(try await store.read { try $0.accessMark(of: session) } == 8)
    try await store.write { try $0.advanceAccessMark(of: .everyone) }
    #expect(try await store.read { try $0.accessMark(of: session) } == 9)
    try await store.close()
  }

  @Test func `a database of before there were regions keeps its sessions and logouts`()
    async throws
  {
    let folder = try TemporaryFolder()
    let path = folder.path + "/cloud.sqlite"
    let queue = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(queue, upTo: "v2: dead sessions can be removed")
    try await queue.write { database in
      let hash = CloudFixture.passwordHash.text
      try database.execute(
        sql: "INSERT INTO accounts VALUES (?, 'owner1@example.org', ?, 1)",
        arguments: [Sample.accountID(1).text, hash])
      try database.execute(
        sql: """
          INSERT INTO sessions VALUES (?, 'app', 'relink-app', ?, NULL, NULL, 5, 1, 0, 0, 0, 0, 2,
            zeroblob(32), NULL, NULL, 6, 2, NULL)
          """, arguments: [Sample.sessionID(1).text, Sample.accountID(1).text])
      try database.execute(sql: "INSERT INTO epochs VALUES ('everyone', '', 1)")
      try database.execute(sql: "INSERT INTO logouts VALUES (1, 9, 'everyone', '', 1, 'a leak')")
    }
    try queue.close()
    let store = try SQLiteStore(folder: folder.path)
    #expect(try await store.read { try $0.account(Sample.accountID(1))?.region } == .standard)
    #expect(try await store.read { try $0.liveSessionCounts() } == [.app: 1])
    // Of the second generation: minted at its last rotation.
    #expect(
      try await store.read { try $0.session(Sample.sessionID(1))?.liveMintedAt.value } == 6)
    let entries = try await store.read { try $0.auditEntries(before: nil, limit: 9) }
    #expect(entries.map(\.logout.reason) == ["a leak"])
    _ = try await store.write { try $0.advanceEpoch(of: .region(.standard)) }
    #expect(try await store.read { try $0.liveSessionCounts() } == [:])
    try await store.close()
  }
}
