import DeviceProtocol

// A factory reset, which a power cut may interrupt: it is noted in flash before anything is erased,
// and the note is removed last.

extension Device {
  /// How long the cloud has to answer, beyond the transport's own time-outs.
  private static let unbindMilliseconds: UInt32 = 20_000

  mutating func beginFactoryReset(now: Instant) {
    if case .resetting = self.state { return }
    self.counters.binding = .resetting
    self.counters.owner = []
    self.write(.counters, self.counters.record)
    guard let access = self.state.access, self.wifi.joined != nil, !isPlanted(.resetNotTold)
    else {
      self.eraseEverything()
      return
    }
    let name = self.state.name
    if self.state.hasStream { self.output(.closeStream) }
    let id = self.send(
      .unbind, .delete, .binding, accessToken: access.bytes, contentType: nil, body: [])
    self.state = .resetting(
      Lifecycle.Unbinding(
        request: id, deadline: now.advanced(byMilliseconds: Self.unbindMilliseconds), name: name))
  }

  /// Removes all records but those of manufacture and the counters.
  mutating func eraseEverything() {
    for key in self.writer.presentKeys where key != .manufacture && key != .counters {
      if isPlanted(.resetKeepsCredentials), key == .credentials { continue }
      if isPlanted(.findingsOutliveOwner), key.isMeasurement { continue }
      self.write(key, [])
    }
    if !isPlanted(.findingsOutliveOwner) { self.sensor.removeAll() }
    self.cloudBackoff.reset()
    self.deliveryBackoff.reset()
    self.handoverEnds = nil
    self.wifi.leave()
    self.output(.leaveWiFi)
    self.state = .factory
  }

  /// Removes the note once nothing is left to erase.
  mutating func completeFactoryReset() {
    guard case .factory = self.state, self.counters.binding == .resetting, self.writer.isIdle
    else { return }
    self.counters.binding = .unpaired
    self.write(.counters, self.counters.record)
  }
}
