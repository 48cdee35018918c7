import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// What every store does.
@Suite(.timeLimit(.minutes(5)))
struct StoreConformanceTests {
  @Test(arguments: StoreKind.allCases)
  func `an empty store knows nothing`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.read { reader throws in
        #expect(try reader.account(Sample.accountID(1)) == nil)
        #expect(try reader.accountCount() == 0)
        #expect(try reader.session(Sample.sessionID(1)) == nil)
        #expect(try reader.device(Sample.deviceID(1)) == nil)
        #expect(try reader.devices(limit: 10).isEmpty)
        #expect(try reader.pairingToken(hash: Sample.hash(1)) == nil)
        #expect(try reader.authorizationCode(hash: Sample.hash(1)) == nil)
        #expect(try reader.deviceAuthorization(hash: Sample.hash(1)) == nil)
        #expect(try reader.deviceAuthorization(userCodeHash: Sample.hash(1)) == nil)
        #expect(try reader.epoch(of: .everyone) == 0)
        #expect(try reader.logouts(limit: 10).isEmpty)
        #expect(try reader.liveSessionCounts().isEmpty)
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `an account is found by id and by address, and its hash replaced`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      let account = Sample.account(1)
      try await store.write { try $0.save(account) }
      #expect(try await store.read { try $0.account(account.id) } == account)
      #expect(
        try await store.read { try $0.account(email: EmailAddress("OWNER1@example.org")!) }
          == account)
      var changed = account
      changed.passwordHash = PasswordHash(
        text: account.passwordHash.text.replacing("AAEC", with: "BAEC"))!
      let expected = changed
      try await store.write { try $0.save(expected) }
      #expect(try await store.read { try $0.account(account.id) } == expected)
      #expect(try await store.read { try $0.accountCount() } == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a second account of one address is refused`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { try $0.save(Sample.account(1)) }
      let twin = Account(
        id: Sample.accountID(2), email: Sample.account(1).email,
        passwordHash: CloudFixture.passwordHash, createdAt: UnixMilliseconds(1))
      let error = await #expect(throws: StoreError.self) {
        try await store.write { try $0.save(twin) }
      }
      #expect(error?.code == .failed)
      #expect(try await store.read { try $0.accountCount() } == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `addresses of other bytes are other accounts, also when they look alike`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      let accounts = try ["\u{E9}@example.org", "e\u{301}@example.org"].enumerated().map {
        Account(
          id: Sample.accountID($0.offset + 1), email: try #require(EmailAddress($0.element)),
          passwordHash: CloudFixture.passwordHash, createdAt: UnixMilliseconds(1))
      }
      for account in accounts { try await store.write { try $0.save(account) } }
      for account in accounts {
        #expect(try await store.read { try $0.account(email: account.email)?.id } == account.id)
      }
    }
  }

  @Test(
    arguments: StoreKind.allCases,
    [
      .certificate(Bytes32(repeating: 7)), .dpop(Bytes32(repeating: 8)), nil,
    ] as [TokenBinding?])
  func `a session keeps every field`(kind: StoreKind, binding: TokenBinding?) async throws {
    try await kind.withStore { store in
      let bound = Sample.session(
        1, account: 1, kind: .camera, device: Sample.deviceID(1), binding: binding,
        epochs: Sample.epochs(40))
      try await store.write {
        try $0.save(Sample.account(1))
        try $0.save(bound)
      }
      #expect(try await store.read { try $0.session(bound.id) } == bound)

      var rotated = bound
      rotated.generation += 1
      rotated.previousHash = nil
      rotated.successorNonce = nil
      rotated.confirmedGeneration = 4
      rotated.rotatedAt = UnixMilliseconds(9_000)
      rotated.liveMintedAt = UnixMilliseconds(9_001)
      rotated.liveHash = Sample.hash(9)
      rotated.end = .replayed
      let expected = rotated
      try await store.write { try $0.save(expected) }
      #expect(try await store.read { try $0.session(bound.id) } == expected)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `an account has a live session of a kind until it ends or an epoch moves`(
    kind: StoreKind
  ) async throws {
    func isLive(_ account: Int, _ kind: ClientKind, in store: any CloudStore) async throws -> Bool {
      try await store.read { try $0.hasLiveSession(of: Sample.accountID(account), kind: kind) }
    }
    try await kind.withStore { store in
      try await store.write { transaction in
        for number in 1...3 { try transaction.save(Sample.account(number)) }
        try transaction.save(Sample.session(1, account: 1))
        try transaction.save(Sample.session(2, account: 1, kind: .scale, end: .revoked))
        try transaction.save(Sample.session(3, account: 2, epochs: Sample.epochs(7)))
        try transaction.save(Sample.session(4, account: 3))
      }
      #expect(try await isLive(1, .app, in: store))
      #expect(try await !isLive(1, .scale, in: store))
      #expect(try await !isLive(2, .app, in: store))
      try await store.write { try $0.save(Sample.session(1, account: 1, end: .replaced)) }
      #expect(try await !isLive(1, .app, in: store))
      #expect(try await isLive(3, .app, in: store))
      _ = try await store.write { try $0.advanceEpoch(of: .kind(.app)) }
      #expect(try await !isLive(3, .app, in: store))
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `an account's long dead sessions are dropped, but for those that are referred to`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        for number in 1...2 { try transaction.save(Sample.account(number)) }
        try transaction.save(Sample.session(1, account: 1, end: .revoked))
        try transaction.save(Sample.session(2, account: 1, epochs: Sample.epochs(7)))
        try transaction.save(Sample.session(3, account: 1))
        for number in 4...6 {
          try transaction.save(Sample.session(number, account: 1, end: .replaced))
        }
        try transaction.save(Sample.session(7, account: 2, end: .revoked))
        var device = Sample.device(1, owner: 1)
        device.session = Sample.sessionID(4)
        try transaction.save(device)
        try transaction.save(Self.pairingToken(1, by: 5, expiresAt: 9))
        var code = Self.code(1, expiresAt: 9)
        code.usedFor = Sample.sessionID(6)
        try transaction.save(code)
      }
      for (time, left) in [(3_000 as UInt64, Array(1...7)), (3_001, Array(3...7))] {
        try await store.write {
          try $0.removeDeadSessions(of: Sample.accountID(1), rotatedBefore: .init(time))
        }
        let kept = try await store.read { reader in
          try (1...7).filter { try reader.session(Sample.sessionID($0)) != nil }
        }
        #expect(kept == left)
      }
    }
  }

  @Test(
    arguments: StoreKind.allCases,
    [
      .everyone, .kind(.app), .account(Sample.accountID(1)), .session(Sample.sessionID(1)),
      .device(Sample.deviceID(1)),
    ] as [RevocationScope])
  func `a live session is one whose five epochs are the present ones`(
    kind: StoreKind, scope: RevocationScope
  ) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.session(1, account: 1, device: Sample.deviceID(1)))
        try transaction.save(
          Sample.session(2, account: 1, kind: .scale, end: .unbound))
      }
      #expect(try await store.read { try $0.liveSessionCounts() } == [.app: 1])
      _ = try await store.write { try $0.advanceEpoch(of: scope) }
      #expect(try await store.read { try $0.liveSessionCounts() } == [:])

      // One that is minted under the moved epoch lives.
      try await store.write { transaction in
        let subject = EpochSubject(
          kind: .app, account: Sample.accountID(1), device: Sample.deviceID(1),
          session: Sample.sessionID(1))
        let epochs = try transaction.epochs(for: subject)
        try transaction.save(Sample.session(1, account: 1, end: .revoked))
        try transaction.save(
          Sample.session(3, account: 1, device: Sample.deviceID(1), epochs: epochs))
        if case .session = scope {
          _ = try transaction.advanceEpoch(of: .session(Sample.sessionID(3)))
        }
      }
      #expect(try await store.read { try $0.liveSessionCounts() } == [.app: 1])
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `an epoch advances by one and touches no other scope`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let account = RevocationScope.account(Sample.accountID(1))
      #expect(try await store.write { try $0.advanceEpoch(of: account) } == 1)
      #expect(try await store.write { try $0.advanceEpoch(of: account) } == 2)
      #expect(try await store.write { try $0.advanceEpoch(of: .kind(.camera)) } == 1)
      let subject = EpochSubject(
        kind: .camera, account: Sample.accountID(1), device: nil, session: Sample.sessionID(1))
      let reading = try await store.read { try $0.epochs(for: subject) }
      #expect(reading == EpochReading(everyone: 0, kind: 1, account: 2, device: 0, session: 0))
      #expect(try await store.read { try $0.epoch(of: .account(Sample.accountID(2))) } == 0)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `logouts are listed newest first although the clock jumped back`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      let logouts = [
        LogoutRecord(at: UnixMilliseconds(9_000), scope: .everyone, epoch: 1, reason: "first"),
        LogoutRecord(at: UnixMilliseconds(5_000), scope: .everyone, epoch: 2, reason: "second"),
        LogoutRecord(
          at: UnixMilliseconds(1_000), scope: .device(Sample.deviceID(1)), epoch: 1, reason: ""),
      ]
      try await store.write { for logout in logouts { try $0.append(logout) } }
      #expect(try await store.read { try $0.logouts(limit: 2) } == [logouts[2], logouts[1]])
      for (epoch, first) in [(0, 0), (1, 1), (2, nil)] as [(UInt64, Int?)] {
        let found = try await store.read { try $0.firstLogout(of: .everyone, after: epoch) }
        #expect(found?.logout == first.map { logouts[$0] })
        #expect(found?.sequence == first.map { UInt64($0) + 1 })
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `expired tokens, codes and attempts are dropped, the others kept`(
    kind: StoreKind
  ) async throws {
    try await kind.withStore { store in
      let key = LoginAttemptKey.address(RemoteAddress("192.0.2.9"))
      let attempts = LoginAttempts(failures: 4, lastFailureAt: UnixMilliseconds(100))
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.session(1, account: 1))
        for (number, expiry) in [(1, 99 as UInt64), (2, 100)] {
          try transaction.save(Self.pairingToken(number, expiresAt: expiry))
          try transaction.save(Self.code(number, expiresAt: expiry))
        }
        try transaction.save(attempts, for: key)
        try transaction.removeExpired(before: UnixMilliseconds(100))
      }
      try await store.read { reader throws in
        #expect(try reader.pairingToken(hash: Sample.hash(1)) == nil)
        #expect(
          try reader.pairingToken(hash: Sample.hash(2)) == Self.pairingToken(2, expiresAt: 100))
        #expect(try reader.authorizationCode(hash: Sample.hash(1)) == nil)
        #expect(try reader.authorizationCode(hash: Sample.hash(2)) == Self.code(2, expiresAt: 100))
        #expect(try reader.loginAttempts(for: key) == attempts)
      }
      try await store.write { try $0.save(nil, for: key) }
      #expect(try await store.read { try $0.loginAttempts(for: key) } == nil)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a token or code keeps who used it`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      var token = Self.pairingToken(1, expiresAt: 9)
      var code = Self.code(1, expiresAt: 9)
      try await store.write { [token, code] transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.session(1, account: 1))
        try transaction.save(token)
        try transaction.save(code)
      }
      token.usedBy = Sample.deviceID(5)
      code.usedFor = Sample.sessionID(1)
      try await store.write { [token, code] transaction in
        try transaction.save(token)
        try transaction.save(code)
      }
      #expect(try await store.read { try $0.pairingToken(hash: Sample.hash(1)) } == token)
      #expect(try await store.read { try $0.authorizationCode(hash: Sample.hash(1)) } == code)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a body that throws leaves no trace of any of its writes`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.device(1, owner: 1))
        _ = try transaction.insert(Sample.motion(1, device: 1))
      }
      struct Refused: Error {}
      await #expect(throws: Refused.self) {
        try await store.write { transaction in
          try transaction.save(Sample.account(2))
          try transaction.save(Sample.session(1, account: 1))
          try transaction.save(Sample.device(1, owner: 2))
          try transaction.removeRecordings(of: Sample.deviceID(1))
          _ = try transaction.insert(Sample.motion(2, device: 1))
          try transaction.save(Self.pairingToken(1, expiresAt: 9))
          try transaction.save(Self.code(1, expiresAt: 9))
          try transaction.append(
            LogoutRecord(
              at: UnixMilliseconds(1), scope: .everyone,
              epoch: try transaction.advanceEpoch(of: .everyone), reason: "undone"))
          try transaction.save(
            LoginAttempts(failures: 1, lastFailureAt: UnixMilliseconds(1)),
            for: .account(Sample.account(1).email))
          throw Refused()
        }
      }
      try await store.read { reader throws in
        #expect(try reader.accountCount() == 1)
        #expect(try reader.account(email: Sample.account(2).email) == nil)
        #expect(try reader.session(Sample.sessionID(1)) == nil)
        #expect(try !reader.hasLiveSession(of: Sample.accountID(1), kind: .app))
        #expect(try reader.devices(of: Sample.accountID(1)) == [Sample.device(1, owner: 1)])
        #expect(try reader.devices(of: Sample.accountID(2)).isEmpty)
        #expect(
          try reader.motions(of: Sample.deviceID(1), limit: 9) == [Sample.motion(1, device: 1)])
        #expect(try reader.pairingToken(hash: Sample.hash(1)) == nil)
        #expect(try reader.authorizationCode(hash: Sample.hash(1)) == nil)
        #expect(try reader.epoch(of: .everyone) == 0)
        #expect(try reader.logouts(limit: 1).isEmpty)
        #expect(try reader.loginAttempts(for: .account(Sample.account(1).email)) == nil)
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a body that returns nil keeps its writes`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let nothing: Int? = try await store.write {
        try $0.save(Sample.account(1))
        return nil
      }
      #expect(nothing == nil)
      #expect(try await store.read { try $0.accountCount() } == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `concurrent bodies run one after the other`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await withThrowingTaskGroup(of: UInt64.self) { group in
        for _ in 0..<200 {
          group.addTask { try await store.write { try $0.advanceEpoch(of: .everyone) } }
        }
        var epochs: Set<UInt64> = []
        for try await epoch in group { epochs.insert(epoch) }
        #expect(epochs == Set(1...200))
      }
      #expect(try await store.read { try $0.epoch(of: .everyone) } == 200)
    }
  }

  static func pairingToken(
    _ number: Int, by maker: Int = 1, expiresAt: UInt64
  ) -> PairingTokenRecord {
    PairingTokenRecord(
      hash: Sample.hash(number), account: Sample.accountID(1), createdBy: Sample.sessionID(maker),
      epochs: Sample.epochs(10), issuedAt: UnixMilliseconds(7),
      expiresAt: UnixMilliseconds(expiresAt), nickname: "Küche",
      relinkPolicy: .pair, usedBy: nil)
  }

  static func code(_ number: Int, expiresAt: UInt64) -> AuthorizationCodeRecord {
    AuthorizationCodeRecord(
      hash: Sample.hash(number), account: Sample.accountID(1), epochs: Sample.epochs(20),
      issuedAt: UnixMilliseconds(8),
      clientID: "relink-app", redirectURI: "relink://callback",
      codeChallenge: CloudFixture.codeChallenge, dpopKey: Bytes32(repeating: UInt8(number)),
      expiresAt: UnixMilliseconds(expiresAt), usedFor: nil)
  }
}
