import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

struct MACKeyTests {
  private let key: MACKey

  init() throws {
    self.key = try #require(TokenKeys(bytes: [UInt8](0..<96))).accessTokenMAC
  }

  /// Computed with Python's `hmac`.
  @Test(
    arguments: [
      ([], nil, "d38b42096d80f45f826b44a9d5607de72496a415d3f4a1a8c88e3bb9da8dc1cb"),
      (bytes("abc"), nil, "f0133729c4163dede81e21cd47839256da58171238c8a0d874397c73b14e1e47"),
      (
        [UInt8](0..<200), nil, "c4d78316aa3de9ce6bd0b2e61c4f4dd6bdf0ec95aab84ab87fc2a11903991ad3"
      ),
      (
        [UInt8](0..<81), Bytes32(repeating: 7),
        "78df71ce03e5fdf98c3f3a91caa5f084369786050568de22363bf95dcd79ec79"
      ),
    ] as [([UInt8], Bytes32?, String)])
  func `a code is HMAC-SHA256`(message: [UInt8], more: Bytes32?, expected: String) {
    // Twice, since the key's own part is used again.
    for _ in 0..<2 {
      #expect(
        text(Hexadecimal.encode(self.key.code(of: message[...], then: more).bytes)) == expected)
    }
  }

  @Test func `only a code's beginning is one`() {
    let message = bytes("message")[...]
    let code = self.key.code(of: message).bytes
    #expect(self.key.isBeginning(code[...], ofCodeOf: message))
    #expect(self.key.isBeginning(code[..<16], ofCodeOf: message))
    #expect(!self.key.isBeginning(code[..<0], ofCodeOf: message))
    #expect(!self.key.isBeginning((code + [0])[...], ofCodeOf: message))
    #expect(!self.key.isBeginning(code[16...], ofCodeOf: message))
    for index in code.indices {
      var changed = code
      changed[index] ^= 1
      #expect(!self.key.isBeginning(changed[...], ofCodeOf: message))
    }
  }
}
