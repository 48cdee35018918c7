import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

struct KeyRotationTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!

  init() throws {
    self.fixture.useJWTs()
    _ = try self.fixture.register(self.owner)
  }

  private func rotate(
    to pair: SigningKeyPair? = nil, lead: UInt32
  ) throws -> SigningKeyView {
    let pair = pair ?? .es256(random: &self.fixture.random)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.rotateSigningKey(
        to: pair, leadSeconds: lead, in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
    guard case .rotated(let view) = outcome else { throw TooMany() }
    return view
  }

  private struct TooMany: Error {}

  private func published() throws -> [SigningKeyView] {
    try self.fixture.transaction {
      try self.fixture.cloud.signingKeys(in: $0, at: self.fixture.now)
    }
  }

  private func kid(of tokens: GrantedTokens) throws -> String {
    let token = try #require(JSONWebToken(parsing: tokens.accessToken.text))
    return String(decoding: try #require(token.header["kid"]?.stringBytes), as: UTF8.self)
  }

  private func isTaken(_ tokens: GrantedTokens) throws -> Bool {
    switch try self.fixture.authenticate(tokens.accessToken) {
    case .accepted, .acceptedFirstUse: true
    case .refused, .wrongKind: false
    }
  }

  @Test func `no token is refused while a key is rolled`() throws {
    var tokens = try self.fixture.signIn(self.owner)
    let first = try self.kid(of: tokens)
    let second = try self.rotate(lead: 300)
    #expect(second.state == .waiting)
    #expect(try self.published().map(\.record.id) == [first, second.record.id])
    #expect(try self.published().map(\.state) == [.signing, .waiting])

    // Every ten seconds a token, over more than the life of each of them.
    var alive: [(tokens: GrantedTokens, minted: UInt64)] = []
    var kids: [String] = []
    let start = self.fixture.now.value
    for _ in 0..<420 {
      tokens = try self.fixture.grantedTokens(
        .refreshToken(token: tokens.refreshToken, clientID: "relink-app"))
      alive.append((tokens, self.fixture.now.value))
      let kid = try self.kid(of: tokens)
      if kids.last != kid {
        kids.append(kid)
        #expect(self.fixture.now.value == start + (kids.count == 1 ? 0 : 300_000))
      }
      alive.removeAll { $0.minted + 3_600_000 <= self.fixture.now.value }
      let oldest = try #require(alive.first)
      #expect(try self.isTaken(oldest.tokens))
      // Whoever has only the published keys can check each of them.
      #expect(try self.published().map(\.record.id).contains(self.kid(of: oldest.tokens)))
      self.fixture.advance(milliseconds: 10_000)
    }
    #expect(kids == [first, second.record.id])
    #expect(try self.published().map(\.record.id) == [second.record.id])
    #expect(try self.published().map(\.state) == [.signing])
  }

  @Test func `the former key stays until its last token is dead, not a moment longer`() throws {
    let tokens = try self.fixture.signIn(self.owner)
    let next = try self.rotate(lead: 60)
    self.fixture.advance(milliseconds: 59_999)
    let last = try self.fixture.signIn(self.owner)
    #expect(try self.kid(of: last) == self.kid(of: tokens))
    self.fixture.advance(milliseconds: 1)
    #expect(try self.kid(of: self.fixture.signIn(self.owner)) == next.record.id)
    #expect(try self.published().map(\.state) == [.retired, .signing])
    self.fixture.advance(milliseconds: 3_599_998)
    #expect(try self.isTaken(last))
    self.fixture.advance(milliseconds: 1)
    #expect(try self.published().count == 2)
    self.fixture.advance(milliseconds: 1)
    #expect(try self.published().count == 1)
  }

  @Test func `a key that has retired signs nothing any more, whoever got hold of it`() throws {
    let tokens = try self.fixture.signIn(self.owner)
    let stolen = try self.fixture.transaction {
      try self.fixture.cloud.signingKey(
        in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
    _ = try self.rotate(lead: 0)
    self.fixture.advance(milliseconds: 1_000)
    let caller = try self.fixture.caller(tokens)
    let genuine = try #require(JSONWebToken(parsing: tokens.accessToken.text))
    func forge(issuedAt: UnixMilliseconds) throws -> Secret {
      let claims = AccessTokenClaims(
        kind: caller.kind, session: caller.session, account: caller.account, device: nil,
        generation: caller.generation, issuedAt: issuedAt,
        expiresAt: issuedAt.adding(seconds: 1_000_000), epochs: caller.epochs,
        binding: nil)
      let payload = genuine.payload.setting("relink", to: .text(base64URLText(claims.bytes)))
      let text = JSONWebToken.text(header: genuine.header, payload: payload) {
        SystemTokenSigner().signature(of: $0, by: .es256, privateKey: stolen.privateKey)
      }
      return Secret(try #require(text))
    }
    #expect(
      try self.fixture.authenticate(forge(issuedAt: self.fixture.now)) == .refused(.tokenUnknown))
    // One that is dated back is as good as those that were made in time, for as long as they.
    let backdated = try forge(issuedAt: caller.issuedAt)
    self.fixture.advance(milliseconds: 3_598_000)
    #expect(
      try self.fixture.authenticate(backdated) != .refused(.tokenUnknown))
    self.fixture.advance(milliseconds: 1_000)
    #expect(try self.fixture.authenticate(backdated) == .refused(.tokenUnknown))
  }

  @Test func `a longer life after a restart keeps the key published for longer`() throws {
    _ = try self.fixture.signIn(self.owner)
    let former = self.fixture.cloud.configuration
    self.fixture.cloud = Cloud(
      configuration: CloudConfiguration(
        keys: former.keys, issuer: former.issuer, clients: former.clients,
        accessTokenSeconds: 7_200))
    let tokens = try self.fixture.signIn(self.owner)
    self.fixture.cloud = Cloud(configuration: former)
    _ = try self.rotate(lead: 0)
    self.fixture.advance(milliseconds: 7_199_999)
    #expect(try self.isTaken(tokens))
    #expect(try self.published().count == 2)
  }

  @Test func `keys that wait are published, and sign in their turn`() throws {
    let first = try self.kid(of: self.fixture.signIn(self.owner))
    let late = try self.rotate(lead: 100)
    let soon = try self.rotate(lead: 50)
    #expect(
      try self.published().map(\.record.id) == [first, soon.record.id, late.record.id])
    var kids = [first]
    for _ in 0..<20 {
      self.fixture.advance(milliseconds: 10_000)
      let kid = try self.kid(of: self.fixture.signIn(self.owner))
      if kids.last != kid { kids.append(kid) }
    }
    #expect(kids == [first, soon.record.id, late.record.id])
  }

  @Test func `after the clock jumped back before every key, tokens are signed all the same`() throws
  {
    _ = try self.fixture.signIn(self.owner)
    _ = try self.rotate(lead: 0)
    self.fixture.now = UnixMilliseconds(1_000_000)
    let tokens = try self.fixture.signIn(self.owner)
    #expect(try self.isTaken(tokens))
  }

  @Test func `there is an end to the number of keys, and old ones are forgotten`() throws {
    for _ in 0..<15 { _ = try self.rotate(lead: 0) }
    #expect(try self.published().count == 16)
    #expect(throws: TooMany.self) { try self.rotate(lead: 0) }
    #expect(try self.fixture.transaction { try $0.signingKeys().count } == 16)
    self.fixture.advance(milliseconds: 2 * 86_400_000)
    #expect(try self.published().count == 1)
    _ = try self.rotate(lead: 0)
    #expect(try self.fixture.transaction { try $0.signingKeys().count } == 2)
  }

  @Test func `what the database alone holds makes no token`() throws {
    let tokens = try self.fixture.signIn(self.owner)
    let record = try #require(try self.fixture.transaction { try $0.signingKeys().first })
    // The private half is not in it.
    let privateKey = try #require(record.privateKey(opening: self.fixture.cloud.configuration.keys))
    #expect(privateKey.count == 32)
    #expect(record.sealedPrivateKey.count == 12 + 32 + 16)
    #expect(!record.sealedPrivateKey.contains(privateKey))

    // A key that somebody else put there is not believed, and other token keys begin anew.
    var random = SeededGenerator(seed: 77)
    let others = TokenKeys(random: &random)
    let foreign = SigningKeyRecord(
      .es256(random: &random), keys: others, sequence: 9, createdAt: self.fixture.now,
      signsFrom: self.fixture.now,
      longestTokenSeconds: 3_600, random: &random)
    try self.fixture.transaction { try $0.save(foreign) }
    #expect(try self.published().map(\.record.id) == [record.id])
    self.fixture.setClients(self.fixture.cloud.configuration.clients, keys: others)
    #expect(try self.published().map(\.record.id) == [foreign.id])
    #expect(
      try self.fixture.authenticate(tokens.accessToken) == .refused(.tokenUnknown))
  }

  @Test func `a key is known by its thumbprint`() throws {
    // The key of RFC 9449 §4.3 and its thumbprint of §6.1.
    let x = try #require(Base64URL.decode("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs".utf8))
    let y = try #require(Base64URL.decode("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA".utf8))
    #expect(
      SigningAlgorithm.es256.numbers(of: x + y).thumbprint
        == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
    // The key of RFC 7638 §3.1.
    let n = try #require(
      Base64URL.decode(
        ("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPeb"
          + "WKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY36"
          + "8QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4"
          + "lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw").utf8))
    #expect(
      SigningAlgorithm.rs256.numbers(of: n + [1, 0, 1]).thumbprint
        == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
  }

  @Test func `no token is refused while the algorithm changes, there and back`() throws {
    var tokens = [try self.fixture.signIn(self.owner)]
    var algorithms: [String] = []
    for pair in [try SigningKeyPair.rs256(), .es256(random: &self.fixture.random)] {
      let view = try self.rotate(to: pair, lead: 60)
      #expect(view.record.algorithm == pair.algorithm)
      #expect(
        try self.fixture.transaction {
          try self.fixture.cloud.newestSigningAlgorithm(in: $0, at: self.fixture.now)
        } == pair.algorithm)
      self.fixture.advance(milliseconds: 59_999)
      tokens.append(try self.fixture.signIn(self.owner))
      self.fixture.advance(milliseconds: 1)
      tokens.append(try self.fixture.signIn(self.owner))
    }
    for token in tokens {
      #expect(try self.isTaken(token))
      #expect(try self.published().map(\.record.id).contains(self.kid(of: token)))
      let header = try #require(JSONWebToken(parsing: token.accessToken.text)).header
      algorithms.append(String(decoding: header["alg"]?.stringBytes ?? [], as: UTF8.self))
    }
    #expect(algorithms == ["ES256", "ES256", "RS256", "RS256", "ES256"])
    #expect(try self.published().map(\.record.algorithm) == [.es256, .rs256, .es256])
  }
}
