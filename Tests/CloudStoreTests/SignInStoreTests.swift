import CloudCore
import CloudStore
import DeviceProtocol
import TestSupport
import Testing

/// What every store has to do for sign-in.
@Suite(.timeLimit(.minutes(5)))
struct SignInStoreTests {
  private static func factor(_ number: Int, codes: Int = 2) -> SecondFactor {
    SecondFactor(
      account: Sample.accountID(number), sealedSecret: Array(repeating: 7, count: 48),
      createdAt: UnixMilliseconds(9), isActive: number % 2 == 0, lastUsedStep: 52_578_402,
      recoveryCodes: (0..<codes).map { Sample.hash($0) })
  }

  @Test(arguments: StoreKind.allCases)
  func `a second factor is kept, changed and removed`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        for number in 1...3 {
          try transaction.save(Sample.account(number))
          try transaction.save(Self.factor(number))
        }
        try transaction.save(Self.factor(2, codes: 0))
        try transaction.removeSecondFactor(of: Sample.accountID(3))
        try transaction.removeSecondFactor(of: Sample.accountID(3))
      }
      try await store.read { reader throws in
        #expect(try reader.secondFactor(of: Sample.accountID(1)) == Self.factor(1))
        #expect(try reader.secondFactor(of: Sample.accountID(2)) == Self.factor(2, codes: 0))
        #expect(try reader.secondFactor(of: Sample.accountID(3)) == nil)
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `old failures go, then the oldest of too many`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let keys: [LoginAttemptKey] = [
        .account(Sample.account(1).email), .address(CloudFixture.address),
        .browser(BrowserID(FixedBytes(repeating: 3))), .session(Sample.sessionID(1)),
        .secondFactor(Sample.accountID(1)), .registration(CloudFixture.address),
      ]
      try await store.write { transaction in
        for (age, key) in keys.enumerated() {
          try transaction.save(
            LoginAttempts(failures: 1, lastFailureAt: UnixMilliseconds(UInt64(100 + age))),
            for: key)
        }
        // Counted again: no longer the oldest.
        try transaction.save(
          LoginAttempts(failures: 2, lastFailureAt: UnixMilliseconds(200)), for: keys[1])
        try transaction.removeLoginAttempts(before: UnixMilliseconds(101), keeping: 3)
      }
      let kept = try await store.read { reader in
        try keys.map { try reader.loginAttempts(for: $0)?.failures }
      }
      #expect(kept == [nil, 2, nil, nil, 1, 1])
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `an account's unused codes are dropped, others are kept`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.account(2))
        try transaction.save(Sample.session(1, account: 1))
        var used = StoreConformanceTests.code(1, expiresAt: 9)
        used.usedFor = Sample.sessionID(1)
        try transaction.save(used)
        try transaction.save(StoreConformanceTests.code(2, expiresAt: 9))
        for number in 1...4 { try transaction.save(Self.device(number)) }
        try transaction.removeUnusedCodes(of: Sample.accountID(2))
      }
      try await store.read { reader throws in
        #expect(try reader.authorizationCode(hash: Sample.hash(2)) != nil)
        for number in 1...4 {
          #expect(try reader.deviceAuthorization(hash: Sample.hash(number)) != nil)
        }
      }
      try await store.write { try $0.removeUnusedCodes(of: Sample.accountID(1)) }
      try await store.read { reader throws in
        #expect(try reader.authorizationCode(hash: Sample.hash(1)) != nil)
        #expect(try reader.authorizationCode(hash: Sample.hash(2)) == nil)
        // Approved and not used; then used, denied, undecided.
        let found = try (1...4).map { try reader.deviceAuthorization(hash: Sample.hash($0)) != nil }
        #expect(found == [false, true, true, true])
      }
    }
  }

  private static func device(_ number: Int) -> DeviceAuthorizationRecord {
    DeviceAuthorizationRecord(
      hash: Sample.hash(number), userCodeHash: Sample.hash(100 + number), clientID: "relink-app",
      expiresAt: UnixMilliseconds(9), intervalSeconds: 5,
      usedFor: number == 2 ? Sample.sessionID(1) : nil,
      decision: number < 3
        ? .approved(
          Sample.accountID(1),
          EpochReading(everyone: 0, kind: 0, account: 0, device: 0, session: 0),
          at: UnixMilliseconds(1)) : number == 3 ? .denied : nil)
  }
}
