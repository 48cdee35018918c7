import CloudCore
import CloudStore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// Many refreshes of one token at once, under every rotation and in every store.
@Suite(.timeLimit(.minutes(5))) struct ConcurrentRefreshTests {
  enum Kind: CaseIterable { case memory, sqlite }

  static let rotations: [RotationPolicy] = [
    .strict, .grace(windowMilliseconds: 0), .grace(windowMilliseconds: 30_000),
    .idempotent(windowMilliseconds: 0), .idempotent(windowMilliseconds: 30_000), .retireOnUse,
    .reusable,
  ]
  private static let parallel = 24

  /// Runs the body with a cloud whose clients have this rotation.
  private func with(
    _ kind: Kind, _ rotation: RotationPolicy, _ body: (TestCloud) async throws -> Void
  ) async throws {
    let clients = OAuthClient.builtIn(TokenPolicy(rotation: rotation))
    guard kind == .sqlite else { return try await body(TestCloud(clients: clients)) }
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(folder: folder.path)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(TestCloud(clients: clients, store: store)))
    } catch {
      result = .failure(error)
    }
    try await store.close()
    try result.get()
  }

  /// Presents all of them at once.
  ///
  /// - Returns: The refresh tokens that were given.
  private func present(_ tokens: [String], to cloud: TestCloud) async throws -> [String] {
    try await withThrowingTaskGroup(of: String?.self) { group in
      for token in tokens {
        group.addTask {
          let answer = try await cloud.refresh(token)
          guard answer.status != 200 else { return try TestCloud.tokens(answer).refresh }
          #expect(answer.status == 400)
          #expect(try answer.string("error") == "invalid_grant")
          return nil
        }
      }
      var given: [String] = []
      for try await token in group { given += [token].compactMap(\.self) }
      return given
    }
  }

  private func session(of tokens: TestCloud.Tokens, in cloud: TestCloud) async throws -> SessionID {
    let answer = try await cloud.request(.get, "/v1/session", token: tokens.access)
    return try #require(try answer.string("session_id").flatMap { SessionID($0) })
  }

  /// Those of the tokens that the session's next rotation would start from.
  private func live(
    among tokens: [String], of session: SessionID, in cloud: TestCloud
  ) async throws -> Set<String> {
    let record = try #require(try await cloud.store.read { try $0.session(session) })
    guard record.end == nil else { return [] }
    return Set(tokens).filter { TokenHash(ofToken: Secret($0)) == record.liveHash }
  }

  @Test(arguments: Kind.allCases, rotations)
  func `requests that meet leave one live successor, and none is a 5xx`(
    kind: Kind, rotation: RotationPolicy
  ) async throws {
    try await self.with(kind, rotation) { cloud in
      let app = try await cloud.newOwner()
      let session = try await self.session(of: app, in: cloud)
      let given = try await self.present(
        Array(repeating: app.refresh, count: Self.parallel), to: cloud)
      let live = try await self.live(among: [app.refresh] + given, of: session, in: cloud)
      switch rotation {
      case .strict, .grace(windowMilliseconds: 0):
        // The second one to come is a thief for all that the cloud knows.
        #expect(given.count == 1)
        #expect(live.isEmpty)
        let successor = try #require(given.first)
        #expect(try await cloud.refresh(successor).string("reason") == "session_ended")
      case .grace:
        #expect(Set(given).count == Self.parallel)
        #expect(live.count == 1)
      case .idempotent, .retireOnUse:
        #expect(given.count == Self.parallel)
        #expect(Set(given) == live)
      case .reusable:
        #expect(given == Array(repeating: app.refresh, count: Self.parallel))
        #expect(live == [app.refresh])
      }
      if let live = live.first { #expect(try await cloud.refresh(live).status == 200) }
    }
  }

  @Test(arguments: Kind.allCases, rotations)
  func `generations that meet leave one live successor at most`(
    kind: Kind, rotation: RotationPolicy
  ) async throws {
    try await self.with(kind, rotation) { cloud in
      let app = try await cloud.newOwner()
      let session = try await self.session(of: app, in: cloud)
      var known = [app.refresh]
      for _ in 0..<4 {
        known += try await self.present(Array(known.suffix(3) + known.suffix(3)), to: cloud)
        let live = try await self.live(among: known, of: session, in: cloud)
        let hasEnded = try await cloud.store.read { try $0.session(session)?.end } != nil
        #expect(live.count == (hasEnded ? 0 : 1))
      }
    }
  }
}
