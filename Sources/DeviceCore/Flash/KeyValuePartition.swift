/// A log-structured key–value store on a flash: the newest valid record of a key counts, and a
/// write cut short never loses the older one.
///
/// Sectors are filled one after the other. One is always free; when the log needs it, the oldest
/// sector's live records are copied there, its header is programmed last, and then the oldest
/// sector is erased. A power cut at any moment leaves one of the two complete.
///
/// What is guaranteed: a record that `set` returned for is found after any later power cut. Damage
/// inside a sector (`SectorLog`) costs the records that it hits and no other; a key whose newest
/// record is hit falls back to an older one, if the log still has it. A damaged sector header costs
/// that sector. No content of the flash traps.
package struct KeyValuePartition<Flash: FlashDevice> {
  /// The longest value, in bytes.
  package static var valueByteCountLimit: UInt32 { 2_048 }

  /// Whoever owns the chip may change how it behaves, such as when its power fails.
  package var flash: Flash

  /// The newest value of a key, and the sector that holds it.
  struct LiveRecord {
    let key: RecordKey
    let value: [UInt8]
    var sector: UInt32
  }

  /// By ascending key.
  var live: [LiveRecord] = []
  /// By sector; nil for one that holds no log: free, though perhaps not erased.
  var generations: [UInt32?]
  /// The sector of the highest generation; it takes the next record.
  var activeSector: UInt32
  /// Where in the active sector the next record goes.
  var endOffset: UInt32
  /// After a failed write: the flash may hold a newer record than `live`.
  private var isUncertain = false

  let geometry: FlashGeometry
  var writeUnit: UInt32 { self.geometry.writeUnitByteCount }

  /// Reads the log; formats a blank flash. Sectors with damage are read as far as they are valid.
  ///
  /// - Throws: `.notAPartition` for a flash that is not blank and has no valid sector; it is left
  ///   as it is. `.badGeometry` for fewer than two sectors, sectors that do not take the longest
  ///   record, or sizes that are not powers of two.
  package init(mounting flash: Flash) throws(FlashError) {
    self.geometry = flash.geometry
    self.flash = flash
    guard Self.isUsable(flash.geometry) else { throw .badGeometry(flash.geometry) }
    self.generations = [UInt32?](repeating: nil, count: Int(flash.geometry.sectorCount))
    self.activeSector = 0
    self.endOffset = 0
    try self.mount()
  }

  /// All live records, by ascending key.
  package var records: [StoredRecord] {
    self.live.map { StoredRecord(key: $0.key, value: $0.value) }
  }

  package func value(for key: RecordKey) -> [UInt8]? {
    self.live.first { $0.key == key }?.value
  }

  /// Returns once the record is durable. An empty value removes the key.
  ///
  /// - Throws: `.valueTooLong`, `.full`, or what the flash reports. After an error the older record
  ///   is still there, and the newer one is not, or (when only the sync failed) may be.
  package mutating func set(_ key: RecordKey, to value: [UInt8]) throws(FlashError) {
    guard value.count <= Self.valueByteCountLimit else {
      throw .valueTooLong(
        byteCount: UInt32(clamping: value.count), limit: Self.valueByteCountLimit)
    }
    guard self.isUncertain || value != self.value(for: key) ?? [] else { return }
    let byteCount = SectorLog.byteCount(ofValue: value, writeUnit: self.writeUnit)
    if !value.isEmpty { try self.checkCapacity(forByteCount: byteCount) }
    // Each round collects one sector; after all of them have been, there is room (checkCapacity).
    var roundsLeft = self.geometry.sectorCount
    while self.geometry.sectorByteCount - self.endOffset < byteCount {
      guard roundsLeft > 0 else { throw self.fullError(neededByteCount: byteCount) }
      roundsLeft -= 1
      try self.openNextSector()
    }
    let wasUncertain = self.isUncertain
    self.isUncertain = true
    try self.append(key, value)
    try self.flash.sync()
    self.isUncertain = wasUncertain
    self.setLive(key, value, sector: self.activeSector)
  }

  /// Programs a record at the end of the active sector; not synced.
  mutating func append(_ key: RecordKey, _ value: [UInt8]) throws(FlashError) {
    let offset = self.endOffset
    let record = SectorLog.record(
      key, value, generation: self.generations[Int(self.activeSector)] ?? 0, offset: offset,
      writeUnit: self.writeUnit)
    // Also after a failure: some of its bytes may be programmed, and can't be once more.
    self.endOffset += UInt32(clamping: record.count)
    try self.flash.program(at: self.startOffset(of: self.activeSector) + offset, record)
  }

  mutating func setLive(_ key: RecordKey, _ value: [UInt8], sector: UInt32) {
    let index = self.live.firstIndex { $0.key.rawValue >= key.rawValue } ?? self.live.endIndex
    if index < self.live.endIndex, self.live[index].key == key { self.live.remove(at: index) }
    guard !value.isEmpty else { return }
    self.live.insert(LiveRecord(key: key, value: value, sector: sector), at: index)
  }

  func startOffset(of sector: UInt32) -> UInt32 { sector * self.geometry.sectorByteCount }
}

// MARK: - Capacity

extension KeyValuePartition {
  private static func isUsable(_ geometry: FlashGeometry) -> Bool {
    let unit = geometry.writeUnitByteCount
    let (_, overflow) = geometry.sectorByteCount.multipliedReportingOverflow(
      by: geometry.sectorCount)
    return !overflow && geometry.sectorCount >= 2 && (1...32).contains(unit)
      && unit & (unit - 1) == 0
      && geometry.sectorByteCount & (geometry.sectorByteCount &- 1) == 0
      && geometry.sectorByteCount >= 2 * Self.valueByteCountLimit
  }

  /// What a sector holds besides its header.
  private var usableByteCount: UInt32 {
    self.geometry.sectorByteCount
      - SectorLog.paddedByteCount(SectorLog.headerByteCount, writeUnit: self.writeUnit)
  }

  private var liveByteCount: UInt32 {
    self.live.reduce(0) { $0 + SectorLog.byteCount(ofValue: $1.value, writeUnit: self.writeUnit) }
  }

  /// Refuses a record that collecting every sector might not make room for, or after which there
  /// might be none to remove a key. (The record that it replaces stays until it is durable.)
  ///
  /// A sector that a record of n bytes does not fit into holds more than usable − n bytes. If that
  /// is so in all sectors but the free one, more is live than checked for here.
  private func checkCapacity(forByteCount byteCount: UInt32) throws(FlashError) {
    let sectors = self.geometry.sectorCount - 1
    let removal = SectorLog.byteCount(ofValue: [], writeUnit: self.writeUnit)
    let live = self.liveByteCount
    guard live <= sectors * (self.usableByteCount - byteCount),
      live + byteCount <= sectors * (self.usableByteCount - removal)
    else { throw self.fullError(neededByteCount: byteCount) }
  }

  func fullError(neededByteCount: UInt32) -> FlashError {
    let capacity = (self.geometry.sectorCount - 1) * self.usableByteCount
    let live = self.liveByteCount
    return .full(
      neededByteCount: neededByteCount, freeByteCount: capacity > live ? capacity - live : 0)
  }
}
