import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// Requests that meet in a store.
@Suite(.timeLimit(.minutes(5)))
struct ConcurrentCloudTests {
  /// A fixture's records and keys, carried over into a store, with a token to use there.
  private struct Prepared {
    let cloud: Cloud
    let now: UnixMilliseconds
    let account: Account
    let app: Session
    let pairingToken: PairingTokenRecord
    let pairingSecret: Secret
    let code: AuthorizationCodeRecord
    let codeSecret: Secret

    init() throws {
      let fixture = CloudFixture()
      self.account = try fixture.register(EmailAddress("owner@example.org")!)
      let tokens = try fixture.signIn(self.account.email)
      let secret = try fixture.pairingToken(by: tokens)
      let code = try fixture.authorizationCode(of: self.account.email)
      self.pairingSecret = secret
      self.codeSecret = code
      (self.app, self.pairingToken, self.code) = try fixture.transaction { transaction in
        (
          try #require(try transaction.session(tokens.session)),
          try #require(try transaction.pairingToken(hash: TokenHash(ofToken: secret))),
          try #require(try transaction.authorizationCode(hash: TokenHash(ofToken: code)))
        )
      }
      self.cloud = fixture.cloud
      self.now = fixture.now
    }

    func save(in transaction: any StoreTransaction) throws {
      try transaction.save(self.account)
      try transaction.save(self.app)
      try transaction.save(self.pairingToken)
      try transaction.save(self.code)
    }
  }

  /// Sends all the requests at once.
  private func send(
    _ requests: [(TokenRequest, DeviceCertificate?)], to cloud: Cloud, of store: any CloudStore,
    at now: UnixMilliseconds
  ) async throws -> [TokenOutcome] {
    try await withThrowingTaskGroup(of: TokenOutcome.self) { group in
      for (request, certificate) in requests {
        group.addTask {
          try await store.write { transaction in
            var random = SystemRandomNumberGenerator()
            return try cloud.token(
              request, certificate: certificate, in: transaction, at: now, random: &random)
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `of two devices with one pairing token at once exactly one wins`(
    kind: StoreKind
  ) async throws {
    let prepared = try Prepared()
    try await kind.withStore { store in
      try await store.write { try prepared.save(in: $0) }
      let outcomes = try await self.send(
        [1, 2, 3, 4].map { number in
          (
            .pairing(
              token: prepared.pairingSecret, clientID: "relink-camera", model: "RC-1",
              firmwareVersion: "1.0.0"), CloudFixture.certificate(number)
          )
        }, to: prepared.cloud, of: store, at: prepared.now)
      #expect(outcomes.filter { $0.refusal == nil }.count == 1)
      #expect(
        outcomes.compactMap(\.refusal?.reason) == [
          .pairingTokenUsed, .pairingTokenUsed, .pairingTokenUsed,
        ])
      #expect(try await store.read { try $0.devices(of: prepared.account.id) }.count == 1)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `concurrent refreshes are all answered with one successor`(kind: StoreKind) async throws {
    let prepared = try Prepared()
    try await kind.withStore { store in
      try await store.write { try prepared.save(in: $0) }
      let camera = CloudFixture.certificate(1)
      let paired = try await self.send(
        [
          (
            .pairing(
              token: prepared.pairingSecret, clientID: "relink-camera", model: "RC-1",
              firmwareVersion: "1.0.0"), camera
          )
        ], to: prepared.cloud, of: store, at: prepared.now)
      let first = try paired[0].tokens()
      let request = TokenRequest.refreshToken(token: first.refreshToken, clientID: "relink-camera")
      let outcomes = try await self.send(
        Array(repeating: (request, camera), count: 50), to: prepared.cloud, of: store,
        at: prepared.now)
      #expect(try Set(outcomes.map { try $0.tokens().refreshToken }).count == 1)
      #expect(try await store.read { try $0.session(first.session)?.generation } == 2)
    }
  }

  @Test(arguments: StoreKind.allCases)
  func `a code that is used twice at once ends as a session that is revoked`(
    kind: StoreKind
  ) async throws {
    let prepared = try Prepared()
    try await kind.withStore { store in
      try await store.write { try prepared.save(in: $0) }
      let request = TokenRequest.authorizationCode(
        code: prepared.codeSecret, redirectURI: CloudFixture.redirectURI,
        clientID: "relink-app", codeVerifier: CloudFixture.codeVerifier)
      let outcomes = try await self.send(
        [(request, nil), (request, nil)], to: prepared.cloud, of: store, at: prepared.now)
      let granted = outcomes.compactMap { try? $0.tokens() }
      #expect(granted.count == 1)
      let session = try #require(granted.first?.session)
      #expect(try await store.read { try $0.session(session)?.end } == .revoked)
    }
  }
}
