import DeviceCore

/// The records of a device's flash.
enum DeviceStore {
  /// On a chip: what a power cut leaves is what it leaves on a chip.
  case chip(KeyValuePartition<SimulatedFlash>)
  /// As a list, without cuts: for fleets, where a chip for each would be gigabytes.
  case list([StoredRecord])

  enum Result: Equatable {
    case stored
    case failed
    case powerCut
  }

  var records: [StoredRecord] {
    switch self {
    case .chip(let partition): partition.records
    case .list(let records): records
    }
  }

  /// Makes a record durable; an empty value removes it.
  mutating func set(_ key: RecordKey, to value: [UInt8]) -> Result {
    switch self {
    case .list(var records):
      // Out of `self` first, so that the list is changed in place.
      self = .list([])
      if let index = records.firstIndex(where: { $0.key == key }) { records.remove(at: index) }
      if !value.isEmpty { records.append(StoredRecord(key: key, value: value)) }
      self = .list(records)
      return .stored
    case .chip(var partition):
      self = .list([])
      defer { self = .chip(partition) }
      do throws(FlashError) {
        try partition.set(key, to: value)
        return .stored
      } catch {
        return partition.flash.hasPower ? .failed : .powerCut
      }
    }
  }

  mutating func armCut(beforeOperation count: Int) {
    guard case .chip(var partition) = self else { return }
    self = .list([])
    partition.flash.armCut(beforeOperation: count)
    self = .chip(partition)
  }

  /// Reads the chip anew, as at boot.
  ///
  /// - Throws: What the chip holds is no partition any more.
  mutating func mount() throws(FlashError) {
    guard case .chip(let partition) = self else { return }
    var flash = partition.flash
    flash.restorePower()
    self = .chip(try KeyValuePartition(mounting: flash))
  }
}
