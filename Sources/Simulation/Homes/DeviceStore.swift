import DeviceCore

/// The records of a device's flash.
enum DeviceStore {
  /// On a chip: what a power cut leaves is what it leaves on a chip.
  indirect case chip(KeyValuePartition<SimulatedFlash>)
  /// Without cuts: for fleets, where a chip for each would be gigabytes.
  case list(PackedRecords)

  enum Result: Equatable {
    case stored
    case failed
    case powerCut
  }

  var records: [StoredRecord] {
    switch self {
    case .chip(let partition): partition.records
    case .list(let packed): packed.records
    }
  }

  /// Makes a record durable; an empty value removes it.
  mutating func set(_ key: RecordKey, to value: [UInt8]) -> Result {
    switch self {
    case .list(var records):
      records.set(key, to: value)
      self = .list(records)
      return .stored
    case .chip(var partition):
      self = .list(PackedRecords())
      defer { self = .chip(partition) }
      do throws(FlashError) {
        try partition.set(key, to: value)
        return .stored
      } catch {
        return partition.flash.hasPower ? .failed : .powerCut
      }
    }
  }

  var isChip: Bool {
    if case .chip = self { true } else { false }
  }

  /// - Parameter count: Of the chip's operations before the one at which power fails; nil for never.
  mutating func armCut(beforeOperation count: Int?) {
    guard case .chip(var partition) = self else { return }
    self = .list(PackedRecords())
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
