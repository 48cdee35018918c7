import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct LogoutListTests {
  let fixture = CloudFixture()
  let owners = (1...3).map { EmailAddress("owner\($0)@example.org")! }
  let apps: [GrantedTokens]
  let camera: GrantedTokens

  init() throws {
    for owner in self.owners { _ = try self.fixture.register(owner) }
    self.apps = try self.owners.map { [fixture] in try fixture.signIn($0) }
    self.camera = try self.fixture.pairedCamera(1, app: self.apps[0])
  }

  private func logOut(
    _ list: [String], skippingUnknown: Bool = false
  ) throws -> (records: [LogoutRecord], unknown: [Int]) {
    let resolved = try self.resolve(list)
    guard skippingUnknown || resolved.unknown.isEmpty else { return ([], resolved.unknown) }
    let records = try self.fixture.transaction {
      try self.fixture.cloud.logOut(
        resolved, reason: "a list", operatorName: "somebody", in: $0, at: self.fixture.now)
    }
    return (records, resolved.unknown)
  }

  /// In pieces of two.
  private func resolve(_ list: [String]) throws -> ResolvedLogoutList {
    var resolved = ResolvedLogoutList()
    var rest = list[...]
    while !rest.isEmpty {
      let piece = rest.prefix(2).map { LogoutListEntry($0) }
      rest = rest.dropFirst(2)
      resolved.add(
        try self.fixture.transaction {
          try self.fixture.cloud.resolve(piece, in: $0, at: self.fixture.now)
        })
    }
    return resolved
  }

  private var areTaken: [Bool] {
    get throws {
      try self.apps.map { app in
        if case .acceptedFirstUse = try self.fixture.authenticate(app.accessToken) {
          true
        } else {
          false
        }
      }
    }
  }

  @Test func `accounts, devices and sessions are found by address and id, with or without a word`()
    throws
  {
    let result = try self.logOut([
      self.owners[1].text.uppercased(), "session \(self.apps[2].session.text)",
      "device\t\(CloudFixture.certificate(1).deviceID.text)",
      "account \(self.apps[1].account.text)",
    ])
    #expect(result.unknown.isEmpty)
    #expect(
      result.records.map(\.scope) == [
        .account(self.apps[1].account), .session(self.apps[2].session),
        .device(CloudFixture.certificate(1).deviceID),
      ])
    #expect(result.records.map(\.sessionCount) == [1, 1, 1])
    #expect(result.records.allSatisfy { $0.reason == "a list" && $0.operatorName == "somebody" })
    #expect(try self.areTaken == [true, false, false])
    #expect(
      try self.fixture.refresh(self.camera.refreshToken, camera: 1).refusal?.reason == .loggedOut)
  }

  @Test(arguments: [
    "nobody@example.org", "device owner1@example.org", "9f0d1d7e-0000-4000-8000-000000000000", "x",
    "toaster 1", "a b c", "", "*",
  ])
  func `one unknown entry, and nobody is logged out unless it is skipped`(entry: String) throws {
    let list = [self.owners[0].text, entry, self.owners[1].text]
    #expect(try self.logOut(list).unknown == [1])
    #expect(try self.areTaken == [true, true, true])
    #expect(try self.fixture.transaction { try $0.logouts(limit: 1) }.isEmpty)
    let result = try self.logOut(list, skippingUnknown: true)
    #expect(result.unknown == [1])
    #expect(result.records.count == 2)
    #expect(try self.areTaken == [false, false, true])
  }

  @Test func `a dry run counts each session once and changes nothing`() throws {
    let list = [
      self.owners[0].text, "device \(CloudFixture.certificate(1).deviceID.text)", "nobody",
      "session \(self.apps[0].session.text)", self.owners[2].text,
    ]
    let reach = try self.resolve(list)
    #expect(
      reach.reach == LogoutReach(accounts: 2, devices: 1, sessions: [.app: 2, .camera: 1]))
    #expect(reach.unknown == [2])
    #expect(try self.areTaken == [true, true, true])
    #expect(try self.fixture.transaction { try $0.logouts(limit: 1) }.isEmpty)
  }

  @Test func `a dry run of each scope counts what its logout ends`() throws {
    let targets: [LogoutTarget] = [
      .everyone, .issuedBefore(nil), .kind(.camera), .region(.standard),
      .account(self.owners[0]), .device(CloudFixture.certificate(1).deviceID),
      .session(self.apps[1].session),
    ]
    for target in targets {
      // Each on its own: what is undone is the whole transaction.
      struct Undone: Error {}
      #expect(throws: Undone.self) {
        try self.fixture.transaction { transaction throws in
          let outcome = try self.fixture.cloud.reach(
            of: target, in: transaction, at: self.fixture.now)
          guard case .reaches(let reach, _, _) = outcome else { throw FixtureFailure() }
          let before = try transaction.liveSessionCounts(besides: [])
          _ = try self.fixture.cloud.logOut(
            target, reason: "", in: transaction, at: self.fixture.now)
          let after = try transaction.liveSessionCounts(besides: [])
          let ended = before.merging(after) { $0 - $1 }.filter { kind, count in
            count > 0 && (after[kind] != before[kind])
          }
          #expect(reach.sessions == ended, "\(target)")
          #expect(!reach.sessions.isEmpty, "\(target)")
          throw Undone()
        }
      }
    }
  }
}
