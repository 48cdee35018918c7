import Crypto
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

struct JWTAccessTokenTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  let app: GrantedTokens
  let camera: GrantedTokens

  init() throws {
    self.fixture.useJWTs()
    _ = try self.fixture.register(self.owner)
    self.app = try self.fixture.signIn(self.owner)
    self.camera = try self.fixture.pairedCamera(1, app: self.app)
  }

  private func parts(_ token: Secret) throws -> (header: JSONValue, payload: JSONValue) {
    let token = try #require(JSONWebToken(parsing: token.text))
    return (token.header, token.payload)
  }

  /// A token of these parts, signed with the cloud's own key.
  private func forged(_ header: JSONValue, _ payload: JSONValue) throws -> Secret {
    let key = try self.fixture.transaction {
      try self.fixture.cloud.signingKey(
        in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
    let text = JSONWebToken.text(header: header, payload: payload) {
      SystemTokenSigner().signature(
        of: $0, by: key.record.algorithm, privateKey: key.privateKey)
    }
    return Secret(try #require(text))
  }

  private func isTaken(_ token: Secret) throws -> Bool {
    switch try self.fixture.authenticate(token, camera: 1) {
    case .accepted, .acceptedFirstUse: return true
    case .refused(let refusal):
      #expect(refusal == .tokenUnknown)
      return false
    case .wrongKind: return false
    }
  }

  @Test func `it has the members of RFC 9068, and what it is bound to`() throws {
    let (header, payload) = try self.parts(self.camera.accessToken)
    #expect(header["alg"] == .text("ES256" as StaticString))
    #expect(header["typ"] == .text("at+jwt" as StaticString))
    let keys = try self.fixture.transaction {
      try self.fixture.cloud.signingKeys(in: $0, at: self.fixture.now)
    }
    #expect(keys.count == 1)
    let kid = try #require(keys.first).record.id
    #expect(header["kid"]?.isText(kid) == true)
    #expect(payload["iss"]?.isText("https://cloud.test") == true)
    #expect(payload["aud"]?.isText("https://cloud.test") == true)
    #expect(payload["sub"]?.isText(self.app.account.text) == true)
    #expect(payload["client_id"]?.isText("relink-camera") == true)
    #expect(payload["sid"]?.isText(self.camera.session.text) == true)
    let seconds = Int64(self.fixture.now.value / 1_000)
    #expect(payload["iat"]?.integer == seconds)
    #expect(payload["exp"]?.integer == seconds + 3_600)
    #expect(payload["jti"]?.stringBytes?.count == 22)
    let thumbprint = base64URLText(CloudFixture.certificate(1).thumbprint.bytes)
    #expect(payload["cnf"]?["x5t#S256"]?.isText(thumbprint) == true)
    #expect(try self.parts(self.app.accessToken).payload["cnf"] == nil)
  }

  @Test func `one that is bound to a key says to which, and is taken with that alone`() throws {
    let key = Bytes32(repeating: 0xA1)
    let tokens = try self.fixture.token(
      .authorizationCode(
        code: self.fixture.authorizationCode(of: self.owner),
        redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier),
      dpopKey: key
    ).tokens()
    let confirmation = try #require(try self.parts(tokens.accessToken).payload["cnf"])
    #expect(confirmation == .object([JSONMember("jkt", .text(base64URLText(key.bytes)))]))
    func outcome(_ presented: Bytes32?) throws -> AuthenticationOutcome {
      try self.fixture.transaction {
        try self.fixture.cloud.authenticate(
          tokens.accessToken, certificateThumbprint: nil, dpopKey: presented, requiring: [.app],
          in: $0, at: self.fixture.now)
      }
    }
    guard case .acceptedFirstUse(let caller) = try outcome(key) else {
      Issue.record("it is not taken with its key")
      return
    }
    #expect(caller.isDPoP)
    #expect(try outcome(nil) == .refused(.wrongScheme))
    #expect(try outcome(Bytes32(repeating: 0xB2)) == .refused(.wrongKey))
  }

  @Test func `it says what an opaque one says`() throws {
    let caller = try self.fixture.caller(self.camera)
    #expect(caller.kind == .camera)
    #expect(caller.device == CloudFixture.certificate(1).deviceID)
    #expect(caller.session == self.camera.session)
    #expect(caller.issuedAt == self.fixture.now)
    #expect(
      try self.fixture.authenticate(self.camera.accessToken, camera: 2)
        == .refused(.wrongCertificate))
    self.fixture.advance(milliseconds: 3_600_000)
    #expect(try self.fixture.authenticate(self.app.accessToken) == .refused(.expired))
  }

  @Test(
    arguments: ["everyone", "kind", "region", "account", "device", "session", "issued_before"])
  func `each logout kills it at once, on every path`(scope: String) throws {
    let caller = try self.fixture.caller(self.camera)
    let targets: [String: LogoutTarget] = [
      "everyone": .everyone, "kind": .kind(.camera), "account": .account(self.owner),
      "device": .device(CloudFixture.certificate(1).deviceID),
      "session": .session(self.camera.session), "region": .region(.standard),
      "issued_before": .issuedBefore(nil),
    ]
    let outcome = try self.fixture.logOut(try #require(targets[scope]))
    guard case .loggedOut(let record) = outcome else {
      Issue.record("not logged out")
      return
    }
    #expect(
      try self.fixture.authenticate(self.camera.accessToken, camera: 1)
        == .refused(.loggedOut(record)))
    #expect(try self.fixture.introspect(self.camera.accessToken) == .inactive)
    try self.fixture.transaction { transaction throws in
      // A stream that is open, and a write whose token was checked before.
      #expect(
        try self.fixture.cloud.refusal(of: caller, in: transaction, at: self.fixture.now)
          == .loggedOut(record))
      #expect(try self.fixture.cloud.confirm(caller, in: transaction) == .loggedOut(record))
    }
  }

  @Test func `its holder can revoke it, and a resource server ask about it`() throws {
    guard case .active(let active) = try self.fixture.introspect(self.app.accessToken) else {
      Issue.record("not active")
      return
    }
    #expect(active.use == .access)
    let id = try #require(active.id)
    #expect(try self.parts(self.app.accessToken).payload["jti"]?.isText(id) == true)
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.revoke(
        self.app.accessToken, clientID: "relink-app", certificate: nil, in: $0, at: self.fixture.now
      )
    }
    #expect(outcome == .done([.sessionEnded(self.app.session, .revoked)]))
    #expect(try self.fixture.authenticate(self.app.accessToken) == .refused(.sessionEnded))
    #expect(try self.fixture.introspect(self.app.accessToken) == .inactive)
  }

  @Test func `a refresh gives another, which confirms its generation`() throws {
    let renewed = try self.fixture.refresh(self.camera.refreshToken, camera: 1).tokens()
    #expect(renewed.generation == 2)
    #expect(try self.fixture.caller(renewed).generation == 2)
    #expect(
      try self.parts(renewed.accessToken).payload["jti"]
        != self.parts(self.camera.accessToken).payload["jti"])
  }

  @Test func `with any byte changed it is unknown`() throws {
    let text = Array(self.camera.accessToken.text.utf8)
    for index in text.indices {
      for mask in [1, 0x20] as [UInt8] {
        var garbled = text
        garbled[index] ^= mask
        #expect(
          try !self.isTaken(Secret(String(decoding: garbled, as: UTF8.self))), "byte \(index)")
      }
    }
    for count in stride(from: 0, to: text.count, by: 7) {
      #expect(
        try !self.isTaken(Secret(String(decoding: text.prefix(count), as: UTF8.self))))
    }
    for extra in [".", "=", " ", ".AAAA", "\n"] {
      #expect(try !self.isTaken(Secret(self.camera.accessToken.text + extra)))
    }
  }

  /// Changes of the header, each of which alone is enough; the signature is right.
  @Test(
    arguments: [
      ("alg", .text("none" as StaticString)), ("alg", .text("ES384" as StaticString)),
      ("alg", .text("es256" as StaticString)), ("alg", .text("RS256" as StaticString)),
      ("alg", nil), ("alg", .integer(1)),
      ("typ", .text("JWT" as StaticString)), ("typ", .text("secevent+jwt" as StaticString)),
      ("typ", nil), ("kid", .text("unknown" as StaticString)), ("kid", nil), ("kid", .null),
      ("crit", .array([.text("exp" as StaticString)])),
    ] as [(String, JSONValue?)])
  func `a header that is not ours is not believed`(name: String, value: JSONValue?) throws {
    let (header, payload) = try self.parts(self.camera.accessToken)
    #expect(try self.isTaken(self.forged(header, payload)))
    #expect(try !self.isTaken(self.forged(header.setting(name, to: value), payload)))
  }

  @Test(
    arguments: [
      ("iss", .text("https://other.test" as StaticString)), ("iss", nil),
      ("iss", .text("https://cloud.test/" as StaticString)),
      ("aud", .text("https://other.test" as StaticString)), ("aud", nil),
      ("aud", .array([.text("https://cloud.test" as StaticString)])),
      ("relink", nil), ("relink", .text("AAAA" as StaticString)), ("relink", .integer(1)),
      ("relink", .text("!" as StaticString)),
    ] as [(String, JSONValue?)])
  func `of another issuer or audience it is not believed`(
    name: String, value: JSONValue?
  ) throws {
    let (header, payload) = try self.parts(self.camera.accessToken)
    #expect(try !self.isTaken(self.forged(header, payload.setting(name, to: value))))
  }

  @Test(arguments: ["application/at+jwt", "AT+JWT", "Application/AT+jwt"])
  func `the type is taken in its other spellings`(type: String) throws {
    let (header, payload) = try self.parts(self.camera.accessToken)
    #expect(try self.isTaken(self.forged(header.setting("typ", to: .text(type)), payload)))
  }

  @Test func `neither no signature nor the public key as a secret makes a token`() throws {
    let (header, payload) = try self.parts(self.camera.accessToken)
    let none = header.setting("alg", to: .text("none" as StaticString))
    let unsigned = try #require(JSONWebToken.text(header: none, payload: payload) { _ in [] })
    #expect(try !self.isTaken(Secret(unsigned)))
    let stripped = try #require(JSONWebToken.text(header: header, payload: payload) { _ in [] })
    #expect(try !self.isTaken(Secret(stripped)))

    let keys = try self.fixture.transaction { try $0.signingKeys() }
    let publicKey = try #require(keys.first).publicKey
    let pem = try P256.Signing.PublicKey(rawRepresentation: publicKey).pemRepresentation
    let symmetric = header.setting("alg", to: .text("HS256" as StaticString))
    for secret in [publicKey, Array(pem.utf8)] {
      for header in [header, symmetric] {
        let text = JSONWebToken.text(header: header, payload: payload) {
          Array(
            HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret)))
        }
        let token = try #require(text)
        #expect(try !self.isTaken(Secret(token)))
      }
    }
    for signature in [[UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64)] {
      let text = JSONWebToken.text(header: header, payload: payload) { _ in signature }
      let token = try #require(text)
      #expect(try !self.isTaken(Secret(token)))
    }
  }

  @Test func `one that is too long is not even read`() throws {
    #expect(JSONWebToken.longestByteCount == 4_096)
    let (header, payload) = try self.parts(self.camera.accessToken)
    let empty = try self.forged(header, payload.setting("x", to: .text(""))).text.utf8.count
    let room = (JSONWebToken.longestByteCount - empty) * 3 / 4 - 2
    let longest = try self.forged(
      header, payload.setting("x", to: .text(String(repeating: "a", count: room))))
    #expect(longest.text.utf8.count > 4_000)
    #expect(try self.isTaken(longest))
    let tooLong = try self.forged(
      header, payload.setting("x", to: .text(String(repeating: "a", count: room + 8))))
    #expect(try !self.isTaken(tooLong))
    #expect(try !self.isTaken(Secret(String(repeating: ".", count: 1_000_000))))
    #expect(try !self.isTaken(Secret(String(repeating: "A.", count: 2_000))))
  }

  @Test func `the same random numbers give the same token, but for the signature`() throws {
    struct Repeatable: TokenSigner {
      func signature(
        of message: [UInt8], by algorithm: SigningAlgorithm, privateKey: [UInt8]
      ) -> [UInt8]? {
        Array(
          HMAC<SHA512>.authenticationCode(for: message, using: SymmetricKey(data: privateKey)))
      }
    }
    let tokens = try (0..<2).map { _ in
      let fixture = CloudFixture(seed: 9)
      fixture.useJWTs()
      fixture.setClients(fixture.cloud.configuration.clients, signer: Repeatable())
      _ = try fixture.register(self.owner)
      return try fixture.signIn(self.owner).accessToken
    }
    #expect(tokens[0] == tokens[1])
  }

  @Test func `clients of both formats live side by side`() throws {
    self.fixture.setPolicy(TokenPolicy(rotation: .strict))
    let opaque = try self.fixture.signIn(self.owner)
    #expect(opaque.accessToken.text.hasPrefix("rlka_"))
    #expect(try self.fixture.caller(opaque).account == self.app.account)
    #expect(try self.fixture.caller(self.app).account == self.app.account)
  }
}

extension JSONValue {
  /// The object with this member, or without it when nil.
  func setting(_ name: String, to value: JSONValue?) -> JSONValue {
    guard case .object(var members) = self else { return self }
    members.removeAll { $0.key.elementsEqual(name.utf8) }
    if let value { members.append(JSONMember(key: Array(name.utf8), value: value)) }
    return .object(members)
  }
}
