import DeviceProtocol
import TestSupport

@testable import DeviceCore

/// One device with a cloud in memory and a virtual clock: everything happens in the order of its
/// time, alike in each run.
struct VirtualLab {
  /// Where a power cut or a lost answer strikes.
  enum Fault: Equatable, Sendable {
    /// Power fails at this store, counted from 0: before it lands or right after.
    case powerCut(atStore: Int, hasLanded: Bool)
    /// The cloud acts on this request, counted from 0, and the answer is lost.
    case lostAnswer(toRequest: Int)
    /// Power fails when this request, counted from 0, has reached the cloud.
    case powerCutAfter(request: Int)
  }

  private let kind: DeviceKind
  private let traits: FirmwareTraits
  private let timing: DeviceTiming
  private let faults: [Fault]
  private var device: Device
  private var flash: [StoredRecord] = []
  private var now: UInt64 = 0
  private var wakeAt: UInt64?
  private var events: [DeviceEvent] = []
  private var hasPower = true
  private var seed: UInt64 = 1

  private(set) var cloud = VirtualCloud()
  private(set) var storeCount = 0
  private(set) var requestCount = 0
  private(set) var logoutReasons: [String] = []
  /// Of the measurements that have been in flash: weights by sequence.
  private(set) var storedGrams: [UInt32: UInt32] = [:]

  init(
    _ kind: DeviceKind = .scale, traits: FirmwareTraits = .keepsPreviousToken,
    faults: [Fault] = []
  ) {
    self.kind = kind
    self.traits = traits
    self.faults = faults
    var timing = DeviceTiming()
    timing.backoffCapMilliseconds = 10_000
    self.timing = timing
    self.device = Self.makeDevice(kind, traits, [], timing, 1)
  }

  private static func makeDevice(
    _ kind: DeviceKind, _ traits: FirmwareTraits, _ flash: [StoredRecord],
    _ timing: DeviceTiming, _ seed: UInt64
  ) -> Device {
    Device(
      manufacture: Manufacture(
        kind: kind, deviceID: bytes("d"), serial: bytes("S1"), model: bytes("scale-1"),
        cloud: bytes(DeviceBench.cloud)),
      firmware: FirmwareDescription(version: bytes("1.0.0"), traits: traits), stored: flash,
      timing: timing, seed: seed)
  }

  var lifecycle: LifecycleName { self.device.lifecycle }
  var pendingMeasurementCount: UInt32 { self.device.pendingMeasurementCount }

  /// Hands the device an event now, and all that follows at this instant.
  mutating func handle(_ event: DeviceEvent) {
    self.events.append(event)
    while !self.events.isEmpty {
      let next = self.events.removeFirst()
      self.device.handle(next, now: Instant(milliseconds: self.now))
      while self.hasPower, let output = self.device.pollOutput() { self.carryOut(output) }
      if !self.hasPower { self.restorePower() }
    }
  }

  mutating func run(milliseconds: UInt64) {
    let end = self.now + milliseconds
    while let wakeAt = self.wakeAt, wakeAt <= end {
      self.now = max(self.now, wakeAt)
      self.wakeAt = nil
      self.handle(.wakeUp)
    }
    self.now = end
  }

  mutating func show(_ payload: String) {
    self.handle(.button(heldMilliseconds: 10))
    self.handle(.handover(text: bytes(payload)))
  }

  /// The cloud logs everybody out and tells connected devices.
  mutating func logOutEverybody() {
    self.cloud.logOut()
    self.handle(.streamEvent(name: StreamEventName.loggedOut.bytes, data: []))
  }

  private mutating func restorePower() {
    self.hasPower = true
    self.seed += 1
    self.events = [.booted]
    self.wakeAt = nil
    self.device = Self.makeDevice(self.kind, self.traits, self.flash, self.timing, self.seed)
  }

  private mutating func carryOut(_ output: DeviceOutput) {
    switch output {
    case .joinWiFi: self.events.append(.wifiJoined(signalDBm: -40))
    case .leaveWiFi, .closeStream: break
    case .send(let request): self.send(request)
    case .openStream(let accessToken):
      if self.cloud.accepts(accessToken) {
        self.events.append(.streamOpened)
        self.events.append(
          .streamEvent(name: StreamEventName.ready.bytes, data: bytes("{}")))
      } else {
        self.events.append(.streamClosed(self.cloud.unauthorized))
      }
    case .store(let key, let value): self.store(key, value)
    case .wake(let deadline): self.wakeAt = deadline.milliseconds
    case .sleep: self.wakeAt = nil
    case .report(.loggedOut(let reason)): self.logoutReasons.append(text(reason))
    case .report: break
    }
  }

  private mutating func send(_ request: Request) {
    let number = self.requestCount
    self.requestCount += 1
    let response = self.cloud.answer(request)
    if self.faults.contains(.powerCutAfter(request: number)) {
      self.hasPower = false
    } else if self.faults.contains(.lostAnswer(toRequest: number)) {
      self.events.append(.requestFailed(request.id, .reset))
    } else {
      self.events.append(.response(request.id, response))
    }
  }

  private mutating func store(_ key: RecordKey, _ value: [UInt8]) {
    let number = self.storeCount
    self.storeCount += 1
    if self.faults.contains(.powerCut(atStore: number, hasLanded: false)) {
      self.hasPower = false
      return
    }
    self.flash.removeAll { $0.key == key }
    if !value.isEmpty { self.flash.append(StoredRecord(key: key, value: value)) }
    if key.isMeasurement, let measurement = Measurement(record: value) {
      self.storedGrams[measurement.sequence] = measurement.weightGrams
    }
    if self.faults.contains(.powerCut(atStore: number, hasLanded: true)) {
      self.hasPower = false
      return
    }
    self.events.append(.stored(key))
  }
}

/// A cloud of one account and one device: `idempotent` rotation, relink policy `silent`.
struct VirtualCloud {
  private static let lifetimeSeconds: UInt32 = 60

  /// Counts refresh tokens; the live one.
  private var liveToken = 0
  private var hasLiveTokenWorked = false
  private var isLoggedOut = true
  /// Access tokens of earlier logins are dead.
  private var firstValidAccess = 0
  private var pairingCount = 0
  private(set) var replayCount = 0
  private(set) var refreshCount = 0
  /// Weights by sequence.
  private(set) var grams: [UInt32: UInt32] = [:]
  /// Sequences that came with two weights.
  private(set) var conflicts: [UInt32] = []

  var unauthorized: Response {
    Response(
      status: 401, retryAfterSeconds: nil,
      body: ErrorResponse(
        error: .invalidToken, errorDescription: nil,
        reason: self.isLoggedOut ? .loggedOut : .tokenUnknown, intervalSeconds: nil
      ).bytes)
  }

  mutating func logOut() { self.isLoggedOut = true }

  mutating func accepts(_ accessToken: [UInt8]) -> Bool {
    guard !self.isLoggedOut, let number = Self.number(of: accessToken, after: "access-"),
      number >= self.firstValidAccess, number <= self.liveToken
    else { return false }
    if number == self.liveToken { self.hasLiveTokenWorked = true }
    return true
  }

  mutating func answer(_ request: Request) -> Response {
    if let accessToken = request.accessToken, !self.accepts(accessToken) {
      return self.unauthorized
    }
    switch request.name {
    case .pair, .relink: return self.login()
    case .refresh: return self.refresh(bytes(request.field("refresh_token") ?? ""))
    case .measurements: return self.take(request.body)
    case .heartbeat, .motions, .unbind, .stream:
      return Response(status: 204, retryAfterSeconds: nil, body: [])
    }
  }

  private mutating func login() -> Response {
    self.isLoggedOut = false
    self.liveToken += 1
    self.firstValidAccess = self.liveToken
    self.hasLiveTokenWorked = false
    return self.tokens
  }

  private mutating func refresh(_ token: [UInt8]) -> Response {
    self.refreshCount += 1
    guard !self.isLoggedOut else { return Self.refusal(.loggedOut) }
    switch Self.number(of: token, after: "refresh-") {
    case self.liveToken:
      self.liveToken += 1
      self.hasLiveTokenWorked = false
      return self.tokens
    case self.liveToken - 1 where !self.hasLiveTokenWorked:
      return self.tokens
    default:
      self.replayCount += 1
      self.isLoggedOut = true
      return Self.refusal(.replayed)
    }
  }

  private mutating func take(_ body: [UInt8]) -> Response {
    guard let measurements = try? Measurement.parse(body: body) else {
      return Response(status: 400, retryAfterSeconds: nil, body: [])
    }
    for measurement in measurements {
      let known = self.grams[measurement.sequence]
      if let known, known != measurement.weightGrams {
        self.conflicts.append(measurement.sequence)
      }
      self.grams[measurement.sequence] = measurement.weightGrams
    }
    let acknowledgement = Acknowledgement(sequences: measurements.map { $0.sequence })
    return Response(status: 200, retryAfterSeconds: nil, body: acknowledgement.bytes)
  }

  private var tokens: Response {
    let tokens = TokenResponse(
      accessToken: bytes("access-\(self.liveToken)"), expiresInSeconds: Self.lifetimeSeconds,
      refreshToken: bytes("refresh-\(self.liveToken)"), deviceID: bytes("d"),
      accountID: bytes("alice"))
    return Response(status: 200, retryAfterSeconds: nil, body: tokens.bytes)
  }

  private static func refusal(_ reason: ErrorReason) -> Response {
    Response(
      status: 400, retryAfterSeconds: nil,
      body: ErrorResponse(
        error: .invalidGrant, errorDescription: nil, reason: reason, intervalSeconds: nil
      ).bytes)
  }

  private static func number(of token: [UInt8], after prefix: String) -> Int? {
    let token = text(token)
    guard token.hasPrefix(prefix) else { return nil }
    return Int(token.dropFirst(prefix.count))
  }
}
