import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// What owners see of their devices, and what devices report.
@Suite struct DeviceRouteTests {
  private let cloud = TestCloud()
  private let certificate = CloudFixture.certificate(1)

  @Test func `a pairing token names the cloud and how long it is good for`() async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.postJSON(
      "/v1/pairing-tokens", #"{"relink_policy":"silent","nickname":"Porch"}"#, token: app.access)
    #expect(answer.status == 201)
    #expect(try answer.json["expires_in"] == .integer(600))
    #expect(try answer.string("cloud") == "https://127.0.0.1:8443")
    #expect(try answer.string("pairing_token")?.hasPrefix("rlkp_") == true)
  }

  @Test(
    arguments: [
      #"{"relink_policy":"never"}"#, #"{"nickname":7}"#, #"{"nickname":""}"#, #"{"owner":"x"}"#,
      #"{"nickname":"\#(String(repeating: "x", count: 65))"}"#, #"{"nickname":"a\u0007b"}"#,
    ])
  func `a bad request for a pairing token is a 400`(body: String) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.postJSON("/v1/pairing-tokens", body, token: app.access)
    #expect(answer.status == 400)
  }

  @Test func `a device that never reported is shown with nulls`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(
      1, of: app, pairingBody: #"{"nickname":"<script>","relink_policy":"pair"}"#)
    let answer = try await self.cloud.request(
      .get, "/v1/devices/\(try #require(camera.device))", token: app.access)
    #expect(answer.status == 200)
    #expect(try answer.string("nickname") == "<script>")
    #expect(try answer.string("relink_policy") == "pair")
    #expect(try answer.string("kind") == "camera")
    #expect(try answer.string("session") == "live")
    #expect(try answer.json["online"] == .boolean(false))
    #expect(try answer.json["ssid"] == .null)
    #expect(try answer.json["signal_dbm"] == .null)
    #expect(try answer.json["uptime_ms"] == .null)
  }

  @Test func `a heartbeat is shown to the owner`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let heartbeat = Heartbeat(
      uptimeMilliseconds: 12_345, ssid: try #require(SSID([0x48, 0xFF])), signalDBm: -61,
      firmwareVersion: Array("1.2.3".utf8))
    let stored = try await self.cloud.postJSON(
      "/v1/device/heartbeat", String(decoding: heartbeat.bytes, as: UTF8.self),
      token: camera.access, peer: self.certificate)
    #expect(stored.status == 204)
    let list = try await self.cloud.request(.get, "/v1/devices", token: app.access)
    guard case .array(let devices)? = try list.json["devices"] else {
      Issue.record("no devices")
      return
    }
    let device = try #require(devices.first)
    #expect(devices.count == 1)
    #expect(device["ssid"] == .string(Array("48ff".utf8)))
    #expect(device["signal_dbm"] == .integer(-61))
    #expect(device["uptime_ms"] == .integer(12_345))
    #expect(device["firmware_version"] == .string(Array("1.2.3".utf8)))
    #expect(device["last_seen"] == .integer(Int64(self.cloud.clock.now.value)))
  }

  @Test(
    arguments: [
      #"{"uptime_ms":-1,"ssid":"48","signal_dbm":-1,"firmware_version":"1"}"#,
      #"{"uptime_ms":1,"ssid":"4","signal_dbm":-1,"firmware_version":"1"}"#,
      #"{"uptime_ms":1,"ssid":"","signal_dbm":-1,"firmware_version":"1"}"#,
      #"{"uptime_ms":1,"ssid":"zz","signal_dbm":-1,"firmware_version":"1"}"#,
      #"{"uptime_ms":1,"ssid":"48","signal_dbm":1,"firmware_version":"1"}"#,
      #"{"uptime_ms":1,"ssid":"48","signal_dbm":-1,"firmware_version":""}"#,
      #"{"uptime_ms":1,"ssid":"48","signal_dbm":-1}"#,
      #"{"uptime_ms":1e300,"ssid":"48","signal_dbm":-1,"firmware_version":"1"}"#,
    ])
  func `a bad heartbeat is a 400`(body: String) async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let answer = try await self.cloud.postJSON(
      "/v1/device/heartbeat", body, token: camera.access, peer: self.certificate)
    #expect(answer.status == 400)
    #expect(try answer.string("error") == "invalid_request")
  }

  @Test func `a motion that is delivered twice is there once`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let body = #"{"motions":[{"sequence":1,"at":5},{"sequence":2,"at":6}]}"#
    for _ in 0..<2 {
      let answer = try await self.cloud.postJSON(
        "/v1/device/motions", body, token: camera.access, peer: self.certificate)
      #expect(answer.status == 200)
      #expect(try Acknowledgement(parsing: Array(answer.text.utf8)).sequences == [1, 2])
    }
    let list = try await self.cloud.request(
      .get, "/v1/devices/\(try #require(camera.device))/motions", token: app.access)
    #expect(list.text == #"{"motions":[{"at":5,"sequence":1},{"at":6,"sequence":2}]}"#)
  }

  @Test(
    arguments: [
      ("", 1_000, 1_100), ("?limit=1000", 1_000, 1_100), ("?limit=2", 2, 1_100),
    ])
  func `a list has the newest recordings, oldest first, and no more than are asked for`(
    query: String, count: UInt32, newest: UInt32
  ) async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    for batch in 0..<11 {
      let motions = (1...100).map { #"{"sequence":\#(batch * 100 + $0),"at":5}"# }
      _ = try await self.cloud.postJSON(
        "/v1/device/motions", #"{"motions":[\#(motions.joined(separator: ","))]}"#,
        token: camera.access, peer: self.certificate)
    }
    let list = try await self.cloud.request(
      .get, "/v1/devices/\(try #require(camera.device))/motions\(query)", token: app.access)
    let expected = (newest - count + 1...newest).map { #"{"at":5,"sequence":\#($0)}"# }
    #expect(list.text == #"{"motions":[\#(expected.joined(separator: ","))]}"#)
  }

  @Test(arguments: ["0", "1001", "-1", "x", "99999999999999999999"])
  func `a page of another size is refused`(limit: String) async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    for list in ["motions", "measurements"] {
      let answer = try await self.cloud.request(
        .get, "/v1/devices/\(try #require(camera.device))/\(list)?limit=\(limit)",
        token: app.access)
      #expect(answer.status == 400)
      #expect(try answer.string("error_description") == "parameter 'limit' must be 1 to 1000")
    }
  }

  @Test func `a measurement comes to the owner as the scale sent it`() async throws {
    let app = try await self.cloud.newOwner()
    let scale = try await self.cloud.pairedDevice(1, of: app, clientID: "relink-scale")
    let measurements = [
      Measurement(
        sequence: 7, at: UnixMilliseconds(8), weightGrams: 71_300, impedanceOhms: 512,
        composition: .init(
          fatPermille: 213, waterPermille: 550, muscleGrams: 31_000, boneGrams: 2_900)),
      Measurement(
        sequence: 8, at: UnixMilliseconds(9), weightGrams: 1, impedanceOhms: nil,
        composition: nil),
    ]
    let stored = try await self.cloud.postJSON(
      "/v1/device/measurements",
      String(decoding: Measurement.body(of: measurements), as: UTF8.self),
      token: scale.access, peer: self.certificate)
    #expect(stored.status == 200)
    let list = try await self.cloud.request(
      .get, "/v1/devices/\(try #require(scale.device))/measurements", token: app.access)
    #expect(try Measurement.parse(body: Array(list.text.utf8)) == measurements)
  }

  @Test func `a scale records no motions and a camera no measurements`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let answer = try await self.cloud.postJSON(
      "/v1/device/measurements", #"{"measurements":[]}"#, token: camera.access,
      peer: self.certificate)
    #expect(answer.status == 403)
  }

  @Test func `an owner sees nothing of another owner's device`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let other = try await self.cloud.newOwner("other@example.org")
    let path = "/v1/devices/\(try #require(camera.device))"
    for (method, suffix) in [
      (HTTPRequest.Method.get, ""), (.get, "/motions"), (.get, "/measurements"), (.delete, ""),
    ] {
      let answer = try await self.cloud.request(method, path + suffix, token: other.access)
      #expect(answer.status == 404)
      #expect(try answer.string("error") == "not_found")
    }
    let list = try await self.cloud.request(.get, "/v1/devices", token: other.access)
    #expect(list.text == #"{"devices":[]}"#)
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, ""), (.get, "/motions"), (.get, "/measurements?limit=0"),
    (.get, "/measurements?limit=x"), (.delete, ""),
  ])
  func `text that is no id is answered as an id that nobody knows`(
    method: HTTPRequest.Method, suffix: String
  ) async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let id = try #require(camera.device)
    for (token, peer) in [(app.access, nil), (camera.access, self.certificate)] {
      let unknown = try await self.cloud.request(
        method, "/v1/devices/\(Sample.uuid(9))\(suffix)", token: token, peer: peer)
      #expect(unknown.status >= 400)
      for text in ["x", id.uppercased() + "z", id.replacing("-", with: "")] {
        let answer = try await self.cloud.request(
          method, "/v1/devices/\(text)\(suffix)", token: token, peer: peer)
        #expect(answer.status == unknown.status)
        #expect(answer.text == unknown.text)
      }
    }
  }

  @Test func `a removed device is out, and may be paired by another`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let path = "/v1/devices/\(try #require(camera.device))"
    #expect(try await self.cloud.request(.delete, path, token: app.access).status == 204)
    #expect(try await self.cloud.request(.get, path, token: app.access).status == 404)
    let dead = try await self.cloud.request(
      .get, "/v1/session", token: camera.access, peer: self.certificate)
    #expect(dead.status == 401)
    let refresh = try await self.cloud.refresh(
      camera.refresh, clientID: "relink-camera", peer: self.certificate)
    #expect(try refresh.string("reason") == "session_ended")
    let other = try await self.cloud.newOwner("other@example.org")
    _ = try await self.cloud.pairedDevice(1, of: other)
  }

  @Test func `a factory reset leaves no owner behind`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let answer = try await self.cloud.request(
      .delete, "/v1/device/binding", token: camera.access, peer: self.certificate)
    #expect(answer.status == 204)
    let list = try await self.cloud.request(.get, "/v1/devices", token: app.access)
    #expect(list.text == #"{"devices":[]}"#)
  }
}
