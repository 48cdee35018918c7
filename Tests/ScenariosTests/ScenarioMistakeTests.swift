import Foundation
import Simulation
import Testing

@testable import Scenarios

/// What is wrong with a file is told with its place; nothing traps.
struct ScenarioMistakeTests {
  private static let porch = "nickname: porch, kind: camera"

  /// In the small scenario one text is replaced by another.
  static let mistakes: [(replaced: String, by: String, error: String)] = [
    (
      "kind: camera", "kind: camra",
      "14:30: 'kind' of a device is 'camra', but must be one of camera, scale; did you mean 'camera'?"
    ),
    (
      "firmware: 2.0.0", "firmwear: 2.0.0",
      "15:7: 'firmwear' is not a part of a device; did you mean 'firmware'?"
    ),
    ("firmware: 2.0.0,", "", "14:5: a device needs 'firmware'"),
    (
      "network: Hill }\n  - { nickname: porch", "network: Hull }\n  - { nickname: porch",
      "13:40: the home of ada@example.org has no network of this name; did you mean 'Hill'?"
    ),
    (
      "passphrase: secret12", "passphrase: short",
      "6:21: 'passphrase' of a wpa2 network must be 8 to 63 printable ASCII characters, or 64 hexadecimal digits"
    ),
    (
      "passphrase: secret12", "security: open\n        passphrase: secret12",
      "7:21: an open network has no 'passphrase'"
    ),
    ("passphrase: secret12", "hidden: true", "5:9: this network needs a 'passphrase'"),
    (
      "passphrase: secret12", "passphrase: secret12\n      - { ssid: Hill, security: open }",
      "7:9: 'Hillside' has another network of this name"
    ),
    (
      "nickname: porch", "nickname: ../porch",
      "14:17: 'nickname' of a device must be 1 to 32 letters, digits, '-' or '_' (ASCII)"
    ),
    (
      "nickname: porch", "nickname: fleet-7",
      "14:17: 'nickname' of a device can't be 'fleet-7', which means something else in steps"
    ),
    (
      "nickname: porch", "nickname: cloud",
      "14:17: 'nickname' of a device can't be 'cloud', which means something else in steps"
    ),
    (
      "nickname: porch", "nickname: links",
      "14:17: 'nickname' of a device can't be 'links', which means something else in steps"
    ),
    (
      "nickname: porch", "nickname: lab",
      "14:17: 'nickname' of a device can't be 'lab', which means something else in steps"
    ),
    (
      "nickname: porch", "nickname: \(Lab.cloneName(of: "porch"))",
      "14:17: 'nickname' of a device must be 1 to 32 letters, digits, '-' or '_' (ASCII)"
    ),
    ("nickname: porch", "nickname: attic", "14:17: there is another device called 'attic'"),
    (
      "email: ada@example.org", "email: ada",
      "8:12: 'email' of an owner must be an e-mail address"
    ),
    (
      "home: Hillside", "home: Hilside",
      "10:11: 'home' of an owner: there is no home 'Hilside'; did you mean 'Hillside'?"
    ),
    (
      "email: ada@example.org", "email: ada@example.org\n    email: eve@example.org",
      "8:5: 'email' is here twice"
    ),
    ("ssid: Hill", "ssid_hex: abc", Self.hexadecimal),
    ("ssid: Hill", "ssid_hex: \"\"", "5:19: 'ssid_hex' of a network must be a text"),
    ("ssid: Hill", "ssid_hex: xy", Self.hexadecimal),
    ("ssid: Hill", "ssid_hex: " + String(repeating: "ab", count: 33), Self.hexadecimal),
    (
      "ssid: Hill", "{ ssid: Hill, ssid_hex: ab }",
      "6:9: not YAML: did not find expected '-' indicator"
    ),
    (
      "ssid: Hill", "ssid: Hill\n        ssid_hex: ab",
      "6:9: a network can't have both 'ssid' and 'ssid_hex'"
    ),
    ("ssid: Hill", "ssid: \"\"", "5:15: 'ssid' of a network must be a text"),
    (
      "ssid: Hill", "ssid: " + String(repeating: "é", count: 17),
      "5:15: 'ssid' of a network must be the name of a network, 1 to 32 bytes of UTF-8"
    ),
    (
      "devices:", "claims: []\ndevices:",
      "11:9: 'claims' of a scenario must be a list of at least one"
    ),
    ("scenario: small", "scenario: [small", "2:6: not YAML: did not find expected ',' or ']'"),
    (
      "scenario: small", "scenario: small: and more",
      "1:16: not YAML: mapping values are not allowed in this context; a text with ': ' belongs in quotes"
    ),
    (
      "    networks:", "\tnetworks:",
      "4:1: not YAML: found a tab character that violates indentation; there is a tab: indent with spaces"
    ),
    ("scenario: small", "scenario: &a small", Self.alias(1, 11)),
    ("scenario: small", "&a scenario: small", Self.alias(1, 1)),
    (
      "scenario: small\n", "scenario: \"\\x00\"\n",
      "1:11: 'scenario' of a scenario must be a text of at most 64 characters"
    ),
  ]

  private static let hexadecimal =
    "5:19: 'ssid_hex' of a network must be the name of a network as hexadecimal, 1 to 32 bytes of two digits each"

  private static func alias(_ line: Int, _ column: Int) -> String {
    "\(line):\(column): anchors and aliases (& and *) are not part of the language; share with 'include', and put a text with such a mark in quotes"
  }

  @Test(arguments: mistakes)
  func `a mistake is told with its place`(
    mistake: (replaced: String, by: String, error: String)
  ) throws {
    let text = SmallScenario.text.replacing(mistake.replaced, with: mistake.by, maxReplacements: 1)
    try #require(text != SmallScenario.text)
    Self.expect(text, mistake.error)
  }

  /// Put after the small scenario of 18 lines.
  static let additions: [(text: String, error: String)] = [
    ("claims: []", "18:9: 'claims' of a scenario must be a list of at least one"),
    ("steps: [pairs: porch]", "18:9: 'pairs' is not a part of a step; did you mean 'pair'?"),
    ("steps: [apir: porch]", "18:9: 'apir' is not a part of a step; did you mean 'pair'?"),
    ("steps: [{ pair: porch, wait: 1s }]", "18:24: a step can't have both 'pair' and 'wait'"),
    (
      "steps: [pair: prch]",
      "18:15: 'pair' of a step is 'prch', but must be a device, a list of devices, all, cameras, scales or fleet, or a mapping: a pairing; did you mean 'porch'?"
    ),
    (
      "steps: [pair: [porch, atic]]",
      "18:23: 'pair' of a step: there is no device 'atic'; did you mean 'attic'?"
    ),
    (
      "steps: [pair: { device: porch, owner: bob@example.org }]",
      "18:39: 'owner' of a pairing: there is no owner 'bob@example.org'; did you mean 'ada@example.org'?"
    ),
    (
      "steps: [power: { home: Hill, is: off }]",
      "18:24: 'home' of a change of power: there is no home 'Hill'; there is Hillside"
    ),
    ("steps: [power: { is: off }]", "18:16: a change of power needs 'device' or 'home'"),
    (
      "steps: [pair: fleet]",
      "18:9: there is no fleet"
    ),
    (
      "steps: [wait: 0s]",
      "18:15: 'wait' of a step must be a duration such as 500ms, 4s, 10m, 2h or 1d, at least 1ms"
    ),
    (
      "steps: [wait: -1s]",
      "18:15: 'wait' of a step must be a duration such as 500ms, 4s, 10m, 2h or 1d, at least 1ms"
    ),
    (
      "steps: [wait: 10]",
      "18:15: 'wait' of a step must be a duration such as 500ms, 4s, 10m, 2h or 1d, at least 1ms"
    ),
    ("steps: [wait: 365251d]", "18:15: 'wait' of a step is longer than 1,000 years"),
    ("steps: [wait: 99999999999999999999h]", "18:15: 'wait' of a step is longer than 1,000 years"),
    (
      "cloud: { rotation_window: 0s }",
      "18:27: 'rotation_window' of the cloud must be a duration of whole seconds such as 4s, 10m, 2h or 1d, at least 1s"
    ),
    (
      "cloud: { rotation_window: 1500ms }",
      "18:27: 'rotation_window' of the cloud must be a duration of whole seconds such as 4s, 10m, 2h or 1d, at least 1s"
    ),
    (
      "cloud: { rotation_window: 365250d }",
      "18:27: 'rotation_window' of the cloud must be at most 36525d"
    ),
    (
      "timing: { backoff_base: 10m }",
      "18:9: 'backoff_base' of the timing must not be longer than 'backoff_cap'"
    ),
    (
      "steps: [expect: { device: porch, state: online, for: 1s, within: 1s }]",
      "18:58: an expectation can't have both 'for' and 'within'"
    ),
    (
      "steps: [expect: { device: porch, logged_in: true }]",
      "18:34: 'logged_in' of an expectation is only for one with 'owner'"
    ),
    (
      "steps: [expect: { owner: all, state: online }]",
      "18:31: 'state' of an expectation is only for one with 'device'"
    ),
    (
      "steps: [expect: { owner: all }]",
      "18:17: an expectation needs one of state, binding, session, payload, wifi, recordings, settled, logged_in"
    ),
    (
      "steps: [expect: { device: porch, recordings: some }]",
      "18:46: 'recordings' of an expectation is 'some', but must be complete, or a whole number from 0 to 1000000"
    ),
    (
      "steps: [expect: { device: porch, payload: accepted }]",
      "18:9: porch is shown no payload before this step"
    ),
    (
      "steps: [show: { token: t, to: porch }]", "18:24: 'token' of a showing: there is no token 't'"
    ),
    (
      "steps: [show: { token: tokn, to: porch }, make_token: { name: token, owner: ada@example.org }]",
      "18:24: 'token' of a showing: there is no token 'tokn'; did you mean 'token'?"
    ),
    (
      "steps: [show: { token: t, to: porch }, make_token: { name: t, owner: ada@example.org }]",
      "18:9: the token 't' is not made before this step"
    ),
    (
      "steps: [replay: { token: x }, steal: { from: ada@example.org, as: x }]",
      "18:9: 'x' is not stolen before this step"
    ),
    ("steps: [steal: { from: porch, as: x }]", "18:9: porch has no token before it is paired"),
    ("steps: [remove: porch]", "18:9: nothing has paired porch before it is removed"),
    ("steps: [mark: a, mark: a]", "18:24: there is another mark called 'a'"),
    (
      "steps: [cloud: start]",
      "18:9: the cloud runs already; it starts again by itself after a crash"
    ),
    ("steps: [cloud: stop, cloud: stop]", "18:22: the cloud is stopped already"),
    ("steps: [cloud: restore]", "18:9: there is no 'back_up' before this step"),
    (
      "steps: [network: { home: Hillside, ssid: Hall, is: up }]",
      "18:9: 'Hillside' has no network 'Hall' at this step; there is 'Hill'"
    ),
    (
      "steps: [replace_router: { home: Hillside, ssid: Hill, with: { ssid: New, security: open } }, network: { home: Hillside, ssid: Hill, is: up }]",
      "18:94: 'Hillside' has no network 'Hill' at this step; there is 'New'"
    ),
    (
      "steps: [fault: { of: refresh }]",
      "18:16: a fault needs one of cut, cut_after_byte, delay, duplicate, status, malformed"
    ),
    (
      "steps: [fault: { of: refresh, duplicate: false }]",
      "18:42: 'duplicate' of a fault must be true"
    ),
    (
      "steps: [fault: { of: refresh, duplicate: true, retry_after: 1s }]",
      "18:48: 'retry_after' of a fault is only for one with 'status'"
    ),
    (
      "steps: [fault: { of: refresh, status: 200 }]",
      "18:39: 'status' of a fault must be a whole number from 400 to 599"
    ),
    ("steps: [clock: { of: cloud, by: 0s }]", "18:33: a clock must jump by more than 0s"),
    (
      "steps: [logout: { everyone: true, kind: app }]",
      "18:35: a logout can't have both 'everyone' and 'kind'"
    ),
    (
      "claims: [{ count: boots, exactly: 1, since: x }]",
      "18:45: 'since' of a claim: there is no mark 'x'"
    ),
    (
      "steps: [mark: a, mark: b]\nclaims: [{ count: boots, exactly: 1, since: b, until: a }]",
      "19:10: 'since' (b) must be before 'until' (a)"
    ),
    (
      "steps: [mark: a, mark: b]\nclaims: [{ percent_back: 1m, at_least: 9, since: a }]",
      "19:10: who is back is watched anew from each mark; say 'since: b'"
    ),
    (
      "steps: [mark: a, mark: b]\nclaims: [{ measure: peak_percent, at_most: 9, since: a, until: b }]",
      "19:10: what is measured goes from its mark to the end; leave 'until' out"
    ),
    ("claims: [{ count: boots }]", "18:10: a claim needs one of exactly, at_least, at_most"),
    (
      "claims: [{ measure: peak_percent, at_most: 1, of: porch }]",
      "18:47: 'of' of a claim is only for one with 'count'"
    ),
    ("violates: 12", "18:11: 'violates' of a scenario must be a whole number from 1 to 11"),
    ("ways: [virtual, virtual]", "18:17: 'virtual' is among the 'ways' already"),
    (
      "fleet: { count: 5000001, model: cam-1, firmware: 2.0.0 }",
      "18:17: 'count' of a fleet must be a whole number from 1 to 5000000"
    ),
    (
      "fleet: { count: 5, scales: 6, model: cam-1, firmware: 2.0.0 }",
      "18:28: 'scales' of a fleet must be at most its 'count'"
    ),
    (
      "fleet: { count: 5, alexa_links: 1, model: cam-1, firmware: 2.0.0 }",
      "18:33: 'alexa_links' of a fleet needs 'paired: true'"
    ),
    (
      "cloud: { policies: { app: oktta } }",
      "18:27: 'app' of the policies is 'oktta', but must be one of okta, auth0, hydra, keycloak, glewlwyd, google, ifttt, or a mapping: a policy; did you mean 'okta'?"
    ),
    (
      "cloud: { policies: { apps: okta } }",
      "18:22: 'apps' is not a part of the policies; did you mean 'app'?"
    ),
    ("cloud: { policies: { app: {} } }", "18:27: a policy needs 'preset' or 'rotation'"),
    (
      "cloud: { policies: { app: { preset: okta, rotation: strict } } }",
      "18:43: a policy can't have both 'preset' and 'rotation'"
    ),
    (
      "cloud: { policies: { app: { rotation: grace } } }",
      "18:39: the rotation 'grace' needs a 'window'"
    ),
    (
      "cloud: { policies: { app: { rotation: reusable, window: 5s } } }",
      "18:57: the rotation 'reusable' has no 'window'"
    ),
    (
      "cloud: { policies: { app: { preset: okta, window: 5s } } }",
      "18:43: 'window' of a policy is only for one with 'rotation'"
    ),
    (
      "cloud: { policies: { app: { rotation: grace, window: 500ms } } }",
      "18:54: 'window' of a policy must be a duration of whole seconds such as 4s, 10m, 2h or 1d"
    ),
    (
      "cloud: { policies: { app: { rotation: strict, reaction: sesion } } }",
      "18:57: 'reaction' of a policy is 'sesion', but must be one of session, consent, refresh_tokens; did you mean 'session'?"
    ),
    (
      "steps: [logout: { region: Europe }]",
      "18:27: 'region' of a logout must be 1 to 32 of a-z, 0-9 and '-', from a letter on, such as eu-west"
    ),
    ("steps: [logout: { region: mars }]", "18:9: no owner is in the region 'mars'"),
    (
      "steps: [logout: { issued_before: later }]",
      "18:34: 'issued_before' of a logout is 'later', but must be now, or a duration such as 500ms, 4s, 10m, 2h or 1d"
    ),
    (
      "steps: [logout: { list: [pork] }]",
      "18:26: 'list' of a logout is 'pork', but must be nobody, or the name of a device, or the name of an owner"
    ),
    (
      "steps: [logout: { everyone: true, skip_unknown: true }]",
      "18:35: 'skip_unknown' of a logout is only for one with 'list'"
    ),
    (
      "steps: [fault: { cut: after_commit, phase: after_commit, of: refresh }]",
      "18:37: a fault can't have both 'cut' and 'phase'"
    ),
    (
      "steps: [fault: { malformed: xml, of: refresh }]",
      "18:29: 'malformed' of a fault is 'xml', but must be one of truncated, not_json, wrong_type, empty"
    ),
    (
      "fleet: { count: 5, model: cam-1, firmware: 2.0.0 }\nsteps: [pair: fleet-6]",
      "19:9: there is no device 'fleet-6'"
    ),
  ]

  @Test(arguments: additions)
  func `what can't be is told with its place`(addition: (text: String, error: String)) {
    Self.expect(SmallScenario.text + "\n" + addition.text, addition.error)
  }

  /// What only the virtual way can do.
  static let virtual: [(text: String, error: String)] = [
    ("steps: [clock: { of: cloud, by: 1s }]", "19:9: 'clock' of a step"),
    ("weather: { jitter: 1s }", "19:1: 'weather' of a scenario"),
    ("fleet: { count: 5, model: cam-1, firmware: 2.0.0 }", "19:1: 'fleet' of a scenario"),
    ("cloud: { capacity: 5 }", "19:10: 'capacity' of the cloud"),
    ("cloud: { cache: sound }", "19:10: 'cache' of the cloud"),
    (
      "steps: [cut_power: { device: porch, before_operation: 1 }]",
      "19:37: 'before_operation' of a power cut"
    ),
    (
      "steps: [cut_power: { device: porch, before_any_operation: 1 }]",
      "19:37: 'before_any_operation' of a power cut"
    ),
    ("steps: [fault: { duplicate: true, of: refresh }]", "19:18: 'duplicate' of a fault"),
    (
      "steps: [expect: { device: porch, settled: true }]", "19:34: 'settled' of an expectation"
    ),
    (
      "claims: [{ measure: peak_percent, at_most: 1 }]",
      "19:12: 'measure' of a claim"
    ),
  ]

  @Test(arguments: virtual)
  func `what the real way can't do is refused when it is among the ways`(
    addition: (text: String, error: String)
  ) {
    let text = SmallScenario.text + "\nways: [virtual, real]\n" + addition.text
    Self.expect(text, addition.error + " can't be had in the real way, which is among the 'ways'")
    #expect(throws: Never.self) {
      try ScenarioFile.parse(SmallScenario.text + "\n" + addition.text, file: "x.yaml")
    }
  }

  static func expect(
    _ text: String, _ error: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let thrown = #expect(throws: ScenarioError.self, sourceLocation: sourceLocation) {
      try ScenarioFile.parse(text, file: "small.yaml")
    }
    #expect(thrown?.description == "small.yaml:" + error, sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    "", "[]", "scenario", "\u{0}", "a: &x\n  b: *x", "---\n", "--- a\n--- b", "? [a]\n: b",
    "scenario: x", "{", "}", "\u{FEFF}", "%YAML 9.9\n---\na: b", "!!binary x: y", "a: !x b",
    "scenario: \"\\uD800\"", "- - - -", "scenario: x\ndevices: {}", "for_each: 7",
  ])
  func `what is no scenario is an error, never a trap`(text: String) {
    #expect(throws: ScenarioError.self) { try ScenarioFile.parse(text, file: "x.yaml") }
  }

  @Test func `a file that is empty says so`() {
    for text in ["", "# nothing\n"] {
      let error = #expect(throws: ScenarioError.self) {
        try ScenarioFile.parse(text, file: "x.yaml")
      }
      #expect(error?.description == "x.yaml: the scenario file is empty")
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a bomb of aliases is refused at once`() {
    var lines = ["a0: &a0 [x, x, x]"]
    for level in 1...40 { lines.append("a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]") }
    lines.append("? *a40\n: x")
    let error = #expect(throws: ScenarioError.self) {
      try ScenarioFile.parse(lines.joined(separator: "\n"), file: "x.yaml")
    }
    #expect(error?.line == 4)
    #expect(error?.message.contains("anchors and aliases") == true)
  }

  @Test(.timeLimit(.minutes(5)), arguments: ["[", "{a: ", "- ", "\"", "*a ", "? "])
  func `a deep nest is refused, not followed`(opening: String) {
    let text = String(repeating: opening, count: 200_000)
    #expect(throws: ScenarioError.self) { try ScenarioFile.parse(text, file: "x.yaml") }
  }

  @Test func `ten thousand steps are the most`() throws {
    let steps = "\nsteps:\n" + String(repeating: "  - wait: 1s\n", count: 10_000)
    #expect(try SmallScenario.reading(steps).steps.count == 10_000)
    Self.expect(
      SmallScenario.text + "\n" + steps + "  - wait: 1s\n",
      "20:3: 'steps' of a scenario has 10001 items; 10000 is the most")
  }

  /// Each prefix of a file, and each with a byte changed.
  @Test(.timeLimit(.minutes(5)))
  func `a file that is broken off or damaged never traps`() {
    let bytes = Array(
      (SmallScenario.text + "\nfor_each: { n: 0..3 }\nsteps: [wait: $n, pair: [porch]]\n").utf8)
    for index in bytes.indices {
      for damage in UInt8(0)..<4 {
        var damaged = bytes
        switch damage {
        case 0: damaged.removeSubrange(index...)
        case 1: damaged[index] = UInt8(ascii: "\t")
        case 2: damaged[index] = UInt8(ascii: "\"")
        default: damaged[index] ^= 0x20
        }
        _ = try? ScenarioFile.parse(String(decoding: damaged, as: UTF8.self), file: "x.yaml")
      }
    }
  }
}
