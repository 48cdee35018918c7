import DeviceProtocol
import TestSupport
import Testing

struct WiFiTests {
  @Test(arguments: [[1], [0, 0], [UInt8](1...32)])
  func `an SSID keeps its octets, and any other octets are another network`(octets: [UInt8]) {
    let ssid = SSID(octets)
    #expect(ssid?.bytes == octets)
    for index in octets.indices {
      var changed = octets
      changed[index] ^= 0xff
      #expect(SSID(changed) != ssid)
    }
    #expect(SSID(octets.dropLast() + [0, 0]) != ssid)
    #expect(Set([ssid, SSID(octets)]).count == 1)
  }

  @Test func `an SSID has 1 to 32 octets`() {
    #expect(SSID([]) == nil)
    #expect(SSID([0]) != nil)
    #expect(SSID([UInt8](repeating: 0xff, count: 32)) != nil)
    #expect(SSID([UInt8](repeating: 0x41, count: 33)) == nil)
  }

  @Test(arguments: [
    (bytes("Home 1"), "Home 1"),
    (bytes(#"a"b\c"#), #"a\"b\\c"#),
    (bytes("é🏠"), #"\xc3\xa9\xf0\x9f\x8f\xa0"#),
    ([0x00, 0x0a, 0x7f, 0xf0, 0x9f], #"\x00\x0a\x7f\xf0\x9f"#),
  ])
  func `an SSID is shown in printable ASCII`(octets: [UInt8], shown: String) {
    #expect(SSID(octets).map { text($0.description) } == shown)
  }

  @Test(arguments: [
    (WiFiSecurity.open, "", true),
    (.open, "x", false),
    (.wpa2, "1234567", false),
    (.wpa2, "12345678", true),
    (.wpa2, String(repeating: "~", count: 63), true),
    (.wpa2, String(repeating: "a", count: 64), true),
    (.wpa2, String(repeating: "g", count: 64), false),
    (.wpa2, String(repeating: "a", count: 65), false),
    (.wpa2, "pass\u{7f}word", false),
    (.wpa2, "pässwörd", false),
    (.sae, "", false),
    (.sae, "é", true),
    (.sae, String(repeating: "x", count: 200), true),
    (.wep, "abcde", true),
    (.wep, "abcdef", false),
    (.wep, "0123456789", true),
    (.wep, "012345678g", false),
    (.wep, "abcdefghijklm", true),
    (.wep, "", false),
  ])
  func `each security has its own passphrases`(
    security: WiFiSecurity, passphrase: String, isAccepted: Bool
  ) {
    #expect(security.accepts(passphrase: bytes(passphrase)) == isAccepted)
  }
}
