import DeviceCore
import DeviceProtocol
import TestSupport
import Testing

struct PairingTests {
  @Test func `a camera pairs from a payload and stores its token before it uses it`() throws {
    var bench = DeviceBench()
    bench.send(.booted)
    #expect(bench.device.lifecycle == .factory)

    let shown = bench.show(DeviceBench.payload())
    #expect(shown.verdicts == [.accepted])
    #expect(shown.states == [.joiningWiFi])
    #expect(shown.storedKeys == [.wifi, .pairing])
    guard case .joinWiFi(let credentials)? = shown.first(where: { $0.isJoin }) else {
      Issue.record("no join")
      return
    }
    #expect(credentials.ssid == SSID(bytes("home")))
    #expect(credentials.passphrase == bytes("correct horse"))

    let joined = bench.send(.wifiJoined(signalDBm: -50))
    #expect(joined.states == [.pairing])
    let request = try #require(joined.requests.first)
    #expect(request.name == .pair)
    #expect(request.method == .post)
    #expect(text(request.path) == "/oauth/token")
    #expect(request.contentType == .form)
    #expect(request.accessToken == nil)
    #expect(request.field("grant_type") == "urn:relink:params:oauth:grant-type:pairing")
    #expect(request.field("pairing_token") == "rlkp_1")
    #expect(request.field("client_id") == "relink-camera")
    #expect(request.field("model") == "cam-1")
    #expect(request.field("firmware_version") == "2.0.0")

    bench.holdsStores = true
    let granted = bench.grant(1)
    #expect(granted.storedKeys == [.counters, .credentials])
    #expect(granted.streams.isEmpty)
    let stored = bench.releaseStores()
    #expect(stored.streams == ["access-1"])
    #expect(bench.record(.pairing) == nil)
    #expect(bench.device.lifecycle == .pairing)

    let opened = bench.openStream()
    #expect(opened.states == [.online])
    let heartbeat = try #require(opened.requests.first)
    #expect(heartbeat.name == .heartbeat)
    #expect(heartbeat.accessToken == bytes("access-1"))
    let body = try Heartbeat(parsing: heartbeat.body)
    #expect(body.ssid == credentials.ssid)
    #expect(body.signalDBm == -50)
  }

  @Test(arguments: [
    ("pairing_token_expired", PayloadVerdict.expired),
    ("pairing_token_used", .used),
    ("pairing_token_unknown", .unknown),
    ("already_bound", .alreadyBound),
    ("something_new", .unknown),
  ])
  func `a refused pairing token is reported and forgotten, and another payload taken at once`(
    reason: String, verdict: PayloadVerdict
  ) {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload())
    bench.send(.wifiJoined(signalDBm: -50))
    let refused = bench.refuse(reason)
    #expect(refused.verdicts == [verdict])
    #expect(refused.states == [.factory])
    #expect(bench.record(.pairing) == nil)
    #expect(bench.record(.wifi) == nil)
    #expect(bench.show(DeviceBench.payload(token: "rlkp_2")).verdicts == [.accepted])
    #expect(
      bench.send(.wifiJoined(signalDBm: -50)).requests.first?.field("pairing_token") == "rlkp_2")
  }

  @Test func `a refused pairing leads back to logged out if the device was paired before`() throws {
    var bench = DeviceBench.online()
    bench.logOut()
    bench.show(DeviceBench.payload(token: "rlkp_2"))
    bench.send(.wifiJoined(signalDBm: -50))
    #expect(bench.refuse("pairing_token_used").states == [.loggedOut])
    #expect(bench.record(.wifi) != nil)
    try bench.wakeUntil(.relink)
  }

  @Test(arguments: [
    "", "WIFI", "WIFI:S:home;", "WIFI:T:WPA;S:home;P:short;;", "WIFI:S:home;;RELINK:V:2;C:c;K:k;;",
  ])
  func `a malformed payload is refused with its reason, and another taken at once`(text: String) {
    var bench = DeviceBench()
    bench.send(.booted)
    guard case .malformed? = bench.show(text).verdicts.first else {
      Issue.record("\(text) is not malformed")
      return
    }
    #expect(bench.show(DeviceBench.payload()).verdicts == [.accepted])
  }

  @Test(arguments: [
    "https://cloud.test/", "HTTPS://Cloud.Test", "https://cloud.test:443",
    "https://cloud.test:443/",
  ])
  func `another spelling of the cloud is the same cloud`(cloud: String) {
    var bench = DeviceBench()
    bench.send(.booted)
    #expect(bench.show(DeviceBench.payload(cloud: cloud)).verdicts == [.accepted])
  }

  @Test func `a payload for another cloud is refused`() {
    var bench = DeviceBench()
    bench.send(.booted)
    for cloud in ["https://other.test", "http://cloud.test", "https://cloud.test:8443"] {
      #expect(bench.show(DeviceBench.payload(cloud: cloud)).verdicts == [.otherCloud])
    }
    #expect(bench.flash.isEmpty)
    #expect(
      bench.show(DeviceBench.payload(cloud: "HTTPS://Cloud.test/")).verdicts == [.accepted])
  }

  @Test func `a payload without pairing is not for a device that was never paired`() {
    var bench = DeviceBench()
    bench.send(.booted)
    #expect(bench.show(DeviceBench.wifi).verdicts == [.notReady])
    #expect(bench.flash.isEmpty)
  }

  @Test func `a newer payload replaces the one that is being acted on`() throws {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload(token: "rlkp_1"))
    #expect(bench.show(DeviceBench.payload(token: "rlkp_2")).verdicts == [.accepted])
    bench.send(.wifiJoined(signalDBm: -50))
    #expect(bench.lastRequest?.field("pairing_token") == "rlkp_2")
    #expect(bench.show(DeviceBench.payload(token: "rlkp_3")).verdicts == [.accepted])
    let late = try #require(bench.lastRequest)
    let lateAnswer = DeviceEvent.response(
      late.id,
      Response(status: 200, retryAfterSeconds: nil, body: bytes(DeviceBench.tokens(1))))
    // The answer to the replaced one comes late and means nothing.
    #expect(bench.send(lateAnswer).isEmpty)
    bench.send(.wifiJoined(signalDBm: -50))
    #expect(bench.lastRequest?.field("pairing_token") == "rlkp_3")
    #expect(bench.send(lateAnswer).isEmpty)
    #expect(bench.record(.credentials) == nil)
    #expect(bench.grant(2).streams == ["access-2"])
  }

  @Test func `a lost answer is asked for again with the same pairing token`() {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload())
    bench.send(.wifiJoined(signalDBm: -50))
    #expect(bench.fail(.reset).backoffs.count == 1)
    let again = bench.wake()
    #expect(again.requests.first?.field("pairing_token") == "rlkp_1")
    #expect(bench.answer(200, "{").backoffs.count == 1)
    bench.wake()
    #expect(bench.answer(503, retryAfterSeconds: 9).backoffs.allSatisfy { $0 >= 9_000 })
    bench.wake()
    #expect(bench.grant(1).streams == ["access-1"])
  }

  @Test func `a power cut during pairing resumes it`() {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload())
    bench.send(.wifiJoined(signalDBm: -50))
    #expect(bench.reboot().states == [.joiningWiFi])
    let joined = bench.send(.wifiJoined(signalDBm: -50))
    #expect(joined.requests.first?.field("pairing_token") == "rlkp_1")
    bench.grant(1)
    #expect(bench.openStream().states == [.online])
  }

  @Test func `credentials that could not be stored are not used but asked for again`() {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload())
    bench.send(.wifiJoined(signalDBm: -50))
    bench.failingKeys = [.credentials]
    let granted = bench.grant(1)
    #expect(granted.streams.isEmpty)
    #expect(granted.backoffs.count == 1)
    bench.failingKeys = []
    #expect(bench.wake().requests.first?.field("pairing_token") == "rlkp_1")
    #expect(bench.grant(1).streams == ["access-1"])
  }

  @Test func `records that could not be stored are tried again`() {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.failingKeys = [.wifi, .pairing]
    bench.show(DeviceBench.payload())
    #expect(bench.flash.isEmpty)
    bench.failingKeys = []
    bench.wake()
    #expect(bench.record(.wifi) != nil)
    #expect(bench.record(.pairing) == bytes("rlkp_1"))
  }

  @Test func `a scale takes a payload for two minutes after a press of its button`() {
    var bench = DeviceBench(.scale)
    bench.send(.booted)
    let payload = bytes(DeviceBench.payload())
    #expect(bench.send(.handover(text: payload)).verdicts == [.notReady])
    bench.send(.button(heldMilliseconds: 4_999))
    bench.now = 119_999
    #expect(bench.send(.handover(text: bytes("x"))).verdicts == [.malformed(.notAPayload)])
    bench.now = 120_000
    #expect(bench.send(.handover(text: payload)).verdicts == [.notReady])
    bench.send(.button(heldMilliseconds: 1))
    #expect(bench.send(.handover(text: payload)).verdicts == [.accepted])
    #expect(bench.send(.lens(text: payload)).verdicts == [.notReady])
  }

  @Test func `a camera takes no handover`() {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.send(.button(heldMilliseconds: 1))
    #expect(
      bench.send(.handover(text: bytes(DeviceBench.payload()))).verdicts == [.notReady])
  }

  @Test func `a paired device takes no pairing payload`() {
    var bench = DeviceBench.online()
    #expect(bench.show(DeviceBench.payload(token: "rlkp_2")).verdicts == [.notReady])
    bench.send(.streamClosed(nil))
    #expect(bench.device.lifecycle == .offline)
    #expect(bench.show(DeviceBench.payload(token: "rlkp_2")).verdicts == [.notReady])
  }
}

extension DeviceOutput {
  var isJoin: Bool { if case .joinWiFi = self { true } else { false } }
}
