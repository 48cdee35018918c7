import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// Sessions that are over by their client's policy, which a store is told of.
@Suite(.timeLimit(.minutes(5)))
struct SessionExpiryTests {
  /// Of a session that was opened at 2,000 and last rotated at 3,000.
  static let expiries: [(rotatedBy: UInt64?, createdBy: UInt64?, isOver: Bool)] = [
    (nil, nil, false), (2_999, nil, false), (3_000, nil, true), (3_001, nil, true),
    (nil, 1_999, false), (nil, 2_000, true), (2_999, 1_999, false), (2_999, 2_000, true),
    (3_000, 1_999, true),
  ]

  private static func expiry(_ index: Int, of clientID: String) -> SessionExpiry {
    SessionExpiry(
      clientID: clientID, rotatedBy: expiries[index].rotatedBy.map { UnixMilliseconds($0) },
      createdBy: expiries[index].createdBy.map { UnixMilliseconds($0) })
  }

  @Test(arguments: StoreKind.allCases, expiries.indices)
  func `a session that is over is no live one, and its client's alone is`(
    kind: StoreKind, index: Int
  ) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        try transaction.save(Sample.session(1, account: 1))
        try transaction.save(Sample.session(2, account: 1, kind: .scale))
        try transaction.save(Sample.session(3, account: 1, kind: .camera, end: .revoked))
      }
      let expired = [
        Self.expiry(index, of: "relink-app"),
        SessionExpiry(
          clientID: "relink-kettle", rotatedBy: UnixMilliseconds(9_000), createdBy: nil),
      ]
      let isOver = Self.expiries[index].isOver
      try await store.read { reader throws in
        #expect(
          try reader.hasLiveSession(of: Sample.accountID(1), kind: .app, besides: expired)
            != isOver)
        #expect(
          try reader.hasLiveSession(of: Sample.accountID(1), kind: .scale, besides: expired))
        #expect(
          try !reader.hasLiveSession(of: Sample.accountID(1), kind: .camera, besides: expired))
        #expect(
          try reader.liveSessionCounts(besides: expired)
            == (isOver ? [.scale: 1] : [.app: 1, .scale: 1]))
        let scopes: [(RevocationScope, [ClientKind])] = [
          (.everyone, [.app, .scale]), (.kind(.app), [.app]), (.kind(.scale), [.scale]),
          (.region(.standard), [.app, .scale]), (.issuedBefore, [.app, .scale]),
        ]
        for (scope, kinds) in scopes {
          let reach = try reader.liveReach(
            of: scope, before: UnixMilliseconds(9_000), besides: expired)
          let live = kinds.filter { $0 == .scale || !isOver }
          #expect(Set(reach.sessions.keys) == Set(live), "\(scope)")
          #expect(reach.accounts == (live.isEmpty ? 0 : 1))
        }
      }
    }
  }

  @Test(arguments: StoreKind.allCases, expiries.indices)
  func `a session that is long over is dropped`(kind: StoreKind, index: Int) async throws {
    try await kind.withStore { store in
      try await store.write { transaction in
        try transaction.save(Sample.account(1))
        for number in 1...2 { try transaction.save(Sample.session(number, account: 1)) }
        var device = Sample.device(1, owner: 1)
        device.session = Sample.sessionID(2)
        try transaction.save(device)
        try transaction.removeDeadSessions(
          of: Sample.accountID(1), rotatedBefore: UnixMilliseconds(3_001),
          orExpired: [Self.expiry(index, of: "relink-app")])
      }
      let left = try await store.read { try $0.sessions(of: Sample.accountID(1)).map(\.id) }
      #expect(
        left
          == (Self.expiries[index].isOver
            ? [Sample.sessionID(2)] : [Sample.sessionID(1), Sample.sessionID(2)]))
    }
  }
}
