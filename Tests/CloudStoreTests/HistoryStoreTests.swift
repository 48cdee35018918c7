import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@Suite struct HistoryStoreTests {
  private static func event(
    _ generation: UInt64, _ word: SessionEvent.Word = .rotation, origin: EventOrigin = .operator,
    end: SessionEnd? = nil
  ) -> SessionEvent {
    SessionEvent(
      at: .init(generation * 10), word: word, generation: generation, origin: origin, end: end)
  }

  private static func withSessions(
    _ kind: StoreKind, count: Int = 2, _ body: (any CloudStore) async throws -> Void
  ) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        for number in 1...count { try transaction.save(Sample.session(number, account: 1)) }
      }
      try await body(store)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a history keeps every field in its order, each session's its own`(
    kind: StoreKind
  ) async throws {
    try await Self.withSessions(kind) { store in
      let origin = EventOrigin.client(
        RemoteAddress("192.0.2.1"), certificate: Sample.hash(3).digest)
      let events = [
        Self.event(1, .login, origin: .client(RemoteAddress("::1"), certificate: nil)),
        Self.event(1, origin: origin), Self.event(2, .repetition, origin: origin),
        Self.event(2, .end, end: .replayed),
      ]
      for event in events {
        try await store.write { try $0.append(event, to: Sample.sessionID(1), keeping: 10) }
      }
      try await store.write { try $0.append(events[1], to: Sample.sessionID(2), keeping: 10) }
      let history = try await store.read { try $0.history(of: Sample.sessionID(1)) }
      #expect(history.map(\.event) == events)
      #expect(history.map(\.number) == [1, 2, 3, 4])
      #expect(try await store.read { try $0.history(of: Sample.sessionID(2)).count } == 1)
      #expect(try await store.read { try $0.history(of: Sample.sessionID(3)) } == [])
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a long history keeps its first and its newest events`(kind: StoreKind) async throws {
    try await Self.withSessions(kind) { store in
      try await store.write { transaction in
        for generation in 1...100 as ClosedRange<UInt64> {
          try transaction.append(Self.event(generation), to: Sample.sessionID(1), keeping: 10)
        }
        for _ in 1...50 {
          try transaction.append(
            Self.event(101, .repetition), to: Sample.sessionID(1), keeping: 10)
        }
      }
      let numbers = try await store.read { try $0.history(of: Sample.sessionID(1)) }
        .map { Int($0.number) }
      #expect(numbers == [1] + Array(142...150))
      try await store.write { transaction in
        for generation in 101...115 as ClosedRange<UInt64> {
          try transaction.append(Self.event(generation), to: Sample.sessionID(1), keeping: 10)
        }
      }
      let count = try await store.read { try $0.history(of: Sample.sessionID(1)).count }
      #expect((10...26).contains(count))
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a body that throws leaves no trace in histories and marks`(kind: StoreKind) async throws {
    try await Self.withSessions(kind) { store in
      try await store.write { transaction in
        for generation in 1...10 as ClosedRange<UInt64> {
          try transaction.append(
            Self.event(generation, .repetition), to: Sample.sessionID(1), keeping: 10)
        }
      }
      let before = try await store.read { try $0.history(of: Sample.sessionID(1)) }
      struct Refused: Error {}
      await #expect(throws: Refused.self) {
        try await store.write { transaction in
          for _ in 1...3 {
            try transaction.append(
              Self.event(11, .repetition), to: Sample.sessionID(1), keeping: 10)
          }
          try transaction.append(Self.event(1), to: Sample.sessionID(2), keeping: 10)
          try transaction.advanceAccessMark(of: .everyone)
          throw Refused()
        }
      }
      #expect(try await store.read { try $0.history(of: Sample.sessionID(1)) } == before)
      #expect(try await store.read { try $0.history(of: Sample.sessionID(2)) } == [])
      #expect(try await store.read { try $0.state(of: Sample.sessionID(1))?.accessMark } == 0)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `the history of a dead session goes with it`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.session(1, account: 1, end: .revoked))
        try transaction.append(Self.event(1), to: Sample.sessionID(1), keeping: 10)
        try transaction.removeDeadSessions(of: Sample.accountID(1), rotatedBefore: .init(.max))
      }
      #expect(try await store.read { try $0.history(of: Sample.sessionID(1)) } == [])
    }
  }

  @Test(
    arguments: StoreKind.allCases,
    [
      AccessScope.everyone, .kind(.camera), .client("relink-camera"), .account(Sample.accountID(1)),
      .device(Sample.deviceID(1)), .session(Sample.sessionID(1)),
    ])
  func `a mark is the newest of whatever covers the session, and of nothing else`(
    kind: StoreKind, scope: AccessScope
  ) async throws {
    try await kind.withStore { store in
      let session = Sample.session(
        1, account: 1, kind: .camera, device: Sample.deviceID(1))
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(session)
      }
      func mark() async throws -> UInt64? {
        let marks = try await store.read {
          [try $0.accessMark(of: session), try $0.state(of: session.id)?.accessMark]
        }
        #expect(marks[0] == marks[1])
        return marks[0]
      }
      let scope = scope == .client("relink-camera") ? .client(session.clientID) : scope
      #expect(try await mark() == 0)
      try await store.write { try $0.advanceAccessMark(of: scope) }
      #expect(try await mark() == 1)
      for other: AccessScope in [
        .kind(.scale), .client("another"), .account(Sample.accountID(2)),
        .device(Sample.deviceID(2)), .session(Sample.sessionID(2)),
      ] {
        try await store.write { try $0.advanceAccessMark(of: other) }
      }
      #expect(try await mark() == 1)
      try await store.write { try $0.advanceAccessMark(of: .everyone) }
      #expect(try await mark() == 7)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `the state of a session is what its record says`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let session = Sample.session(1, account: 1, end: .spent)
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(session)
      }
      #expect(
        try await store.read { try $0.state(of: session.id) }
          == SessionState(
            generation: session.generation, confirmedGeneration: session.confirmedGeneration,
            end: .spent, clientID: session.clientID, accessMark: 0))
      #expect(try await store.read { try $0.state(of: Sample.sessionID(2)) } == nil)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `sessions are paged by id, and only those that are asked for`(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        for number in 1...2 { try transaction.save(Sample.account(number)) }
        for number in 1...9 {
          try transaction.save(
            Sample.session(
              number, account: number % 2 + 1, kind: number % 3 == 0 ? .camera : .app,
              device: number == 6 ? Sample.deviceID(1) : nil, end: number == 5 ? .revoked : nil))
        }
      }
      func pages(_ filter: SessionFilter, of limit: Int) async throws -> [SessionID] {
        var ids: [SessionID] = []
        while true {
          let page = try await store.read { [last = ids.last] in
            try $0.sessions(where: filter, after: last, limit: limit)
          }
          #expect(page.count <= limit)
          ids += page.map(\.id)
          if page.count < limit { return ids }
        }
      }
      let all = (1...9).map { Sample.sessionID($0) }
      #expect(try await pages(SessionFilter(), of: 2) == all.sorted())
      #expect(
        try await Set(pages(SessionFilter(account: Sample.accountID(1)), of: 3))
          == Set([2, 4, 6, 8].map { Sample.sessionID($0) }))
      #expect(
        try await Set(pages(SessionFilter(kind: .camera), of: 1))
          == Set([3, 6, 9].map { Sample.sessionID($0) }))
      #expect(
        try await pages(
          SessionFilter(account: Sample.accountID(1), device: Sample.deviceID(1)), of: 9)
          == [Sample.sessionID(6)])
      #expect(try await pages(SessionFilter(client: "nobody"), of: 9) == [])
    }
  }
}
