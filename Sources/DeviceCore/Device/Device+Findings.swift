import DeviceProtocol

// What camera and scale find out, and the sequence numbers for it.

extension Device {
  /// Before its first pairing a device keeps nothing: it would reach whoever pairs it.
  package var keepsFindings: Bool {
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
    if !isPlanted(.measurementOnlyInMemory) { self.write(records) }
  }

  /// Has sequence numbers reserved if some are needed and none are on their way.
  mutating func reserveNumbers() {
    guard let end = self.sensor.endToReserve, end > self.counters.sequenceEnd else { return }
    self.counters.sequenceEnd = end
    self.write(.counters, self.counters.record)
  }

  /// The newest `.counters` are durable.
  mutating func countersStored() {
    let records = self.sensor.numbersReserved(to: self.counters.sequenceEnd)
    if !isPlanted(.measurementOnlyInMemory) { self.write(records) }
  }

  /// Notes whose the device is after a pairing. What it found out for another owner, or for one
  /// that flash does not tell any more, is removed first.
  mutating func bind(to accountID: [UInt8]?) {
    if accountID ?? [] != self.counters.owner, !isPlanted(.findingsOutliveOwner) {
      self.forgetFindings()
    }
    self.rebind(to: accountID)
  }

  /// Notes whose the device is after a relink, which never changes that: what it found out is kept.
  mutating func rebind(to accountID: [UInt8]?) {
    self.counters.owner = accountID ?? []
    self.counters.binding = .paired
    self.write(.counters, self.counters.record)
  }

  mutating func forgetFindings() {
    for key in self.writer.presentKeys where key.isMeasurement { self.write(key, []) }
    self.sensor.removeAll()
  }
}
