import DeviceCore
import DeviceProtocol

/// Carries out what the machine of one powered device wants, and tells it what came of it.
///
/// It decides nothing: each output is one call. All that it holds is gone with the power.
final class DeviceDriver {
  private var device: Device
  private var storage: DeviceStorage
  private let radio: Radio
  private let link: CloudLink
  private let journal: Journal
  private let reportError: (HostError) -> Void
  private var wakeDeadline: Instant?
  /// Not handled yet: the machine's outputs are drained before its next event.
  private var events: [DeviceEvent] = []
  /// Power failed during a store: nothing happens any more.
  private(set) var hasLostPower = false

  init(
    device: Device, storage: DeviceStorage, radio: Radio, link: CloudLink, journal: Journal,
    reportError: @escaping (HostError) -> Void
  ) {
    self.device = device
    self.storage = storage
    self.radio = radio
    self.link = link
    self.journal = journal
    self.reportError = reportError
  }

  var state: LifecycleName { self.device.lifecycle }
  var pendingMeasurementCount: UInt32 { self.device.pendingMeasurementCount }
  var isNewestMeasurementStored: Bool { self.device.isNewestMeasurementStored }

  var deadline: Instant? { [self.wakeDeadline, self.link.deadline].compactMap(\.self).min() }

  /// Whether `advance` has more to do right now.
  var wantsTurn: Bool { self.link.wantsTurn }

  func add(to pollSet: inout PollSet) { self.link.add(to: &pollSet) }

  /// Takes what the cloud sent, and wakes the machine when it is time.
  func advance(now: Instant) {
    self.link.advance(now: now)
    while let event = self.link.pollEvent() { self.handle(event) }
    if let wakeDeadline, now >= wakeDeadline {
      self.wakeDeadline = nil
      self.handle(.wakeUp)
    }
  }

  /// Hands the machine an event, and all that follows from it.
  func handle(_ event: DeviceEvent) {
    self.events.append(event)
    while !self.hasLostPower, !self.events.isEmpty {
      self.device.handle(self.events.removeFirst(), now: Clock.now)
      while !self.hasLostPower, let output = self.device.pollOutput() { self.carryOut(output) }
    }
  }

  /// Other networks are in reach.
  ///
  /// - Parameter isNetworkLost: Whether the one that was joined is not among them.
  func airChanged(isNetworkLost: Bool) {
    self.link.setRoute(isThere: self.radio.hasRoute)
    if isNetworkLost {
      self.handle(.wifiLost)
    } else if let signalDBm = self.radio.signalDBm {
      self.handle(.signalChanged(signalDBm: signalDBm))
    }
    self.handle(.airChanged)
  }

  /// Power fails during the next write of credentials.
  func armPowerCut(afterByteCount byteCount: UInt32) {
    self.storage.armPowerCut(afterByteCount: byteCount)
  }

  /// Says goodbye to the cloud.
  func close() { self.link.close() }

  /// Power is gone.
  func abort() {
    self.hasLostPower = true
    self.link.abort()
    self.radio.leave()
  }

  private func carryOut(_ output: DeviceOutput) {
    switch output {
    case .joinWiFi(let credentials):
      self.link.breakConnections(because: .anotherNetwork)
      self.events.append(self.radio.join(credentials).event)
      self.link.setRoute(isThere: self.radio.hasRoute)
    case .leaveWiFi:
      self.radio.leave()
      self.link.setRoute(isThere: false)
    case .send(let request):
      self.link.send(request)
    case .openStream(let accessToken):
      self.link.openStream(accessToken: accessToken)
    case .closeStream:
      self.link.closeStream()
    case .store(let key, let value):
      self.store(key, value)
    case .wake(let instant):
      self.wakeDeadline = instant
    case .sleep:
      self.wakeDeadline = nil
    case .report(let report):
      self.journal.report(report)
    }
  }

  private func store(_ key: RecordKey, _ value: [UInt8]) {
    switch self.storage.store(key, value) {
    case .stored:
      self.journal.stored(key, byteCount: value.count)
      self.events.append(.stored(key))
    case .failed(let error):
      self.reportError(error)
      self.events.append(.storeFailed(key))
    case .powerCut:
      self.hasLostPower = true
    }
  }
}

extension Radio.JoinVerdict {
  fileprivate var event: DeviceEvent {
    switch self {
    case .joined(let accessPoint): .wifiJoined(signalDBm: accessPoint.signalDBm)
    case .failed(let failure): .wifiFailed(failure)
    }
  }
}
