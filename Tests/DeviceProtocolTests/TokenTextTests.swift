import DeviceProtocol
import TestSupport
import Testing

struct TokenTextTests {
  /// Computed with Python's `zlib.crc32` and `base64`.
  @Test(
    arguments: [
      (.access, [UInt8](0..<16), "rlka_AAECAwQFBgcICQoLDA0ODw3fvI0W"),
      (.refresh, [], "rlkr_2l1BKj"),
      (
        .pairing, [UInt8](repeating: 0xff, count: 32),
        "rlkp___________________________________________81bM9oQ"
      ),
      (.authorizationCode, [0], "rlkc_AA3ptPVb"),
      (.admin, bytes("admin"), "rlkadm_YWRtaW44A9ByH"),
    ] as [(TokenPrefix, [UInt8], String)])
  func `a token is prefix, base64url and checksum`(
    prefix: TokenPrefix, payload: [UInt8], expected: String
  ) throws {
    let token = TokenText(prefix: prefix, payload: payload)
    #expect(text(token.bytes) == expected)
    #expect(try TokenText(parsing: bytes(expected)) == token)
  }

  @Test(arguments: [
    ("", TokenTextError.unknownPrefix),
    ("rlka", .unknownPrefix),
    ("rlkx_AAAA000000", .unknownPrefix),
    ("RLKA_AAAA000000", .unknownPrefix),
    ("rlka_00000", .tooShort),
    ("rlka_AAAA000000", .wrongChecksum),
  ])
  func `what is no token is refused`(candidate: String, error: TokenTextError) {
    #expect(throws: error) { try TokenText(parsing: bytes(candidate)) }
  }

  @Test func `every change of one character is noticed`() {
    let token = TokenText(prefix: .refresh, payload: [UInt8](0..<32)).bytes
    for index in token.indices {
      for replacement in bytes("AZaz09-_") where replacement != token[index] {
        var changed = token
        changed[index] = replacement
        #expect(throws: TokenTextError.self, "index \(index)") { try TokenText(parsing: changed) }
      }
    }
  }

  @Test func `a payload that is not base64url is refused even with the right checksum`() {
    #expect(throws: TokenTextError.notBase64URL) {
      try TokenText(parsing: bytes("rlka_A0uuhTx"))
    }
  }

  @Test func `a token prints redacted`() {
    let token = TokenText(prefix: .access, payload: [1, 2, 3])
    #expect("\(token)" == "TokenText(access, redacted)")
  }
}
