import DeviceCore
import DeviceProtocol

// Rule 7 for devices: what was acknowledged as stored is in flash after every power cut.

extension World {
  mutating func noteWrite(
    _ key: RecordKey, _ value: [UInt8], _ result: DeviceStore.Result, of index: Int
  ) {
    guard self.rules.isOn, self.devices[index].store.isChip else { return }
    switch result {
    case .stored: self.devices[index].seen.known.stored(key, value)
    case .failed, .powerCut: self.devices[index].seen.known.interrupted(key, value)
    }
  }

  /// The device boots: what its chip holds is compared with what is known of it.
  mutating func checkFlash(_ index: Int) {
    guard self.rules.isOn, self.devices[index].store.isChip else { return }
    let credentials = self.devices[index].seen.known.value(for: .credentials)
    let counters = self.devices[index].seen.known.value(for: .counters)
    let records = self.devices[index].store.records
    if let wrong = self.devices[index].seen.known.found(records) {
      self.violate(
        7, "in the flash of \(self.devices[index].specification.nickname) \(wrong)",
        concerning: index)
    }
    let present = self.devices[index].seen.known.value(for: .credentials)
    // What was under way as power failed has landed.
    if present != credentials { self.credentialsChanged(index, areThere: present != nil) }
    if self.devices[index].seen.known.value(for: .counters) != counters {
      self.countersChanged(index)
    }
    self.devices[index].seen.offeredAccount = nil
  }
}
