import Crypto
import CryptoExtras
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

/// Access tokens that an RSA key signs (RFC 9068 §2.1); what is common to both algorithms is in
/// `JWTAccessTokenTests`.
struct RS256AccessTokenTests {
  /// One for all tests: making it takes long.
  private static let pair = Result { try SigningKeyPair.rs256() }

  let fixture = CloudFixture()
  let pair: SigningKeyPair
  let tokens: GrantedTokens
  let token: JSONWebToken

  init() throws {
    let (fixture, pair) = (self.fixture, try Self.pair.get())
    let owner = EmailAddress("owner@example.org")!
    fixture.useJWTs()
    _ = try fixture.register(owner)
    let outcome = try fixture.transaction {
      try fixture.cloud.rotateSigningKey(
        to: pair, leadSeconds: 0, in: $0, at: fixture.now, random: &fixture.random)
    }
    guard case .rotated = outcome else { throw NotRotated() }
    self.pair = pair
    self.tokens = try fixture.signIn(owner)
    self.token = try #require(JSONWebToken(parsing: self.tokens.accessToken.text))
  }

  private struct NotRotated: Error {}

  private func isTaken(_ text: String?) throws -> Bool {
    switch try self.fixture.authenticate(Secret(try #require(text))) {
    case .accepted, .acceptedFirstUse: return true
    case .refused(let refusal):
      #expect(refusal == .tokenUnknown)
      return false
    case .wrongKind: return false
    }
  }

  private func text(
    header: JSONValue? = nil, payload: JSONValue? = nil,
    signature: (([UInt8]) -> [UInt8]?)? = nil
  ) -> String? {
    JSONWebToken.text(header: header ?? self.token.header, payload: payload ?? self.token.payload) {
      if let signature { return signature($0) }
      return SystemTokenSigner().signature(
        of: $0, by: .rs256, privateKey: self.pair.privateKey)
    }
  }

  @Test func `it is signed by the key that was chosen, and taken`() throws {
    #expect(self.token.header["alg"]?.isText("RS256") == true)
    #expect(self.token.header["typ"]?.isText("at+jwt") == true)
    #expect(self.token.signature.count == 256)
    let numbers = SigningAlgorithm.rs256.numbers(of: self.pair.publicKey)
    #expect(self.token.header["kid"]?.isText(numbers.thumbprint) == true)
    #expect(try self.isTaken(self.tokens.accessToken.text))
    // The same text comes of the same parts: this padding draws no random numbers.
    #expect(self.text() == self.tokens.accessToken.text)
    let payload = try #require(self.token.payload["jti"]?.stringBytes)
    #expect(payload.count == 22)
  }

  @Test func `with any byte changed it is unknown`() throws {
    let text = Array(self.tokens.accessToken.text.utf8)
    for index in stride(from: 0, to: text.count, by: 3) {
      var garbled = text
      garbled[index] ^= 1
      #expect(try !self.isTaken(String(decoding: garbled, as: UTF8.self)), "byte \(index)")
    }
    #expect(try !self.isTaken(String(decoding: text.dropLast(4), as: UTF8.self)))
    #expect(try !self.isTaken(self.text { _ in [] }))
    #expect(try !self.isTaken(self.text { _ in [UInt8](repeating: 0, count: 256) }))
  }

  @Test(arguments: ["ES256", "RS384", "RS512", "PS256", "HS256", "none", "rs256", ""])
  func `a key signs by its own algorithm alone, whatever the token says`(
    algorithm: String
  ) throws {
    let header = self.token.header.setting("alg", to: .text(algorithm))
    #expect(try !self.isTaken(self.text(header: header)))
  }

  @Test func `neither the public key as a secret nor another padding makes a token`() throws {
    let numbers = self.pair.publicKey
    let key = try _RSA.Signing.PrivateKey(derRepresentation: self.pair.privateKey)
    for secret in [
      numbers, Array(key.publicKey.pemRepresentation.utf8), Array(key.publicKey.derRepresentation),
    ] {
      for algorithm in ["RS256", "HS256"] {
        let header = self.token.header.setting("alg", to: .text(algorithm))
        let forged = self.text(header: header) {
          Array(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret)))
        }
        #expect(try !self.isTaken(forged))
      }
    }
    let pss = self.text {
      (try? key.signature(for: $0, padding: .PSS)).map { Array($0.rawRepresentation) }
    }
    #expect(try !self.isTaken(pss))
    let other = try SigningKeyPair.rs256()
    let foreign = self.text {
      SystemTokenSigner().signature(of: $0, by: .rs256, privateKey: other.privateKey)
    }
    #expect(try !self.isTaken(foreign))
  }

  @Test func `a key is no key of the other algorithm`() throws {
    let curve = SigningKeyPair.es256(random: &self.fixture.random)
    let signer = SystemTokenSigner()
    #expect(signer.signature(of: [1], by: .es256, privateKey: self.pair.privateKey) == nil)
    #expect(signer.signature(of: [1], by: .rs256, privateKey: curve.privateKey) == nil)
    for (pair, other) in [(self.pair, curve), (curve, self.pair)] {
      let signature = try #require(
        signer.signature(of: [1], by: pair.algorithm, privateKey: pair.privateKey))
      func isRight(_ algorithm: SigningAlgorithm, _ publicKey: [UInt8]) -> Bool {
        algorithm.verifies(signature, of: [1], publicKey: publicKey)
      }
      #expect(isRight(pair.algorithm, pair.publicKey))
      #expect(!isRight(other.algorithm, pair.publicKey))
      #expect(!isRight(other.algorithm, other.publicKey))
      #expect(!isRight(pair.algorithm, other.publicKey))
      #expect(!isRight(pair.algorithm, []))
    }
  }

  @Test func `a pair of keys is not printed`() {
    #expect("\(self.pair)" == "<redacted>")
    #expect(String(reflecting: self.pair) == "<redacted>")
  }
}
