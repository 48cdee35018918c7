import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// What a client of RFC 9449 meets over HTTP.
@Suite struct DPoPRouteTests {
  private static let origin = "https://127.0.0.1:8443"
  private let maker = ProofMaker()

  private func cloud(
    _ constraint: SenderConstraint = .dpop, requiresNonce: Bool = false
  ) -> TestCloud {
    var dpop = DPoPPolicy()
    dpop.requiresNonce = requiresNonce
    let clients = OAuthClient.builtIn().map { client in
      OAuthClient(
        id: client.id, kind: client.kind, redirectURIs: client.redirectURIs,
        policy: client.policy, senderConstraint: constraint)
    }
    return TestCloud(clients: clients, dpop: dpop)
  }

  private func code(
    of cloud: TestCloud, extra: [(String, String)] = []
  ) async throws -> String {
    try await cloud.openAccount("owner@example.org")
    let decided = try await cloud.postForm(
      "/oauth/authorize",
      TestCloud.authorizationFields + extra + [
        ("email", "owner@example.org"), ("password", TestCloud.password), ("decision", "allow"),
      ])
    let location = try #require(decided.headers[.location])
    let items = try #require(URLComponents(string: location)?.queryItems)
    return try #require(items.first { $0.name == "code" }?.value)
  }

  private func exchange(_ code: String, at cloud: TestCloud, proofs: [String]) async throws
    -> Answer
  {
    try await self.ask(
      [
        ("grant_type", "authorization_code"), ("code", code),
        ("redirect_uri", CloudFixture.redirectURI), ("client_id", "relink-app"),
        ("code_verifier", CloudFixture.codeVerifier.text),
      ], at: cloud, proofs: proofs)
  }

  private func refresh(_ token: String, at cloud: TestCloud, proofs: [String]) async throws
    -> Answer
  {
    try await self.ask(
      [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "relink-app")],
      at: cloud, proofs: proofs)
  }

  private func ask(
    _ fields: [(String, String)], at cloud: TestCloud, proofs: [String]
  ) async throws -> Answer {
    var headers = HTTPFields()
    for proof in proofs { headers.append(HTTPField(name: .dpop, value: proof)) }
    return try await cloud.postForm("/oauth/token", fields, headers: headers)
  }

  private func get(
    _ token: String, scheme: String = "DPoP", at cloud: TestCloud, proofs: [String],
    path: String = "/v1/session"
  ) async throws -> Answer {
    var headers: HTTPFields = [.authorization: "\(scheme) \(token)"]
    for proof in proofs { headers.append(HTTPField(name: .dpop, value: proof)) }
    return try await cloud.request(.get, path, headers: headers)
  }

  private func tokenProof(
    at cloud: TestCloud, id: String? = nil, nonce: String? = nil, by maker: ProofMaker? = nil,
    spoil: (inout ProofMaker.Parts) -> Void = { _ in }
  ) -> String {
    (maker ?? self.maker).proof(
      "POST", Self.origin + "/oauth/token", at: cloud.clock.now, id: id, nonce: nonce,
      spoil: spoil)
  }

  private func resourceProof(
    _ token: String?, at cloud: TestCloud, id: String? = nil, nonce: String? = nil,
    by maker: ProofMaker? = nil, spoil: (inout ProofMaker.Parts) -> Void = { _ in }
  ) -> String {
    (maker ?? self.maker).proof(
      "GET", Self.origin + "/v1/session", at: cloud.clock.now, id: id, accessToken: token,
      nonce: nonce, spoil: spoil)
  }

  private struct Tokens {
    let access: String
    let refresh: String
  }

  private func signIn(at cloud: TestCloud) async throws -> Tokens {
    let granted = try await self.exchange(
      self.code(of: cloud), at: cloud, proofs: [self.tokenProof(at: cloud)])
    try #require(granted.status == 200)
    #expect(try granted.string("token_type") == "DPoP")
    return Tokens(
      access: try #require(try granted.string("access_token")),
      refresh: try #require(try granted.string("refresh_token")))
  }

  // MARK: The right way

  @Test func `a client with a key gets tokens, uses them and renews them`() async throws {
    let cloud = self.cloud()
    let tokens = try await self.signIn(at: cloud)
    let served = try await self.get(
      tokens.access, at: cloud, proofs: [self.resourceProof(tokens.access, at: cloud)])
    #expect(served.status == 200)
    let lowercase = try await self.get(
      tokens.access, scheme: "dpop", at: cloud,
      proofs: [self.resourceProof(tokens.access, at: cloud)], path: "/v1/session?x=y")
    #expect(lowercase.status == 200)
    let renewed = try await self.refresh(
      tokens.refresh, at: cloud, proofs: [self.tokenProof(at: cloud)])
    #expect(renewed.status == 200)
    #expect(try renewed.string("token_type") == "DPoP")
  }

  @Test func `the metadata lists what may sign a proof`() async throws {
    let answer = try await self.cloud().request(.get, "/.well-known/oauth-authorization-server")
    #expect(
      try answer.json["dpop_signing_alg_values_supported"]
        == .array([.text("ES256"), .text("EdDSA")]))
  }

  @Test func `the same tokens bound to nothing are bearer tokens`() async throws {
    let cloud = self.cloud(.bearer)
    let granted = try await self.exchange(self.code(of: cloud), at: cloud, proofs: [])
    #expect(try granted.string("token_type") == "Bearer")
    let token = try #require(try granted.string("access_token"))
    #expect(
      try await self.get(token, scheme: "Bearer", at: cloud, proofs: []).status == 200)
    // Not by the other scheme (RFC 9449 §7.1).
    let answer = try await self.get(
      token, at: cloud, proofs: [self.resourceProof(token, at: cloud)])
    #expect(answer.status == 401)
    #expect(try answer.string("reason") == "wrong_scheme")
  }

  @Test func `a resource server is told the key`() async throws {
    let cloud = self.cloud()
    let tokens = try await self.signIn(at: cloud)
    let proof = try DPoPProof(
      headers: [self.tokenProof(at: cloud)],
      for: ProofTarget(method: "POST", uri: Self.origin + "/oauth/token", accessToken: nil))
    let key = Base64URL.encode(proof.keyThumbprint.bytes)
    for token in [tokens.access, tokens.refresh] {
      let answer = try await cloud.postForm(
        "/oauth/introspect",
        [
          ("token", token), ("client_id", CloudFixture.resourceServer.id),
          ("client_secret", CloudFixture.resourceServerSecret.text),
        ])
      #expect(try answer.json["cnf"] == .object([JSONMember("jkt", .string(key))]))
    }
  }

  @Test func `a token that comes with a refused proof is told in the journal, dead or alive`()
    async throws
  {
    let cloud = self.cloud()
    let tokens = try await self.signIn(at: cloud)
    func present() async throws {
      let read = try await self.get(tokens.access, at: cloud, proofs: ["garbage"])
      #expect(try read.string("reason") == "proof_malformed")
      let refresh = try await self.refresh(tokens.refresh, at: cloud, proofs: ["garbage"])
      #expect(try refresh.string("reason") == "proof_malformed")
    }
    func told() async throws -> [JSONValue] {
      let list = try await cloud.administer(.get, "/admin/v1/requests?reason=proof_malformed")
      guard case .array(let requests)? = try list.json["requests"] else { return [] }
      return requests
    }
    let claim = #"{"assertion":"no_dead_token"}"#
    func assert() async throws -> Int {
      try await cloud.administer(.post, "/admin/v1/requests/assert", body: claim).status
    }
    try await present()
    #expect(try await told().map { $0["dead_token"] } == [.boolean(false), .boolean(false)])
    #expect(try await assert() == 200)
    _ = try await cloud.administer(.post, "/admin/v1/logout", body: #"{"scope":"everyone"}"#)
    try await present()
    let dead = try await told().suffix(2)
    #expect(dead.map { $0["dead_token"] } == [.boolean(true), .boolean(true)])
    #expect(dead.allSatisfy { $0["session_id"] != nil && $0["generation"] == .integer(1) })
    #expect(dead.allSatisfy { $0["client"] == .text("relink-app") && $0["kind"] == .text("app") })
    #expect(try await assert() == 409)

    let samples = try await MetricsTests.samples(cloud.administer(.get, "/metrics").text)
    #expect(
      samples[#"relink_token_refreshes_total{outcome="proof_malformed",kind="app"}"#] == 2)
    #expect(
      samples[#"relink_token_grants_total{grant="refresh_token",outcome="proof_malformed"}"#] == 2)
  }

  // MARK: The token endpoint

  @Test func `a proof is used up by its first use`() async throws {
    let cloud = self.cloud()
    let tokens = try await self.signIn(at: cloud)
    let proof = self.tokenProof(at: cloud)
    let first = try await self.refresh(tokens.refresh, at: cloud, proofs: [proof])
    #expect(first.status == 200)
    let next = try #require(try first.string("refresh_token"))
    let second = try await self.refresh(next, at: cloud, proofs: [proof])
    #expect(second.status == 400)
    #expect(try second.string("error") == "invalid_dpop_proof")
    #expect(try second.string("reason") == "proof_replayed")
    let third = try await self.refresh(next, at: cloud, proofs: [self.tokenProof(at: cloud)])
    #expect(third.status == 200)
  }

  @Test func `a bad proof is a 400 that costs the token nothing`() async throws {
    let cloud = self.cloud()
    let tokens = try await self.signIn(at: cloud)
    let good = self.tokenProof(at: cloud)
    let cases: [([String], String)] = [
      ([good, self.tokenProof(at: cloud)], "proof_doubled"),
      (["garbage"], "proof_malformed"),
      ([String(repeating: "a", count: 10_000)], "proof_malformed"),
      ([self.tokenProof(at: cloud) { $0.set(header: "alg", .text("none")) }], "proof_algorithm"),
      ([self.tokenProof(at: cloud) { $0.set(header: "alg", .text("HS256")) }], "proof_algorithm"),
      (
        [
          self.tokenProof(at: cloud) {
            $0.set(header: "jwk", .object(self.maker.jwk + [JSONMember("d", .text("AA"))]))
          }
        ], "proof_key"
      ),
      (
        [
          self.maker.proof(
            "GET", Self.origin + "/oauth/token", at: cloud.clock.now)
        ], "proof_method"
      ),
      (
        [
          self.maker.proof("POST", "https://evil.test/oauth/token", at: cloud.clock.now)
        ], "proof_uri"
      ),
      (
        [
          self.maker.proof(
            "POST", Self.origin + "/oauth/token",
            at: UnixMilliseconds(cloud.clock.now.value - 61_000))
        ], "proof_too_old"
      ),
      (
        [
          self.maker.proof(
            "POST", Self.origin + "/oauth/token",
            at: UnixMilliseconds(cloud.clock.now.value + 11_000))
        ], "proof_too_new"
      ),
    ]
    for (proofs, reason) in cases {
      let answer = try await self.refresh(tokens.refresh, at: cloud, proofs: proofs)
      #expect(answer.status == 400)
      #expect(try answer.string("error") == "invalid_dpop_proof", "\(reason)")
      #expect(try answer.string("reason") == reason)
      #expect(answer.headers[.cacheControl] == "no-store")
    }
    let missing = try await self.refresh(tokens.refresh, at: cloud, proofs: [])
    #expect(missing.status == 400)
    #expect(try missing.string("error") == "invalid_dpop_proof")
    #expect(try missing.string("reason") == "proof_missing")
    let thief = try await self.refresh(
      tokens.refresh, at: cloud, proofs: [self.tokenProof(at: cloud, by: ProofMaker())])
    #expect(thief.status == 400)
    #expect(try thief.string("error") == "invalid_grant")
    #expect(try thief.string("reason") == "wrong_key")
    #expect(
      try await self.refresh(tokens.refresh, at: cloud, proofs: [good]).status == 200)
  }

  @Test func `a code that was asked for with a key is for that key alone`() async throws {
    let cloud = self.cloud(.bearer)
    let proof = try DPoPProof(
      headers: [self.tokenProof(at: cloud)],
      for: ProofTarget(method: "POST", uri: Self.origin + "/oauth/token", accessToken: nil))
    let key = String(decoding: Base64URL.encode(proof.keyThumbprint.bytes), as: UTF8.self)
    let form = try await cloud.request(
      .get,
      "/oauth/authorize?response_type=code&client_id=relink-app&redirect_uri="
        + "http%3A%2F%2F127.0.0.1%3A49152%2Fcallback&code_challenge=\(CloudFixture.codeChallenge)"
        + "&code_challenge_method=S256&dpop_jkt=\(key)")
    #expect(form.text.contains(#"name="dpop_jkt" value="\#(key)""#))
    let code = try await self.code(of: cloud, extra: [("dpop_jkt", key)])
    let bare = try await self.exchange(code, at: cloud, proofs: [])
    #expect(try bare.string("reason") == "proof_missing")
    let thief = try await self.exchange(
      code, at: cloud, proofs: [self.tokenProof(at: cloud, by: ProofMaker())])
    #expect(try thief.string("reason") == "wrong_key")
    let granted = try await self.exchange(
      code, at: cloud, proofs: [self.tokenProof(at: cloud)])
    #expect(granted.status == 200)
  }

  // MARK: Resources

  @Test func `a leaked token is of no use to a thief`() async throws {
    let cloud = self.cloud()
    let tokens = try await self.signIn(at: cloud)
    let thief = ProofMaker()
    let asBearer = try await self.get(tokens.access, scheme: "Bearer", at: cloud, proofs: [])
    #expect(asBearer.status == 401)
    #expect(try asBearer.string("reason") == "wrong_scheme")
    #expect(
      asBearer.headers[.wwwAuthenticate]
        == #"Bearer realm="relink", error="invalid_token", error_description="the access token is of another scheme: DPoP and Bearer do not mix", DPoP algs="ES256 EdDSA""#
    )
    // Nor with a proof beside it.
    let both = try await self.get(
      tokens.access, scheme: "Bearer", at: cloud,
      proofs: [self.resourceProof(tokens.access, at: cloud)])
    #expect(try both.string("reason") == "wrong_scheme")
    let own = try await self.get(
      tokens.access, at: cloud,
      proofs: [self.resourceProof(tokens.access, at: cloud, by: thief)])
    #expect(own.status == 401)
    #expect(try own.string("error") == "invalid_token")
    #expect(try own.string("reason") == "wrong_key")
    let renewal = try await self.refresh(
      tokens.refresh, at: cloud, proofs: [self.tokenProof(at: cloud, by: thief)])
    #expect(try renewal.string("reason") == "wrong_key")
    // All of these live, as whoever asks the journal for dead ones is told.
    let dead = try await cloud.administer(
      .post, "/admin/v1/requests/assert", body: #"{"assertion":"no_dead_token"}"#)
    #expect(dead.status == 200, "\(dead.text)")
  }

  @Test func `a resource server is told the scheme and the key`() async throws {
    let cloud = self.cloud()
    let tokens = try await self.signIn(at: cloud)
    let proof = try DPoPProof(
      headers: [self.tokenProof(at: cloud)],
      for: ProofTarget(method: "POST", uri: Self.origin + "/oauth/token", accessToken: nil))
    let key = JSONValue.string(Base64URL.encode(proof.keyThumbprint.bytes))
    let basic = Data("a+resource+server:the+resource+server%27s+secret".utf8)
    for (token, type) in [(tokens.access, "DPoP"), (tokens.refresh, nil)] {
      let answer = try await cloud.postForm(
        "/oauth/introspect", [("token", token)],
        authorization: "Basic " + basic.base64EncodedString())
      #expect(answer.status == 200)
      #expect(try answer.string("token_type") == type)
      #expect(try answer.json["cnf"] == .object([JSONMember("jkt", key)]))
    }
  }

  @Test func `a bad proof at a resource is a 401 with the scheme's challenge`() async throws {
    let cloud = self.cloud()
    let tokens = try await self.signIn(at: cloud)
    let token = tokens.access
    let used = self.resourceProof(token, at: cloud)
    _ = try await self.get(token, at: cloud, proofs: [used])
    let cases: [([String], String)] = [
      ([], "proof_missing"),
      ([self.resourceProof(token, at: cloud), used], "proof_doubled"),
      (["garbage"], "proof_malformed"),
      ([used], "proof_replayed"),
      ([self.resourceProof(nil, at: cloud)], "proof_token"),
      ([self.resourceProof(tokens.refresh, at: cloud)], "proof_token"),
      ([self.tokenProof(at: cloud)], "proof_method"),
      (
        [
          self.maker.proof(
            "GET", Self.origin + "/v1/devices", at: cloud.clock.now, accessToken: token)
        ], "proof_uri"
      ),
      (
        [
          self.resourceProof(token, at: cloud) { parts in
            parts.set(claim: "iat", .integer(1_577_352_060 - 3_600))
          }
        ], "proof_too_old"
      ),
    ]
    for (proofs, reason) in cases {
      let answer = try await self.get(token, at: cloud, proofs: proofs)
      #expect(answer.status == 401)
      #expect(try answer.string("error") == "invalid_dpop_proof")
      #expect(try answer.string("reason") == reason)
      let challenge = try #require(answer.headers[.wwwAuthenticate])
      #expect(challenge.hasPrefix(#"DPoP realm="relink", error="invalid_dpop_proof""#))
      #expect(challenge.hasSuffix(#"algs="ES256 EdDSA""#))
    }
  }

  @Test func `a logged-out token is refused in the scheme that it came by`() async throws {
    let cloud = self.cloud()
    let tokens = try await self.signIn(at: cloud)
    _ = try await cloud.administer(.post, "/admin/v1/logout", body: #"{"scope":"everyone"}"#)
    let answer = try await self.get(
      tokens.access, at: cloud, proofs: [self.resourceProof(tokens.access, at: cloud)])
    #expect(answer.status == 401)
    #expect(try answer.string("reason") == "logged_out")
    #expect(
      try #require(answer.headers[.wwwAuthenticate]).hasPrefix(
        #"DPoP realm="relink", error="invalid_token""#))
  }

  // MARK: Nonces

  @Test func `with nonces a client is told which one to use`() async throws {
    let cloud = self.cloud(requiresNonce: true)
    let code = try await self.code(of: cloud)
    let asked = try await self.exchange(code, at: cloud, proofs: [self.tokenProof(at: cloud)])
    #expect(asked.status == 400)
    #expect(try asked.string("error") == "use_dpop_nonce")
    #expect(try asked.string("reason") == "nonce_needed")
    let nonce = try #require(asked.headers[.dpopNonce])
    let granted = try await self.exchange(
      code, at: cloud, proofs: [self.tokenProof(at: cloud, nonce: nonce)])
    #expect(granted.status == 200)
    #expect(granted.headers[.dpopNonce] == nil)
    let token = try #require(try granted.string("access_token"))
    let refreshToken = try #require(try granted.string("refresh_token"))

    let bare = try await self.get(token, at: cloud, proofs: [self.resourceProof(token, at: cloud)])
    #expect(bare.status == 401)
    #expect(
      try #require(bare.headers[.wwwAuthenticate]).hasPrefix(
        #"DPoP realm="relink", error="use_dpop_nonce""#))
    let second = try #require(bare.headers[.dpopNonce])
    #expect(
      try await self.get(
        token, at: cloud, proofs: [self.resourceProof(token, at: cloud, nonce: second)]
      ).status == 200)

    // Past the middle of its life the client is given the next one with its tokens.
    cloud.clock.advance(seconds: 200)
    let renewed = try await self.refresh(
      refreshToken, at: cloud, proofs: [self.tokenProof(at: cloud, nonce: nonce)])
    #expect(renewed.status == 200)
    let third = try #require(renewed.headers[.dpopNonce])
    cloud.clock.advance(seconds: 101)
    let stale = try await self.get(
      token, at: cloud, proofs: [self.resourceProof(token, at: cloud, nonce: nonce)])
    #expect(stale.status == 401)
    #expect(
      try await self.get(
        token, at: cloud, proofs: [self.resourceProof(token, at: cloud, nonce: third)]
      ).status == 200)
  }
}
