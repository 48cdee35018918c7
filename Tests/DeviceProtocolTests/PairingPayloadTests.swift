import DeviceProtocol
import TestSupport
import Testing

struct PairingPayloadTests {
  struct Reading: Sendable, CustomTestStringConvertible {
    let payload: String
    var ssid = "net"
    var security = WiFiSecurity.open
    var passphrase = ""
    var isHidden = false
    var cloud: String?
    var token: String?
    var testDescription: String { self.payload }
  }

  @Test(arguments: [
    Reading(payload: "WIFI:S:net;;"),
    Reading(payload: "WIFI:T:nopass;S:net;P:;H:false;;"),
    Reading(
      payload: "WIFI:T:WPA;S:Home%20%F0%9F%8F%A0;P:correct horse;;", ssid: "Home 🏠",
      security: .wpa2, passphrase: "correct horse"),
    Reading(
      payload: "WIFI:P:12345678;H:true;S:net;T:WPA;;", security: .wpa2, passphrase: "12345678",
      isHidden: true),
    Reading(
      payload: #"WIFI:T:WPA;S:a\;b\,c\"d\:e\\f;P:\\\\\\\\\;\;\;\;;;"#, ssid: #"a;b,c"d:e\f"#,
      security: .wpa2, passphrase: #"\\\\;;;;"#),
    Reading(
      payload: #"WIFI:T:WPA;S:50%25\;;P:100%41sure;;"#, ssid: "50%25;", security: .wpa2,
      passphrase: "100%41sure"),
    Reading(payload: "WIFI:T:SAE;S:net;P:x;;", security: .sae, passphrase: "x"),
    Reading(payload: "WIFI:T:WEP;S:net;P:abcde;;", security: .wep, passphrase: "abcde"),
    Reading(payload: "WIFI:S:a%3Bb%3a;X:1;R:1;R:2;;", ssid: "a;b:"),
    Reading(payload: "WIFI:S:a:b;;", ssid: "a:b"),
    Reading(
      payload: "WIFI:T:WPA;S:Cafe;P:100%sure!;;", ssid: "Cafe", security: .wpa2,
      passphrase: "100%sure!"),
    Reading(payload: "WIFI:S:1%2;;", ssid: "1%2"),
    Reading(payload: "WIFI:S:%%41%;;", ssid: "%A%"),
    Reading(
      payload: "WIFI:S:net;;RELINK:V:1;C:https%3A//127.0.0.1:8443;K:rlkp_abc;;",
      cloud: "https://127.0.0.1:8443", token: "rlkp_abc"),
    Reading(
      payload: #"WIFI:S:a\\b;;RELINK:N:%5C;K:t%20;V:1;C:c;;"#, ssid: #"a\b"#, cloud: "c",
      token: "t "),
  ])
  func `both spellings are read`(expected: Reading) throws {
    let payload = try PairingPayload(parsing: bytes(expected.payload))
    #expect(text(payload.wifi.ssid.bytes) == expected.ssid)
    #expect(payload.wifi.security == expected.security)
    #expect(text(payload.wifi.passphrase) == expected.passphrase)
    #expect(payload.wifi.isHidden == expected.isHidden)
    #expect(payload.pairing.map { text($0.cloud) } == expected.cloud)
    #expect(payload.pairing.map { text($0.token) } == expected.token)
  }

  @Test(arguments: [
    ("", PairingPayloadError.notAPayload),
    ("wifi:S:net;;", .notAPayload),
    ("https://example.com", .notAPayload),
    ("WIFI:S:caf\u{e9};;", .notASCII(offset: 10)),
    ("WIFI:S:net;;\n", .notASCII(offset: 12)),
    ("WIFI:", .unterminated(offset: 0)),
    ("WIFI:S:net", .unterminated(offset: 0)),
    ("WIFI:S:net;", .unterminated(offset: 0)),
    (#"WIFI:S:net\;;"#, .unterminated(offset: 0)),
    (#"WIFI:S:net\"#, .unterminated(offset: 0)),
    ("WIFI:S:net;;RELINK:V:1;C:c;K:k;", .unterminated(offset: 12)),
    ("WIFI:T:WPA4;S:net;;", .unknownSecurity(offset: 5)),
    ("WIFI:S:net;T:;;", .unknownSecurity(offset: 11)),
    ("WIFI:;", .missingSSID),
    ("WIFI:T:nopass;;", .missingSSID),
    ("WIFI:S:;;", .badSSIDLength(byteCount: 0)),
    ("WIFI:S:123456789012345678901234567890123;;", .badSSIDLength(byteCount: 33)),
    ("WIFI:T:WPA;S:net;P:1234567;;", .badPassphrase(byteCount: 7)),
    ("WIFI:T:WPA;S:net;;", .badPassphrase(byteCount: 0)),
    ("WIFI:T:WPA;S:net;P:12345678%0A;;", .badPassphrase(byteCount: 9)),
    ("WIFI:S:net;P:12345678;;", .badPassphrase(byteCount: 8)),
    ("WIFI:T:SAE;S:net;;", .badPassphrase(byteCount: 0)),
    ("WIFI:S:net;;RELINK:;", .unsupportedVersion),
    ("WIFI:S:net;;RELINK:V:2;C:c;K:k;;", .unsupportedVersion),
    ("WIFI:S:net;;RELINK:V:1;K:k;;", .missingCloud),
    ("WIFI:S:net;;RELINK:V:1;C:;K:k;;", .missingCloud),
    ("WIFI:S:net;;RELINK:V:1;C:c;;", .missingToken),
    ("WIFI:S:a;S:b;;", .duplicateField(offset: 9)),
    ("WIFI:S:net;;RELINK:V:1;K:k;C:c;K:l;;", .duplicateField(offset: 31)),
    ("WIFI:Snet;;", .malformedField(offset: 5)),
    ("WIFI:S;;", .malformedField(offset: 5)),
    ("WIFI:1:net;;", .malformedField(offset: 5)),
    ("WIFI:S:net;H:yes;;", .malformedField(offset: 11)),
    ("WIFI:S:net;;RELINK:V:1;C:c%;K:k;;", .badEscape(offset: 26)),
    ("WIFI:S:net;;RELINK:V:1;C:c;K:k%2;;", .badEscape(offset: 30)),
    (#"WIFI:S:a\b;;"#, .badEscape(offset: 8)),
    ("WIFI:S:net;;x", .trailingBytes(offset: 12)),
    ("WIFI:S:net;;RELINK:V:1;C:c;K:k;;x", .trailingBytes(offset: 32)),
  ])
  func `each malformed payload has its own reason`(payload: String, error: PairingPayloadError) {
    #expect(throws: error) { try PairingPayload(parsing: bytes(payload)) }
  }

  @Test func `a payload may have 1,024 bytes and no more`() throws {
    func payload(byteCount: Int) -> [UInt8] {
      let (head, tail) = ("WIFI:S:net;X:", ";;")
      let filler = String(repeating: "x", count: byteCount - head.count - tail.count)
      return bytes(head + filler + tail)
    }
    _ = try PairingPayload(parsing: payload(byteCount: 1_024))
    #expect(throws: PairingPayloadError.tooLong(byteCount: 1_025)) {
      try PairingPayload(parsing: payload(byteCount: 1_025))
    }
  }

  @Test(arguments: [WiFiSecurity.open, .wpa2, .sae, .wep], [true, false])
  func `what is written is ASCII and reads back`(security: WiFiSecurity, isHidden: Bool) throws {
    let passphrase: String =
      switch security {
      case .open: ""
      case .wpa2: #"a;b:c\d"e,f%41 ~"#
      case .sae: "é🏠\u{0}"
      case .wep: "\u{1}%;\\:"
      }
    let ssid = try #require(SSID([0, 0xff, 0x5c, 0x3b, 0x25, 0x41, 0xf0, 0x9f]))
    let payload = PairingPayload(
      wifi: WiFiCredentials(
        ssid: ssid, security: security, passphrase: bytes(passphrase), isHidden: isHidden),
      pairing: PairingPayload.Pairing(
        cloud: bytes("https://[::1]:8443"), token: bytes("rlkp_ab;c")))
    #expect(payload.text.allSatisfy { (0x20...0x7e).contains($0) })
    #expect(try PairingPayload(parsing: payload.text) == payload)
  }

  @Test func `any bytes are read or refused`() {
    var generator = SeededGenerator(seed: 2)
    let seeds = [
      bytes("WIFI:T:WPA;S:Home%20%F0%9F%8F%A0;P:correct horse;;RELINK:V:1;C:https%3A//h;K:k;;"),
      bytes(#"WIFI:T:SAE;S:a\;b\\;P:x\:y;H:true;;"#),
    ]
    var readCount = 0
    for round in 0..<40_000 {
      var candidate = seeds[round % 2].damaged(using: &generator)
      if round % 8 == 0 {
        candidate = bytes("WIFI:") + .random(count: round % 64, using: &generator)
      }
      if (try? PairingPayload(parsing: candidate)) != nil { readCount += 1 }
    }
    #expect(readCount > 100)
  }

  @Test func `descriptions name the reason and never the secret`() throws {
    #expect(
      text(PairingPayloadError.badSSIDLength(byteCount: 33).description)
        == "SSID is not 1-32 bytes, byteCount 33")
    let payload = try PairingPayload(
      parsing: bytes("WIFI:T:WPA;S:net;P:correct horse;;RELINK:V:1;C:c;K:rlkp_secret;;"))
    #expect(!"\(payload)".contains("correct horse"))
    #expect(!"\(payload)".contains("rlkp_secret"))
    #expect(!"\(payload)".contains("\(bytes("correct horse"))"))
    #expect(!"\(payload)".contains("\(bytes("rlkp_secret"))"))
  }
}
