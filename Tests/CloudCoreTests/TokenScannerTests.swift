import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

struct TokenScannerTests {
  private static func token(_ kind: TokenPrefix, byteCount: Int, seed: UInt64 = 1) -> String {
    var random = SeededGenerator(seed: seed)
    return text(
      TokenText(prefix: kind, payload: .random(count: byteCount, using: &random)).bytes)
  }

  private func scan(_ text: String, pieceByteCount: Int = 1 << 20) -> [TokenScanner.Finding] {
    var scanner = TokenScanner()
    var rest = Array(text.utf8)[...]
    var findings: [TokenScanner.Finding] = []
    while !rest.isEmpty {
      findings += scanner.scan(Array(rest.prefix(pieceByteCount)))
      rest = rest.dropFirst(pieceByteCount)
    }
    return findings + scanner.scan([], isLast: true)
  }

  @Test(arguments: TokenPrefix.allCases, [16, 32, 89, 131, 196])
  func `a token of every kind is found wherever it stands`(kind: TokenPrefix, byteCount: Int) {
    let token = Self.token(kind, byteCount: byteCount)
    for (before, after) in [
      ("", ""), ("Authorization: Bearer ", "\r\n"), ("{\"token\":\"", "\"}"),
      ("https://host/?code=", "&state=x"), ("x", "."), ("'", "' OR 1=1"), ("\u{0}\u{FF}", "\u{0}"),
    ] {
      let findings = self.scan("one\ntwö\n\(before)\(token)\(after)")
      #expect(findings.count == 1)
      #expect(findings.first?.kind == .token(kind))
      #expect(findings.first?.line == 3)
      #expect(findings.first?.column == before.utf8.count + 1)
    }
  }

  @Test func `what is shown of a token is its prefix and four characters`() throws {
    let token = Self.token(.pairing, byteCount: 16)
    #expect(self.scan(token).first?.shortened == "\(token.prefix(9))…")
  }

  @Test func `text that goes on at once with a token's characters does not hide it`() {
    let token = Self.token(.refresh, byteCount: 89)
    for after in ["-", "_", "abc", "0000000000", "rlk", Self.token(.access, byteCount: 131)] {
      #expect(self.scan(token + after).first?.kind == .token(.refresh), "\(after)")
    }
    #expect(
      self.scan(token + Self.token(.access, byteCount: 131)).map(\.kind)
        == [.token(.refresh), .token(.access)])
  }

  @Test(arguments: [1, 2, 7, 64, 1_023, 1_024, 1_025, 4_096])
  func `pieces of any size give the same findings`(pieceByteCount: Int) {
    var lines: [String] = []
    for number in 1...40 {
      lines.append(String(repeating: "rlka_ rl r\u{E9} ", count: number * 3 % 37))
      lines.append("t=\(Self.token(.access, byteCount: 131, seed: UInt64(number)))&")
    }
    let findings = self.scan(lines.joined(separator: "\n"), pieceByteCount: pieceByteCount)
    #expect(findings.map(\.line) == Array(stride(from: 2, through: 80, by: 2)))
    #expect(findings.allSatisfy { $0.column == 3 })
  }

  @Test func `a token with any character changed is none`() {
    let token = Array(Self.token(.access, byteCount: 131).utf8)
    for index in token.indices {
      var garbled = token
      garbled[index] = garbled[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(self.scan(text(garbled)).isEmpty, "character \(index)")
    }
  }

  @Test(arguments: [
    "rlka_", "rlka_AQAA…", "rlkr_AbCY...", "rlkadm_DxUU", "rlka",
    "rlkx_AAAAAAAAAAAAAAAAAAAAAA000000",
    "RLKA_AAAAAAAAAAAAAAAAAAAAAA000000", "rlka-AAAAAAAAAAAAAAAAAAAAAA000000",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "rlk[a-z]+_[0-9A-Za-z_-]{28,}",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
  ])
  func `what only looks like a token is none`(text: String) {
    #expect(self.scan(text).isEmpty)
  }

  @Test func `a checksum over too little is none`() {
    // Right by its checksum, but of fewer bytes than any token has.
    for byteCount in 0..<16 {
      #expect(self.scan(Self.token(.pairing, byteCount: byteCount)).isEmpty)
    }
  }

  @Test func `noise gives no false alarm`() {
    var random = SeededGenerator(seed: 7)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var noise: [UInt8] = []
    for _ in 0..<400 {
      noise += Array("rlk\(["a", "r", "p", "c", "adm"].randomElement(using: &random) ?? "a")_".utf8)
      noise += (0..<200).map { _ in alphabet.randomElement(using: &random) ?? 0 }
    }
    #expect(self.scan(text(noise)).isEmpty)
  }

  /// One for all tests: making it takes long.
  private static let rsaPair = Result { try SigningKeyPair.rs256() }

  /// The app's access token, as a client with JWTs gets it.
  private static func accessJWT(_ algorithm: SigningAlgorithm) throws -> String {
    let fixture = CloudFixture()
    fixture.useJWTs()
    let owner = try #require(EmailAddress("owner@example.org"))
    _ = try fixture.register(owner)
    if algorithm == .rs256 {
      let pair = try self.rsaPair.get()
      try fixture.transaction {
        _ = try fixture.cloud.rotateSigningKey(
          to: pair, leadSeconds: 0, in: $0, at: fixture.now, random: &fixture.random)
      }
    }
    let token = try fixture.signIn(owner).accessToken.text
    try #require(
      JSONWebToken(parsing: token)?.header["alg"]?.isText(algorithm.rawValue) == true)
    return token
  }

  @Test(arguments: SigningAlgorithm.allCases, [1, 7, 1_024, 4_096, 1 << 20])
  func `an access token that is a JWT is found by its shape`(
    algorithm: SigningAlgorithm, pieceByteCount: Int
  ) throws {
    let token = try Self.accessJWT(algorithm)
    for (before, after) in [
      ("", ""), ("Authorization: Bearer ", "\r\n"), ("{\"access_token\":\"", "\"}"), ("ey", "."),
      ("eyJ.eyJ", ""), ("x", "-and more of it"), ("", token),
    ] {
      let findings = self.scan("one\n\(before)\(token)\(after)", pieceByteCount: pieceByteCount)
      #expect(findings.count == (after == token ? 2 : 1), "\(before) \(after)")
      #expect(findings.first?.kind == .accessJWT)
      #expect(findings.first?.kind.word == "access_jwt")
      #expect(findings.first?.line == 2)
      #expect(findings.first?.column == before.utf8.count + 1)
      #expect(findings.first?.shortened == "\(token.prefix(4))…")
    }
    #expect(TokenScanner.isAccessJWT(Array(token.utf8)))
    for other in ["", "e", String(token.dropLast()), token + "A", "A" + token] {
      #expect(!TokenScanner.isAccessJWT(Array(other.utf8)), "\(other)")
    }
  }

  @Test(arguments: SigningAlgorithm.allCases)
  func `a JWT of another kind, or one that was cut, is none`(algorithm: SigningAlgorithm) throws {
    let token = try Self.accessJWT(algorithm)
    let parts = token.split(separator: ".")
    func encoded(_ json: String) -> String { text(Base64URL.encode(Array(json.utf8))) }
    let proof = ProofMaker().proof("POST", "https://a.test/", at: UnixMilliseconds(0))
    for other in [
      String(token.dropLast()), "\(parts[0]).\(parts[1])", "\(parts[0])..\(parts[2])",
      "\(parts[0]).\(parts[1]).\(parts[2].dropLast(4))",
      "\(encoded(#"{"alg":"\#(algorithm.rawValue)","typ":"JWT"}"#)).\(parts[1]).\(parts[2])",
      "\(encoded(#"{"alg":"HS256","typ":"at+jwt"}"#)).\(parts[1]).\(parts[2])",
      "\(encoded(#"{"typ":"at+jwt"}"#)).\(parts[1]).\(parts[2])",
      "\(parts[0]).\(encoded(#"{"iss":"https://another.test"}"#)).\(parts[2])", proof,
    ] {
      #expect(self.scan("\(other)\n").isEmpty, "\(other)")
    }
  }

  @Test func `an endless run of a token's characters is bounded`() {
    let run = "rlka_" + String(repeating: "A", count: 100_000)
    #expect(
      self.scan(run + " " + Self.token(.access, byteCount: 131), pieceByteCount: 4_096).count == 1)
  }
}
