import DeviceProtocol

// What camera and scale find out, and the sequence numbers for it.

extension Device {
  /// Before its first pairing a device keeps nothing: it would reach whoever pairs it.
  private var keepsFindings: Bool {
    switch self.counters.binding {
    case .paired, .loggedOut: true
    case .unpaired, .resetting: false
    }
  }

  mutating func motionSeen(at time: UnixMilliseconds) {
    guard self.keepsFindings, case .camera(var camera) = self.sensor else { return }
    camera.motionSeen(at: time)
    self.sensor = .camera(camera)
  }

  mutating func steppedOn(_ weighing: Weighing, at time: UnixMilliseconds) {
    guard self.keepsFindings, case .scale(var scale) = self.sensor else { return }
    let records = scale.steppedOn(weighing, at: time)
    self.sensor = .scale(scale)
    self.write(records)
  }

  /// Has sequence numbers reserved if some are needed and none are on their way.
  mutating func reserveNumbers() {
    guard let end = self.sensor.endToReserve, end > self.counters.sequenceEnd else { return }
    self.counters.sequenceEnd = end
    self.write(.counters, self.counters.record)
  }

  /// The newest `.counters` are durable.
  mutating func countersStored() {
    self.write(self.sensor.numbersReserved(to: self.counters.sequenceEnd))
  }

  /// Notes whose the device is. What it found out for another owner is removed first.
  mutating func bind(to accountID: [UInt8]?) {
    let owner = accountID ?? []
    if owner != self.counters.owner { self.forgetFindings() }
    self.counters.owner = owner
    self.counters.binding = .paired
    self.write(.counters, self.counters.record)
  }

  mutating func forgetFindings() {
    for key in self.writer.presentKeys where key.isMeasurement { self.write(key, []) }
    self.sensor.removeAll()
  }
}
