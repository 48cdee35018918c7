import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// A camera whose tokens a thief has read, under each constraint.
struct SenderConstraintTests {
  private let owner = EmailAddress("owner@example.org")!
  private let key = Bytes32(repeating: 0xA1)
  private let thiefsKey = Bytes32(repeating: 0xB2)

  private func fixture(_ constraint: SenderConstraint) -> CloudFixture {
    CloudFixture(clients: OAuthClient.builtIn().map { $0.with(constraint) })
  }

  /// A camera with device number 1 and `key`; the app's own tokens are bearer tokens.
  private func camera(of fixture: CloudFixture, _ constraint: SenderConstraint) throws
    -> GrantedTokens
  {
    _ = try fixture.register(self.owner)
    let code = try fixture.authorizationCode(of: self.owner)
    let certificate = constraint == .certificate ? CloudFixture.certificate(9) : nil
    let app = try fixture.token(
      .authorizationCode(
        code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier),
      certificate: certificate, dpopKey: constraint == .dpop ? self.key : nil
    ).tokens()
    #expect(app.device == nil)
    let outcome = try fixture.transaction {
      try fixture.cloud.authenticate(
        app.accessToken, certificateThumbprint: certificate?.thumbprint,
        dpopKey: constraint == .dpop ? self.key : nil, requiring: [.app], in: $0, at: fixture.now)
    }
    guard case .acceptedFirstUse(let caller) = outcome else { throw Unexpected(outcome) }
    let created = try fixture.transaction {
      try fixture.cloud.createPairingToken(
        by: caller, nickname: nil, relinkPolicy: nil, in: $0, at: fixture.now,
        random: &fixture.random)
    }
    guard case .created(let pairingToken, _) = created else { throw Unexpected(created) }
    return try fixture.token(
      .pairing(
        token: pairingToken, clientID: "relink-camera", model: "RC-1", firmwareVersion: "1.0.0"),
      certificate: CloudFixture.certificate(1), dpopKey: constraint == .dpop ? self.key : nil
    ).tokens()
  }

  private struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ value: some Any) { self.description = "unexpected: \(value)" }
  }

  @Test(
    arguments: [
      (SenderConstraint.bearer, nil as TokenRefusal?), (.certificate, .wrongCertificate),
      (.dpop, .wrongScheme),
    ])
  func `a leaked access token is good for a thief under bearer alone`(
    constraint: SenderConstraint, refusal: TokenRefusal?
  ) throws {
    let fixture = self.fixture(constraint)
    let camera = try self.camera(of: fixture, constraint)
    #expect(camera.binding.isDPoP == (constraint == .dpop))
    func use(certificate: UInt8?, dpopKey: Bytes32?) throws -> TokenRefusal? {
      let outcome = try fixture.transaction {
        try fixture.cloud.authenticate(
          camera.accessToken,
          certificateThumbprint: certificate.map { CloudFixture.certificate($0).thumbprint },
          dpopKey: dpopKey, requiring: [.camera], in: $0, at: fixture.now)
      }
      guard case .refused(let refusal) = outcome else { return nil }
      return refusal
    }
    // The camera itself is served.
    #expect(try use(certificate: 1, dpopKey: constraint == .dpop ? self.key : nil) == nil)
    // The thief has nothing but the token, or a camera of their own.
    #expect(try use(certificate: nil, dpopKey: nil) == refusal)
    #expect(try use(certificate: 2, dpopKey: nil) == refusal)
    // With a key of their own it is no better; and a token without a key is none of a key.
    #expect(
      try use(certificate: 2, dpopKey: self.thiefsKey)
        == (constraint == .dpop ? .wrongKey : .wrongScheme))
  }

  @Test(
    arguments: [
      (SenderConstraint.bearer, nil as GrantRefusal.Reason?), (.certificate, .tokenUnknown),
      (.dpop, .proofMissing),
    ])
  func `a leaked refresh token is good for a thief under bearer alone`(
    constraint: SenderConstraint, reason: GrantRefusal.Reason?
  ) throws {
    let fixture = self.fixture(constraint)
    let camera = try self.camera(of: fixture, constraint)
    let request = TokenRequest.refreshToken(token: camera.refreshToken, clientID: "relink-camera")
    // The thief's own camera has a certificate of the makers too.
    let stolen = try fixture.token(request, certificate: CloudFixture.certificate(2))
    #expect(stolen.refusal?.reason == reason)
    #expect(stolen.events.isEmpty)
    let withKey = try fixture.token(
      request, certificate: CloudFixture.certificate(2), dpopKey: self.thiefsKey)
    #expect(withKey.refusal?.reason == (constraint == .dpop ? .wrongKey : reason))
    #expect(withKey.refusal.map { $0.code == .invalidGrant } ?? true)
    // What the thief tried has not harmed the camera.
    let own = try fixture.token(
      request, certificate: CloudFixture.certificate(1),
      dpopKey: constraint == .dpop ? self.key : nil)
    #expect(try own.tokens().generation == 2)
    #expect(try own.tokens().binding == camera.binding)
  }

  @Test func `without what its client's tokens are bound to nobody gets any`() throws {
    let bound = self.fixture(.dpop)
    _ = try bound.register(self.owner)
    let code = try bound.authorizationCode(of: self.owner)
    let exchange = TokenRequest.authorizationCode(
      code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
      codeVerifier: CloudFixture.codeVerifier)
    let refused = try bound.token(exchange)
    #expect(refused.refusal?.code == .invalidDPoPProof)
    #expect(refused.refusal?.reason == .proofMissing)
    // It has cost the code nothing.
    let granted = try bound.token(exchange, dpopKey: self.key).tokens()
    #expect(granted.binding == .dpop(self.key))

    let certified = self.fixture(.certificate)
    _ = try certified.register(self.owner)
    let other = try certified.authorizationCode(of: self.owner)
    let outcome = try certified.token(
      .authorizationCode(
        code: other, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier))
    #expect(outcome.refusal?.code == .invalidClient)
  }

  @Test func `a client that may do without asks for a binding with its proof`() throws {
    let fixture = self.fixture(.bearer)
    _ = try fixture.register(self.owner)
    let code = try fixture.authorizationCode(of: self.owner)
    let tokens = try fixture.token(
      .authorizationCode(
        code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier), dpopKey: self.key
    ).tokens()
    #expect(tokens.binding == .dpop(self.key))
    let refresh = TokenRequest.refreshToken(token: tokens.refreshToken, clientID: "relink-app")
    #expect(try fixture.token(refresh).refusal?.reason == .proofMissing)
    #expect(try fixture.token(refresh, dpopKey: self.key).tokens().binding == tokens.binding)
  }

  @Test(arguments: [
    (0xA1 as UInt8?, nil as GrantRefusal.Reason?), (0xB2, .wrongKey), (nil, .proofMissing),
  ])
  func `a code that was asked for with a key is for that key alone`(
    presented: UInt8?, reason: GrantRefusal.Reason?
  ) throws {
    let fixture = self.fixture(.bearer)
    _ = try fixture.register(self.owner)
    let verdict = fixture.cloud.validate(
      CloudFixture.authorizationParameters(dpopKey: Base64URL.text(of: self.key.bytes)))
    guard case .valid(let request) = verdict else { throw Unexpected(verdict) }
    #expect(request.dpopKey == self.key)
    let owner = try fixture.logIn(self.owner)
    let code = try fixture.transaction {
      try fixture.cloud.authorize(
        request, by: owner, in: $0, at: fixture.now, random: &fixture.random)
    }
    let outcome = try fixture.token(
      .authorizationCode(
        code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier),
      dpopKey: presented.map { Bytes32(repeating: $0) })
    #expect(outcome.refusal?.reason == reason)
    #expect((outcome.refusal == nil) == (reason == nil))
  }

  @Test(arguments: ["", "x", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMA", "!"])
  func `a dpop_jkt that is no SHA-256 sends the browser back with an error`(text: String) {
    let verdict = self.fixture(.bearer).cloud.validate(
      CloudFixture.authorizationParameters(dpopKey: text))
    guard case .redirectWithError(_, let error, _, _) = verdict else {
      Issue.record("unexpected: \(verdict)")
      return
    }
    #expect(error == "invalid_request")
  }
}

extension OAuthClient {
  fileprivate func with(_ constraint: SenderConstraint) -> OAuthClient {
    OAuthClient(
      id: self.id, kind: self.kind, redirectURIs: self.redirectURIs, policy: self.policy,
      senderConstraint: constraint)
  }
}

extension Base64URL {
  fileprivate static func text(of bytes: [UInt8]) -> String {
    String(decoding: self.encode(bytes), as: UTF8.self)
  }
}
