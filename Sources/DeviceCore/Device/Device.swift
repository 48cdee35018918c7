package import DeviceProtocol

/// One device: a pure state machine. Time, randomness (the seed) and what happened are arguments;
/// what to send, store and when to wake are outputs.
///
/// The contract of its caller: after each `handle(_:now:)`, drain `pollOutput()` until nil and carry
/// the outputs out in order; a `.store` is durable before the next output is carried out.
package struct Device {
  private let constants: DeviceConstants
  var manufacture: Manufacture { self.constants.manufacture }
  var firmware: FirmwareDescription { self.constants.firmware }
  var timing: DeviceTiming { self.constants.timing }
  /// Until the device has booted.
  var stored: [StoredRecord]

  var random: RandomGenerator
  var wifi = WiFiStation()
  var writer: RecordWriter
  var counters: Counters
  var sensor: Sensor
  /// Of all that goes wrong between the device and the cloud but deliveries. It ends when an event
  /// stream has lasted, not when one opens: a cloud may close each that it accepts.
  var cloudBackoff: Backoff
  var deliveryBackoff: Backoff
  var bootedAt: Instant?
  /// A scale takes a payload before this instant.
  var handoverEnds: Instant?
  private var nextRequestID: UInt32 = 1

  private var outputs: [DeviceOutput] = []
  /// So many of them the caller has taken.
  private var takenCount = 0
  /// The deadline that the caller knows of.
  private var announcedWake: Instant?
  /// Whether that deadline has passed, so that the caller is to be told in any case what follows.
  private var hasWoken = false

  var state: Lifecycle {
    willSet {
      // Before and not after it: that would need a copy of the old state.
      let (old, new) = (self.state.name, newValue.name)
      if old != new { self.report(.state(from: old, to: new)) }
    }
  }

  /// - Parameters:
  ///   - manufacture: What the factory wrote; never changes.
  ///   - firmware: The running version with its traits.
  ///   - stored: The records of flash at boot, in any order; unreadable ones are treated as absent.
  ///   - timing: Backoff, heartbeat and button constants.
  ///   - seed: Of the device's random numbers; different at each boot.
  package init(
    manufacture: Manufacture, firmware: FirmwareDescription, stored: [StoredRecord],
    timing: DeviceTiming, seed: UInt64
  ) {
    self.init(
      DeviceConstants(manufacture: manufacture, firmware: firmware, timing: timing),
      stored: stored, seed: seed)
  }

  /// As `init(manufacture:firmware:stored:timing:seed:)`, with what many devices may share.
  package init(_ constants: DeviceConstants, stored: [StoredRecord], seed: UInt64) {
    let (manufacture, firmware) = (constants.manufacture, constants.firmware)
    self.constants = constants
    self.stored = stored
    self.random = RandomGenerator(seed: seed)
    // Wi-Fi and flash are driven by other parts of a firmware; their backoff has full jitter always.
    self.cloudBackoff = Backoff(BackoffPolicy(firmware.traits))
    self.deliveryBackoff = Backoff(BackoffPolicy(firmware.traits))
    self.writer = RecordWriter(presentKeys: stored.map { $0.key })
    var counters = stored.value(for: .counters).flatMap { Counters(record: $0) } ?? Counters()
    if isPlanted(.sequencesRestart) { counters.sequenceEnd = 0 }
    self.sensor = Sensor(manufacture.kind, records: stored, sequenceEnd: counters.sequenceEnd)
    // A damaged record knows less than the measurements that wait.
    counters.sequenceEnd = self.sensor.sequenceEnd
    self.counters = counters
    // Where it stood when the power went; `booted` goes on from there.
    if let credentials = stored.value(for: .credentials).flatMap({ Credentials(record: $0) }) {
      self.state = .offline(.unlinked(credentials, nil))
    } else if counters.binding == .paired || counters.binding == .loggedOut {
      self.state = .loggedOut(.unlinked)
    } else {
      self.state = .factory
    }
  }

  /// Takes one event at this instant, which is never earlier than the one before.
  package mutating func handle(_ event: DeviceEvent, now: Instant) {
    self.noteStability(now: now)
    switch event {
    case .booted: self.boot(now: now)
    case .wakeUp: self.hasWoken = true
    case .wifiJoined(let signal): self.wifiJoined(signalDBm: signal, now: now)
    case .wifiFailed(let failure): self.wifiFailed(failure, now: now)
    case .wifiLost: self.wifiLost(now: now)
    case .signalChanged(let signal): self.signalChanged(signalDBm: signal)
    case .airChanged: self.airChanged()
    case .response(let id, let response):
      self.requestEnded(id, .response(self.firmware.read(response)), now: now)
    case .requestFailed(let id, let failure):
      self.requestEnded(id, .failure(failure), now: now)
    case .streamOpened: self.streamOpened()
    case .streamEvent(let name, let data): self.streamEvent(name: name, data: data, now: now)
    case .streamClosed(let response):
      self.streamClosed(response.map { self.firmware.read($0) }, now: now)
    case .streamFailed(let failure): self.streamFailed(failure, now: now)
    case .stored(let key): self.recordStored(key, now: now)
    case .storeFailed(let key): self.recordFailed(key, now: now)
    case .button(let heldMilliseconds): self.button(heldMilliseconds: heldMilliseconds, now: now)
    case .lens(let text): self.payloadShown(text, by: .camera, now: now)
    case .handover(let text): self.payloadShown(text, by: .scale, now: now)
    case .motion(let time): self.motionSeen(at: time)
    case .steppedOn(let weighing, let time): self.steppedOn(weighing, at: time)
    }
    self.doWhatIsDue(now: now)
    self.announceWake()
  }

  /// The next thing to do; nil once there is nothing more until the next event.
  package mutating func pollOutput() -> DeviceOutput? {
    guard self.takenCount < self.outputs.count else {
      // Nothing is kept for next time: an idle device takes no memory for it.
      if self.takenCount > 0 {
        self.outputs = []
        self.takenCount = 0
      }
      return nil
    }
    defer { self.takenCount += 1 }
    return self.outputs[self.takenCount]
  }

  package var lifecycle: LifecycleName { self.state.name }

  /// Of the network that it has joined, or joins; nil when it was told of none.
  package var chosenNetwork: WiFiCredentials? { self.wifi.chosen }

  package var pendingMeasurementCount: UInt32 {
    guard case .scale(let scale) = self.sensor else { return 0 }
    return scale.pendingCount
  }

  /// Whether the newest measurement that waits for delivery is durable; true when none waits.
  package var isNewestMeasurementStored: Bool {
    guard case .scale(let scale) = self.sensor else { return true }
    guard !scale.needsNumbers, let newest = scale.queue.last else { return !scale.needsNumbers }
    return self.writer.isDurable(newest.key)
  }
}

// MARK: - Outputs

extension Device {
  mutating func output(_ output: DeviceOutput) {
    // Mostly a few follow.
    if self.outputs.isEmpty { self.outputs.reserveCapacity(4) }
    self.outputs.append(output)
  }

  mutating func report(_ report: DeviceReport) { self.output(.report(report)) }

  mutating func makeRequestID() -> RequestID {
    defer { self.nextRequestID &+= 1 }
    return RequestID(self.nextRequestID)
  }

  /// Makes a record durable; an empty value removes it, if it is there.
  mutating func write(_ key: RecordKey, _ value: [UInt8]) {
    guard !value.isEmpty || self.writer.presentKeys.contains(key) else { return }
    self.writer.began(StoredRecord(key: key, value: value))
    self.output(.store(key, value))
  }

  mutating func write(_ records: [StoredRecord]) {
    for record in records { self.write(record.key, record.value) }
  }

  /// When to try again after one more failure between the device and the cloud.
  mutating func cloudRetry(now: Instant, retryAfterSeconds: UInt32? = nil) -> Instant {
    let wait = self.cloudBackoff.next(
      timing: self.timing, retryAfterSeconds: retryAfterSeconds, random: &self.random)
    self.report(.backoff(milliseconds: wait, attempt: self.cloudBackoff.attempt))
    if isPlanted(.givesUp), self.cloudBackoff.attempt > 10 {
      return now.advanced(byMilliseconds: .max)
    }
    return now.advanced(byMilliseconds: wait)
  }

  private mutating func announceWake() {
    let deadline = Instant.earliest(
      Instant.earliest(self.state.deadline, self.wifi.deadline),
      Instant.earliest(self.writer.retryAt, self.deliveryDeadline))
    guard self.hasWoken || deadline != self.announcedWake else { return }
    self.hasWoken = false
    self.announcedWake = deadline
    if let deadline { self.output(.wake(at: deadline)) } else { self.output(.sleep) }
  }
}

extension FirmwareDescription {
  /// What this firmware makes of an answer.
  fileprivate func read(_ response: Response) -> Response {
    guard self.traits.contains(.ignoresRetryAfter) else { return response }
    return Response(status: response.status, retryAfterSeconds: nil, body: response.body)
  }
}

extension Instant {
  /// Nil when both are.
  fileprivate static func earliest(_ one: Instant?, _ other: Instant?) -> Instant? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }
}

extension [StoredRecord] {
  func value(for key: RecordKey) -> [UInt8]? { self.first { $0.key == key }?.value }
}
