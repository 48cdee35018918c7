import DeviceCore
import DeviceProtocol
import Testing

@testable import DeviceHost

/// A whole device without its process: power, flash, radio and a cloud that the test plays.
@Suite struct PowerTests {
  private let laboratory: Laboratory
  private let cloud: TestCloud
  private let flash: DeviceFlash
  private let radio: Radio
  private let power: Power
  private let world: World

  init() throws { try self.init(.camera) }

  private init(
    _ kind: DeviceKind, reportError: @escaping (HostError) -> Void = { Issue.record("\($0)") }
  ) throws {
    self.laboratory = try Laboratory()
    self.cloud = try self.laboratory.cloud()
    let manifest = try FirmwareManifest(parsing: testManifest, source: "the test")
    let authorities = self.laboratory.authorities
    let source = Factory.CertificateSource.developmentCA(folder: authorities.folder)
    self.flash = try DeviceFlash(
      at: self.laboratory.folder.path("flash"), kind: kind, model: nil, manifest: manifest,
      factory: Factory(certificateSource: source))
    let origin = try self.cloud.origin()
    let configuration = DeviceConfiguration(
      kind: kind, cloud: origin, flashPath: self.flash.flash.path,
      authorities: (authorities.serverAuthority, "the test"), certificateSource: source,
      manifest: manifest, seed: 1, reportError: reportError)
    self.radio = Radio(always: [])
    self.power = Power(
      configuration: configuration, device: self.flash,
      firmware: try manifest.firmware(of: self.flash.identity.model, version: nil),
      radio: self.radio, journal: self.laboratory.journal)
    self.world = World(power: self.power, radio: self.radio)
    self.payload =
      "WIFI:T:WPA;S:Home;P:correct horse;;RELINK:V:1;C:https%3A//127.0.0.1%3A\(self.cloud.port);"
      + "K:rlkp_test;;"
  }

  private let payload: String

  private func tell(_ line: String) -> String {
    String(decoding: self.world.answer([UInt8](line.utf8)), as: UTF8.self)
  }

  private let air = #"""
    {"event":"air","networks":[{"ssid":"Home","security":"wpa2","passphrase":"correct horse"}]}
    """#

  /// Lets device and cloud go on until the cloud has a request of this beginning.
  private func takeRequest(
    _ beginning: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> (connection: TestCloud.Connection, text: String) {
    var taken: (TestCloud.Connection, String)?
    self.run("\(beginning)", sourceLocation: sourceLocation) {
      for connection in self.cloud.connections {
        if let text = connection.takeRequest(), text.hasPrefix(beginning) {
          taken = (connection, text)
        }
      }
      return taken != nil
    }
    return try #require(taken, sourceLocation: sourceLocation)
  }

  private func run(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, until condition: () -> Bool
  ) {
    waitUntil(what, sourceLocation: sourceLocation) {
      self.power.finishCutDuringStore()
      self.power.driver?.advance(now: Clock.now)
      self.cloud.turn()
      return condition()
    }
  }

  private func answerToken(_ connection: TestCloud.Connection, refreshToken: String) {
    connection.answer(
      "200 OK",
      #"{"access_token":"rlka_1","token_type":"Bearer","expires_in":3600,"refresh_token":""#
        + #"\#(refreshToken)","account_id":"a","device_id":"d"}"#)
  }

  /// Pairs the device and brings it online.
  private func bringOnline() throws {
    try self.power.turnOn()
    #expect(self.tell(self.air) == #"{"ok":true}"#)
    if self.power.kind == .scale {
      #expect(self.tell(#"{"event":"button","heldMilliseconds":100}"#) == #"{"ok":true}"#)
    }
    let event = self.power.kind == .scale ? "handover" : "lens"
    #expect(self.tell(#"{"event":"\#(event)","text":"\#(self.payload)"}"#) == #"{"ok":true}"#)
    let (connection, text) = try self.takeRequest("POST /oauth/token")
    #expect(text.contains("pairing_token=rlkp_test"))
    #expect(connection.clientName == self.flash.identity.deviceID)
    self.answerToken(connection, refreshToken: "rlkr_1")
    try self.openStream()
  }

  private func openStream() throws {
    let stream = try self.takeRequest("GET /v1/events").connection
    stream.beginStream()
    stream.sendChunk("event: ready\ndata: {}\n\n")
    self.run("online") { self.power.driver?.state == .online }
  }

  @Test func `a camera pairs, goes online, and comes back after a power cut`() throws {
    try self.bringOnline()
    let status = self.tell(#"{"event":"status"}"#)
    #expect(status.hasPrefix(#"{"ok":true,"state":"online","model":"cam","device_id":""#))
    #expect(status.contains(#""power":"on","ssid":"486f6d65","pending_measurements":0"#))

    #expect(self.tell(#"{"event":"cutPower"}"#) == #"{"ok":true}"#)
    #expect(self.tell(#"{"event":"status"}"#).contains(#""state":null"#))
    #expect(
      self.tell(#"{"event":"motion"}"#) == #"{"ok":false,"error":"the power is off"}"#)
    #expect(self.tell(#"{"event":"power"}"#) == #"{"ok":true}"#)
    let (connection, text) = try self.takeRequest("POST /oauth/token")
    #expect(text.contains("refresh_token=rlkr_1"))
    self.answerToken(connection, refreshToken: "rlkr_2")
    try self.openStream()
  }

  @Test(arguments: [0, 12, 2_000])
  func `power cut within a store of credentials leaves a device that boots and is online again`(
    byteCount: Int
  ) throws {
    try self.bringOnline()
    _ = self.tell(#"{"event":"cutPower"}"#)
    _ = self.tell(#"{"event":"power"}"#)
    #expect(
      self.tell(#"{"event":"cutPower","during":"store","afterByteCount":\#(byteCount)}"#)
        == #"{"ok":true}"#)
    self.answerToken(try self.takeRequest("POST /oauth/token").connection, refreshToken: "rlkr_2")
    self.run("the power fails") { self.power.driver == nil }
    #expect(self.laboratory.journalLines().last == #"{"event":"power","state":"cut"}"#)

    _ = self.tell(#"{"event":"power"}"#)
    let (connection, text) = try self.takeRequest("POST /oauth/token")
    let stored = byteCount == 2_000 ? "rlkr_2" : "rlkr_1"
    #expect(text.contains("refresh_token=\(stored)"), "what was there before, or all of the new")
    self.answerToken(connection, refreshToken: "rlkr_2")
    try self.openStream()
  }

  @Test func `an event after the power failed in a store is not taken`() throws {
    try self.bringOnline()
    _ = self.tell(#"{"event":"cutPower"}"#)
    _ = self.tell(#"{"event":"power"}"#)
    _ = self.tell(#"{"event":"cutPower","during":"store","afterByteCount":0}"#)
    self.answerToken(try self.takeRequest("POST /oauth/token").connection, refreshToken: "rlkr_2")
    let driver = try #require(self.power.driver)
    waitUntil("the power fails, and nobody has looked yet") {
      driver.advance(now: Clock.now)
      self.cloud.turn()
      return driver.hasLostPower
    }
    #expect(self.tell(#"{"event":"motion"}"#) == #"{"ok":false,"error":"the power is off"}"#)
    #expect(self.tell(#"{"event":"power"}"#) == #"{"ok":true}"#)
    #expect(self.power.driver?.hasLostPower == false)
  }

  @Test func `a measurement that flash does not take is an error`() throws {
    var errors: [HostError] = []
    let scale = try PowerTests(.scale) { errors.append($0) }
    try scale.bringOnline()
    let stepOn = #"{"event":"stepOn","grams":70000}"#
    scale.flash.flash.failPower(afterByteCount: 0)
    #expect(
      scale.tell(stepOn) == #"{"ok":false,"error":"the measurement is not in flash"}"#)
    #expect(!errors.isEmpty)
    scale.flash.flash.restorePower()
    let now = Clock.now
    waitUntil("the flash takes it, and the next one") {
      scale.power.driver?.advance(now: now.advanced(byMilliseconds: 5_000))
      return scale.tell(stepOn) == #"{"ok":true}"#
    }
  }

  @Test func `another signal of the network is in the next heartbeat`() throws {
    try self.bringOnline()
    let first = try self.takeRequest("POST /v1/device/heartbeat")
    #expect(first.text.contains(#""signal_dbm":-50"#))
    first.connection.answer("204 No Content", "")
    #expect(
      self.tell(
        #"{"event":"air","networks":[{"ssid":"Home","security":"wpa2","#
          + #""passphrase":"correct horse","signalDBm":-77}]}"#) == #"{"ok":true}"#)
    // A new stream begins with a heartbeat.
    for connection in self.cloud.connections where connection !== first.connection {
      connection.end()
    }
    try self.openStream()
    let second = try self.takeRequest("POST /v1/device/heartbeat")
    #expect(second.text.contains(#""signal_dbm":-77"#))
  }

  @Test func `a network that goes away and comes back is felt and used`() throws {
    try self.bringOnline()
    _ = self.laboratory.journalLines()
    #expect(self.tell(#"{"event":"air","networks":[]}"#) == #"{"ok":true}"#)
    #expect(
      self.laboratory.journalLines().contains(#"{"event":"wifi","result":"lost","ssid":"Home"}"#))
    #expect(self.tell(#"{"event":"status"}"#).contains(#""ssid":null"#))
    self.run("the connections are gone") { self.power.driver?.wantsTurn == false }
    _ = self.tell(self.air)
    try self.openStream()
  }

  @Test func `an event of the other kind of device is refused`() throws {
    try self.power.turnOn()
    #expect(
      self.tell(#"{"event":"stepOn","grams":1}"#)
        == #"{"ok":false,"error":"a camera does not take this event"}"#)
  }

  @Test func `nothing secret is in the journal`() throws {
    var lines: [String] = []
    try self.bringOnline()
    lines += self.laboratory.journalLines()
    _ = self.tell(#"{"event":"lens","text":"WIFI:S:Home;P:hunter2 hunter2;;"}"#)
    _ = self.tell(#"{"event":"lens","text":"rlkp_garbage"}"#)
    lines += self.laboratory.journalLines()
    let text = lines.joined()
    #expect(text.contains(#""event":"payload""#))
    for secret in ["rlk", "correct horse", "hunter2", "PRIVATE"] {
      #expect(!text.contains(secret), "\(secret)")
    }
  }
}
