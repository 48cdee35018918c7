import Crypto
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

struct DPoPProofTests {
  private let maker = ProofMaker()
  private let now = UnixMilliseconds(1_577_352_060_000)
  private let uri = "https://127.0.0.1:8443/oauth/token"
  private let token = Secret("rlka_a-token")

  private func refusal(
    of headers: [String], method: String = "POST", accessToken: Secret? = nil
  ) -> ProofRefusal.Reason? {
    let target = ProofTarget(method: method, uri: self.uri, accessToken: accessToken)
    do {
      _ = try DPoPProof(headers: headers, for: target)
      return nil
    } catch {
      return error.reason
    }
  }

  private func proof(
    method: String = "POST", uri: String? = nil, accessToken: String? = nil,
    spoil: (inout ProofMaker.Parts) -> Void = { _ in }
  ) -> String {
    self.maker.proof(
      method, uri ?? self.uri, at: self.now, accessToken: accessToken, spoil: spoil)
  }

  // MARK: What is right

  /// The examples of RFC 9449 §4.1, §6.1 and §7.1.
  @Test func `the proofs of the standard are read as it reads them`() throws {
    let key =
      "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
    let first = try DPoPProof(
      headers: [
        key
          + ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ"
          + ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
      ],
      for: ProofTarget(
        method: "POST", uri: "https://server.example.com/token", accessToken: nil))
    #expect(first.issuedAt == UnixMilliseconds(1_562_262_616_000))
    let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    #expect(Base64URL.encode(first.keyThumbprint.bytes) == Array(thumbprint.utf8))

    let second = try DPoPProof(
      headers: [
        key
          + ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9"
          + ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
      ],
      for: ProofTarget(
        method: "GET", uri: "https://resource.example.org/protectedresource",
        accessToken: Secret("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")))
    #expect(second.keyThumbprint == first.keyThumbprint)
  }

  /// RFC 8037, appendix A.3.
  @Test func `the thumbprint of an Ed25519 key is that of the standard`() throws {
    let jwk = try JSONValue(
      parsing: Array(
        #"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.utf8))
    let key = try ProofKey(jwk: jwk, for: .edDSA)
    let expected = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    #expect(Base64URL.encode(key.thumbprint.bytes) == Array(expected.utf8))
  }

  @Test func `both algorithms prove, each its own key`() throws {
    let target = ProofTarget(method: "POST", uri: self.uri, accessToken: nil)
    let keys = try [ProofMaker(), ProofMaker(), .ed25519(), .ed25519()].map { maker in
      let proofs = try (0..<2).map { _ in
        try DPoPProof(headers: [maker.proof("POST", self.uri, at: self.now)], for: target)
      }
      #expect(proofs[0].keyThumbprint == proofs[1].keyThumbprint)
      return proofs[0].keyThumbprint
    }
    #expect(Set(keys).count == 4)
  }

  @Test func `a fraction of a second is a time too`() throws {
    let proof = self.proof { $0.set(claim: "iat", .decimal(Array("1577352060.25".utf8))) }
    let target = ProofTarget(method: "POST", uri: self.uri, accessToken: nil)
    #expect(
      try DPoPProof(headers: [proof], for: target).issuedAt == UnixMilliseconds(1_577_352_060_250))
  }

  // MARK: What is wrong

  @Test func `none is none and two are too many`() {
    #expect(self.refusal(of: []) == .proofMissing)
    let proof = self.proof()
    #expect(self.refusal(of: [proof, proof]) == .proofDoubled)
    #expect(self.refusal(of: [proof, self.proof()]) == .proofDoubled)
    #expect(self.refusal(of: [proof]) == nil)
  }

  @Test(arguments: [
    "", ".", "..", "...", "a.b.c", "e30.e30.", "e30.e30.e30.e30", "{}.{}.{}", "bm90IGpzb24.e30.e30",
    "W10.W10.AA", "\u{0}", "eyJ0eXAiOiJkcG9wK2p3dCJ9", "DPoP", "ey J9.e30.AA",
  ])
  func `garbage is refused`(text: String) {
    #expect(self.refusal(of: [text]) == .proofMalformed)
  }

  @Test func `a proof of any length is answered, one that is too long refused`() {
    #expect(self.refusal(of: [String(repeating: "a", count: 1 << 20)]) == .proofMalformed)
    let long = self.proof { $0.set(claim: "jti", .string(Array(repeating: 0x61, count: 4_096))) }
    #expect(self.refusal(of: [long]) == .proofMalformed)
    let nested = String(repeating: "[", count: 2_000)
    let text = String(decoding: Base64URL.encode(Array(nested.utf8)), as: UTF8.self)
    #expect(self.refusal(of: ["\(text).\(text).AA"]) == .proofMalformed)
  }

  @Test(arguments: ["jwt", "JWT", "DPOP+JWT", "application/dpop+jwt", "at+jwt", "", nil])
  func `another typ is none`(type: String?) {
    let proof = self.proof { $0.set(header: "typ", type.map { .string(Array($0.utf8)) }) }
    #expect(self.refusal(of: [proof]) == .proofMalformed)
  }

  @Test(arguments: [
    "none", "None", "HS256", "HS512", "RS256", "ES384", "es256", "EdDSA ", "", nil,
  ])
  func `another algorithm is none`(algorithm: String?) {
    let proof = self.proof { $0.set(header: "alg", algorithm.map { .string(Array($0.utf8)) }) }
    #expect(self.refusal(of: [proof]) == .proofAlgorithm)
  }

  @Test func `an unsigned proof is refused whatever its algorithm says`() {
    let parts = self.proof().split(separator: ".")
    #expect(self.refusal(of: ["\(parts[0]).\(parts[1])."]) == .proofSignature)
  }

  /// The old trick: the public key, which everybody knows, as the key of an HMAC.
  @Test func `an HMAC with the public key is no signature`() {
    let proof = self.proof { $0.set(header: "alg", .text("HS256")) }
    let parts = proof.split(separator: ".")
    let input = "\(parts[0]).\(parts[1])"
    guard case .p256(let key) = self.maker.key else { return }
    let code = HMAC<SHA256>.authenticationCode(
      for: Array(input.utf8), using: SymmetricKey(data: key.publicKey.x963Representation))
    let text = String(decoding: Base64URL.encode(Array(code)), as: UTF8.self)
    #expect(self.refusal(of: ["\(input).\(text)"]) == .proofAlgorithm)
  }

  @Test(arguments: ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] as [StaticStringName])
  func `a private key in the jwk is refused`(member: StaticStringName) {
    let proof = self.proof { parts in
      parts.set(
        header: "jwk", .object(self.maker.jwk + [JSONMember(member.name, .text("AAAA"))]))
    }
    #expect(self.refusal(of: [proof]) == .proofKey)
  }

  /// So that `d` and the like can be arguments of a test.
  struct StaticStringName: ExpressibleByStringLiteral, Sendable {
    let name: StaticString
    init(stringLiteral name: StaticString) { self.name = name }
  }

  @Test func `a jwk that is no key of the algorithm is refused`() throws {
    let other = ProofMaker.ed25519()
    let zero = JSONValue.string(Base64URL.encode([UInt8](repeating: 0, count: 32)))
    let short = JSONValue.string(Base64URL.encode([UInt8](repeating: 1, count: 31)))
    let jwks: [JSONValue?] = [
      nil, .null, .text("x"), .array([]), .object([]), .object(other.jwk),
      .object(Array(self.maker.jwk.dropLast())),
      .object(self.maker.jwk.dropLast() + [JSONMember("y", short)]),
      // No point of the curve.
      .object(self.maker.jwk.dropLast() + [JSONMember("y", zero)]),
      .object(self.maker.jwk.dropLast() + [JSONMember("y", .integer(1))]),
    ]
    for jwk in jwks {
      let proof = self.proof { $0.set(header: "jwk", jwk) }
      #expect(self.refusal(of: [proof]) == .proofKey, "\(String(describing: jwk))")
    }
  }

  @Test func `another key than that of the jwk has not signed`() {
    let thief = ProofMaker()
    let proof = thief.proof("POST", self.uri, at: self.now) {
      $0.set(header: "jwk", .object(self.maker.jwk))
    }
    #expect(self.refusal(of: [proof]) == .proofSignature)
  }

  @Test func `no byte of a proof can be changed`() {
    let proof = Array(self.proof().utf8)
    for index in stride(from: 0, to: proof.count, by: 7) {
      var changed = proof
      changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(
        self.refusal(of: [String(decoding: changed, as: UTF8.self)]) != nil, "byte \(index)")
    }
  }

  @Test func `a critical header that nobody knows is refused`() {
    let proof = self.proof { $0.set(header: "crit", .array([.text("b64")])) }
    #expect(self.refusal(of: [proof]) == .proofMalformed)
  }

  @Test(arguments: ["jti", "htm", "htu", "iat"] as [StaticStringName])
  func `each claim is needed, and of its type`(claim: StaticStringName) {
    for value in [nil, .null, .boolean(true), .array([]), .object([])] as [JSONValue?] {
      let proof = self.proof { $0.set(claim: claim.name, value) }
      #expect(self.refusal(of: [proof]) == .proofMalformed)
    }
  }

  @Test func `a time is a number of this clock, an identifier is something`() {
    for time in [
      .integer(-1), .integer(.max), .decimal(Array("1e400".utf8)), .decimal(Array("-0.5".utf8)),
      .text("1577352060"),
    ] as [JSONValue] {
      let proof = self.proof { $0.set(claim: "iat", time) }
      #expect(self.refusal(of: [proof]) == .proofMalformed)
    }
    #expect(self.refusal(of: [self.proof { $0.set(claim: "jti", .text("")) }]) == .proofMalformed)
    #expect(
      self.refusal(of: [self.proof { $0.set(claim: "nonce", .integer(1)) }]) == .proofMalformed)
  }

  @Test(arguments: ["GET", "post", "Post", "POST ", ""])
  func `another method is refused`(method: String) {
    #expect(self.refusal(of: [self.proof(method: method)]) == .proofMethod)
  }

  @Test(arguments: [
    "https://127.0.0.1:8443/oauth/revoke", "https://127.0.0.1:8443/oauth/token/",
    "https://127.0.0.1:8443/OAuth/token", "http://127.0.0.1:8443/oauth/token",
    "https://127.0.0.1:8444/oauth/token", "https://127.0.0.1/oauth/token",
    "https://localhost:8443/oauth/token", "https://127.0.0.1:8443@evil.test/oauth/token",
    "https://127.0.0.1:8443/oauth%2Ftoken", "/oauth/token", "127.0.0.1:8443/oauth/token", "",
    "https://", "https:///oauth/token", "https://127.0.0.1:8443\\oauth\\token",
    "https://127.0.0.1:8443/oauth/token%", "https://127.0.0.1:8443/oauth/ token",
  ])
  func `another URI is refused`(uri: String) {
    #expect(self.refusal(of: [self.proof(uri: uri)]) == .proofURI)
  }

  @Test func `the hash is that of the access token`() {
    let token = self.token
    #expect(
      self.refusal(of: [self.proof(accessToken: token.text)], accessToken: token) == nil)
    #expect(self.refusal(of: [self.proof()], accessToken: token) == .proofToken)
    #expect(
      self.refusal(of: [self.proof(accessToken: token.text + "x")], accessToken: token)
        == .proofToken)
    for value in [.null, .integer(1), .text("")] as [JSONValue] {
      let proof = self.proof { $0.set(claim: "ath", value) }
      #expect(self.refusal(of: [proof], accessToken: token) == .proofToken)
    }
  }
}
