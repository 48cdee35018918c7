import DeviceCore
import DeviceProtocol
import TestSupport

/// A device on the bench: what it asks of its flash is done, all else is handed to the test.
struct DeviceBench {
  static let cloud = "https://cloud.test"
  static let wifi = "WIFI:T:WPA;S:home;P:correct horse;;"

  static func payload(token: String = "rlkp_1", cloud: String = Self.cloud) -> String {
    Self.wifi + "RELINK:V:1;C:\(cloud.replacing(":", with: "%3A"));K:\(token);;"
  }

  var device: Device
  /// Milliseconds since power on.
  var now: UInt64 = 0
  private(set) var flash: [StoredRecord]
  /// Whether the flash takes records; else each store fails.
  var failingKeys: [RecordKey] = []
  /// Holds back the answers of the flash.
  var holdsStores = false
  private(set) var heldStores: [DeviceEvent] = []
  /// The last deadline.
  private(set) var wakeAt: UInt64?
  private(set) var lastRequest: Request?
  private let kind: DeviceKind
  private let traits: FirmwareTraits
  private let timing: DeviceTiming

  init(
    _ kind: DeviceKind = .camera, traits: FirmwareTraits = .keepsPreviousToken,
    flash: [StoredRecord] = [], timing: DeviceTiming = DeviceTiming(), seed: UInt64 = 1
  ) {
    self.kind = kind
    self.traits = traits
    self.flash = flash
    self.timing = timing
    self.device = Self.makeDevice(kind, traits, flash, timing, seed)
  }

  private static func makeDevice(
    _ kind: DeviceKind, _ traits: FirmwareTraits, _ flash: [StoredRecord],
    _ timing: DeviceTiming, _ seed: UInt64
  ) -> Device {
    Device(
      manufacture: Manufacture(
        kind: kind, deviceID: bytes("0b7e2c1a-0000-4000-8000-000000000001"),
        serial: bytes("S1"), model: bytes("cam-1"), cloud: bytes(Self.cloud)),
      firmware: FirmwareDescription(version: bytes("2.0.0"), traits: traits), stored: flash,
      timing: timing, seed: seed)
  }

  /// Power fails; the device starts from its flash.
  mutating func reboot(seed: UInt64 = 2) -> [DeviceOutput] {
    self.device = Self.makeDevice(self.kind, self.traits, self.flash, self.timing, seed)
    self.heldStores = []
    self.wakeAt = nil
    return self.send(.booted)
  }

  /// Hands the device an event and does what it asks of the flash.
  ///
  /// - Returns: All outputs in their order, without wakes.
  @discardableResult
  mutating func send(_ event: DeviceEvent) -> [DeviceOutput] {
    var outputs: [DeviceOutput] = []
    var events = [event]
    while !events.isEmpty {
      self.device.handle(events.removeFirst(), now: Instant(milliseconds: self.now))
      while let output = self.device.pollOutput() {
        switch output {
        case .wake(let deadline): self.wakeAt = deadline.milliseconds
        case .sleep: self.wakeAt = nil
        case .store(let key, let value):
          outputs.append(output)
          let answer = self.store(key, value)
          if self.holdsStores { self.heldStores.append(answer) } else { events.append(answer) }
        case .send(let request):
          self.lastRequest = request
          outputs.append(output)
        case .joinWiFi, .leaveWiFi, .openStream, .closeStream, .report:
          outputs.append(output)
        }
      }
    }
    return outputs
  }

  /// Lets the flash answer what was held back.
  mutating func releaseStores() -> [DeviceOutput] {
    self.holdsStores = false
    let events = self.heldStores
    self.heldStores = []
    return events.flatMap { self.send($0) }
  }

  /// Lets time pass until the deadline, and wakes the device.
  @discardableResult
  mutating func wake() -> [DeviceOutput] {
    guard let wakeAt = self.wakeAt else { return [] }
    self.now = max(self.now, wakeAt)
    return self.send(.wakeUp)
  }

  private mutating func store(_ key: RecordKey, _ value: [UInt8]) -> DeviceEvent {
    if self.failingKeys.contains(key) { return .storeFailed(key) }
    self.flash.removeAll { $0.key == key }
    if !value.isEmpty { self.flash.append(StoredRecord(key: key, value: value)) }
    return .stored(key)
  }

  func record(_ key: RecordKey) -> [UInt8]? { self.flash.first { $0.key == key }?.value }

  // MARK: Answers of the cloud to the last request

  @discardableResult
  mutating func answer(
    _ status: UInt16, _ body: String = "", retryAfterSeconds: UInt32? = nil
  ) -> [DeviceOutput] {
    guard let request = self.lastRequest else { return [] }
    return self.send(
      .response(
        request.id,
        Response(status: status, retryAfterSeconds: retryAfterSeconds, body: bytes(body))))
  }

  @discardableResult
  mutating func fail(_ failure: ConnectFailure) -> [DeviceOutput] {
    guard let request = self.lastRequest else { return [] }
    return self.send(.requestFailed(request.id, failure))
  }

  @discardableResult
  mutating func grant(
    _ number: Int, expiresIn: Int64 = 900, account: String = "alice"
  ) -> [DeviceOutput] {
    self.answer(200, Self.tokens(number, expiresIn: expiresIn, account: account))
  }

  static func tokens(_ number: Int, expiresIn: Int64 = 900, account: String = "alice") -> String {
    #"{"access_token":"access-\#(number)","token_type":"Bearer","expires_in":\#(expiresIn),"#
      + #""refresh_token":"refresh-\#(number)","device_id":"d","account_id":"\#(account)"}"#
  }

  @discardableResult
  mutating func refuse(_ reason: String, error: String = "invalid_grant") -> [DeviceOutput] {
    self.answer(400, #"{"error":"\#(error)","error_description":"x","reason":"\#(reason)"}"#)
  }

  // MARK: Ways to where a test begins

  /// Shows the payload to a camera, or hands it to a scale.
  @discardableResult
  mutating func show(_ payload: String) -> [DeviceOutput] {
    switch self.kind {
    case .camera: return self.send(.lens(text: bytes(payload)))
    case .scale:
      self.send(.button(heldMilliseconds: 100))
      return self.send(.handover(text: bytes(payload)))
    }
  }

  /// Boots, pairs as `alice`, and is online with the tokens numbered 1.
  static func online(
    _ kind: DeviceKind = .camera, traits: FirmwareTraits = .keepsPreviousToken,
    timing: DeviceTiming = DeviceTiming(), seed: UInt64 = 1
  ) -> DeviceBench {
    var bench = DeviceBench(kind, traits: traits, timing: timing, seed: seed)
    bench.send(.booted)
    bench.show(Self.payload())
    bench.send(.wifiJoined(signalDBm: -50))
    bench.grant(1)
    bench.openStream()
    return bench
  }

  @discardableResult
  mutating func openStream() -> [DeviceOutput] {
    self.send(.streamOpened)
      + self.send(.streamEvent(name: bytes("ready"), data: bytes("{}")))
  }

  /// Answers the heartbeat under way, if that is the last request.
  mutating func acceptHeartbeat() {
    if self.lastRequest?.name == .heartbeat { self.answer(204) }
  }

  /// Is logged out by everybody's logout, and asks for nothing yet.
  mutating func logOut() {
    self.send(
      .streamEvent(
        name: bytes("logged_out"), data: bytes(#"{"scope":"everyone","reason":"incident"}"#)))
  }

  /// Wakes the device until it sends this request.
  ///
  /// - Returns: All outputs until then.
  /// - Throws: When it does not come.
  @discardableResult
  mutating func wakeUntil(_ name: RequestName) throws -> [DeviceOutput] {
    var outputs: [DeviceOutput] = []
    for _ in 0..<100 {
      let new = self.wake()
      outputs += new
      if new.requests.contains(where: { $0.name == name }) { return outputs }
      self.acceptHeartbeat()
    }
    throw NeverSent(name: name)
  }

  struct NeverSent: Error { let name: RequestName }
}

extension [DeviceOutput] {
  var requests: [Request] {
    self.compactMap { if case .send(let request) = $0 { request } else { nil } }
  }
  var reports: [DeviceReport] {
    self.compactMap { if case .report(let report) = $0 { report } else { nil } }
  }
  var verdicts: [PayloadVerdict] {
    self.reports.compactMap { if case .payload(let verdict) = $0 { verdict } else { nil } }
  }
  var states: [LifecycleName] {
    self.reports.compactMap { if case .state(_, let state) = $0 { state } else { nil } }
  }
  var storedKeys: [RecordKey] {
    self.compactMap { if case .store(let key, _) = $0 { key } else { nil } }
  }
  var streams: [String] {
    self.compactMap {
      if case .openStream(let accessToken) = $0 { text(accessToken) } else { nil }
    }
  }
  var logoutReasons: [String] {
    self.reports.compactMap { if case .loggedOut(let reason) = $0 { text(reason) } else { nil } }
  }
  var backoffs: [UInt32] {
    self.reports.compactMap { if case .backoff(let wait, _) = $0 { wait } else { nil } }
  }
}

extension Request {
  /// A field of the form in the body; nil when it is not there.
  func field(_ name: String) -> String? {
    FormEncoding.decode(self.body)?.first { $0.name == bytes(name) }.map { text($0.value) }
  }
}
