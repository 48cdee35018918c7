import DeviceCore
import DeviceProtocol
import Testing

@testable import DeviceHost

private let home = SSID([UInt8]("Home".utf8))!
private let secret = [UInt8]("correct horse".utf8)

private func accessPoint(
  _ security: WiFiSecurity = .wpa2, passphrase: [UInt8] = secret, isHidden: Bool = false,
  signalDBm: Int8 = -50, isRouterUp: Bool = true, hasInternet: Bool = true
) -> AccessPoint {
  AccessPoint(
    ssid: home, security: security, passphrase: passphrase, isHidden: isHidden,
    signalDBm: signalDBm, isRouterUp: isRouterUp, hasInternet: hasInternet)
}

private func credentials(
  _ security: WiFiSecurity = .wpa2, passphrase: [UInt8] = secret, isHidden: Bool = false
) -> WiFiCredentials {
  WiFiCredentials(ssid: home, security: security, passphrase: passphrase, isHidden: isHidden)
}

@Suite struct PreSharedKeyTests {
  @Test func `the standard's check value comes out`() throws {
    let key = try #require(
      preSharedKey(passphrase: [UInt8]("password".utf8), ssid: SSID([UInt8]("IEEE".utf8))!))
    #expect(
      String(decoding: Hexadecimal.encode(key), as: UTF8.self)
        == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e")
  }

  @Test func `64 hexadecimal digits are the key itself`() {
    let digits = [UInt8](repeating: UInt8(ascii: "a"), count: 64)
    #expect(preSharedKey(passphrase: digits, ssid: home) == [UInt8](repeating: 0xaa, count: 32))
  }

  @Test(arguments: ["", "seven77", String(repeating: "x", count: 64)])
  func `a passphrase that WPA2 does not allow has no key`(passphrase: String) {
    #expect(preSharedKey(passphrase: [UInt8](passphrase.utf8), ssid: home) == nil)
  }
}

@Suite struct RadioTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let networks: [AccessPoint]
    let credentials: WiFiCredentials
    let verdict: Radio.JoinVerdict
  }

  static let cases: [Case] = [
    Case(
      testDescription: "nothing in reach", networks: [], credentials: credentials(),
      verdict: .failed(.networkNotFound)),
    Case(
      testDescription: "the right passphrase", networks: [accessPoint()],
      credentials: credentials(), verdict: .joined(accessPoint())),
    Case(
      testDescription: "a wrong passphrase", networks: [accessPoint()],
      credentials: credentials(passphrase: [UInt8]("wrong horse".utf8)),
      verdict: .failed(.wrongPassphrase)),
    Case(
      testDescription: "the router down", networks: [accessPoint(isRouterUp: false)],
      credentials: credentials(), verdict: .failed(.routerDown)),
    Case(
      testDescription: "a wrong passphrase with the router down",
      networks: [accessPoint(isRouterUp: false)],
      credentials: credentials(passphrase: [UInt8]("wrong horse".utf8)),
      verdict: .failed(.wrongPassphrase)),
    Case(
      testDescription: "no internet is joined all the same",
      networks: [accessPoint(hasInternet: false)], credentials: credentials(),
      verdict: .joined(accessPoint(hasInternet: false))),
    Case(
      testDescription: "an open network", networks: [accessPoint(.open, passphrase: [])],
      credentials: credentials(.open, passphrase: []),
      verdict: .joined(accessPoint(.open, passphrase: []))),
    Case(
      testDescription: "open credentials do not find a protected network",
      networks: [accessPoint()], credentials: credentials(.open, passphrase: []),
      verdict: .failed(.networkNotFound)),
    Case(
      testDescription: "WPA credentials join WPA3 too", networks: [accessPoint(.sae)],
      credentials: credentials(), verdict: .joined(accessPoint(.sae))),
    Case(
      testDescription: "SAE credentials do not fall back to WPA2", networks: [accessPoint()],
      credentials: credentials(.sae), verdict: .failed(.networkNotFound)),
    Case(
      testDescription: "a hidden network is not found unasked",
      networks: [accessPoint(isHidden: true)], credentials: credentials(),
      verdict: .failed(.networkNotFound)),
    Case(
      testDescription: "a hidden network is found by who asks",
      networks: [accessPoint(isHidden: true)], credentials: credentials(isHidden: true),
      verdict: .joined(accessPoint(isHidden: true))),
    Case(
      testDescription: "the strongest access point that works",
      networks: [
        accessPoint(signalDBm: -70), accessPoint(signalDBm: -40, isRouterUp: false),
        accessPoint(signalDBm: -60),
      ],
      credentials: credentials(), verdict: .joined(accessPoint(signalDBm: -60))),
    Case(
      testDescription: "another name that begins alike",
      networks: [
        AccessPoint(ssid: SSID([UInt8]("Home2".utf8))!, security: .wpa2, passphrase: secret)
      ], credentials: credentials(), verdict: .failed(.networkNotFound)),
  ]

  @Test(arguments: cases) func `joining comes to the verdict`(_ test: Case) {
    let radio = Radio(always: [])
    _ = radio.airChanged(to: test.networks)
    #expect(radio.join(test.credentials) == test.verdict)
    if case .joined(let accessPoint) = test.verdict {
      #expect(radio.ssid == home)
      #expect(radio.hasRoute == accessPoint.hasInternet)
    } else {
      #expect(radio.ssid == nil)
      #expect(!radio.hasRoute)
    }
  }

  @Test func `a passphrase and the key that it stands for are the same secret`() throws {
    let key = try #require(preSharedKey(passphrase: secret, ssid: home))
    let radio = Radio(always: [accessPoint()])
    #expect(
      radio.join(credentials(passphrase: Hexadecimal.encode(key))) == .joined(accessPoint()))
    #expect(
      radio.join(credentials(passphrase: [UInt8](repeating: UInt8(ascii: "0"), count: 64)))
        == .failed(.wrongPassphrase))
  }

  struct Change: CustomTestStringConvertible {
    let testDescription: String
    let networks: [AccessPoint]
    let isLost: Bool
    let hasRoute: Bool
  }

  static let changes: [Change] = [
    Change(testDescription: "as before", networks: [accessPoint()], isLost: false, hasRoute: true),
    Change(testDescription: "gone", networks: [], isLost: true, hasRoute: false),
    Change(
      testDescription: "router down", networks: [accessPoint(isRouterUp: false)], isLost: true,
      hasRoute: false),
    Change(
      testDescription: "another passphrase",
      networks: [accessPoint(passphrase: [UInt8]("new passphrase".utf8))], isLost: true,
      hasRoute: false),
    Change(
      testDescription: "no internet", networks: [accessPoint(hasInternet: false)], isLost: false,
      hasRoute: false),
    Change(
      testDescription: "another access point takes over",
      networks: [accessPoint(signalDBm: -80)], isLost: false, hasRoute: true),
  ]

  @Test(arguments: changes) func `a change of the air is felt when it matters`(_ test: Change) {
    let radio = Radio(always: [])
    _ = radio.airChanged(to: [accessPoint()])
    _ = radio.join(credentials())
    #expect(radio.airChanged(to: test.networks) == test.isLost)
    #expect(radio.hasRoute == test.hasRoute)
    #expect(radio.signalDBm == (test.isLost ? nil : test.networks.first?.signalDBm))
  }

  @Test func `a network that is always in reach stays`() {
    let radio = Radio(always: [accessPoint()])
    _ = radio.join(credentials())
    #expect(!radio.airChanged(to: []))
    #expect(radio.hasRoute)
  }

  @Test func `a radio that joined nothing loses nothing`() {
    let radio = Radio(always: [])
    #expect(!radio.airChanged(to: [accessPoint()]))
    _ = radio.join(credentials())
    radio.leave()
    #expect(!radio.airChanged(to: []))
  }
}
