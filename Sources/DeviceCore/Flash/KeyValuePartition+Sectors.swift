import DeviceProtocol

// Mounting, and opening one sector after another.

extension KeyValuePartition {
  /// Reads all sectors, oldest first.
  mutating func mount() throws(FlashError) {
    var logs: [(sector: UInt32, log: SectorLog)] = []
    var blankSector: UInt32?
    var isWorthKeeping = false
    for sector in 0..<self.geometry.sectorCount {
      let bytes = try self.read(sector)
      if let log = SectorLog(parsing: bytes, writeUnit: self.writeUnit) {
        logs.append((sector, log))
        self.generations[Int(sector)] = log.generation
      } else if bytes.allSatisfy({ $0 == 0xff }) {
        blankSector = blankSector ?? sector
      } else if !self.isTornHeader(bytes) {
        isWorthKeeping = true
      }
    }
    if logs.isEmpty {
      guard !isWorthKeeping else { throw .notAPartition }
      try self.format(preferring: blankSector)
      return
    }
    // They are by sector.
    if !isPlanted(.olderRecordWins) {
      logs.sort { ($0.log.generation, $0.sector) < ($1.log.generation, $1.sector) }
    }
    for (sector, log) in logs {
      for entry in log.entries { self.setLive(entry.key, entry.value, sector: sector) }
      self.activeSector = sector
      self.endOffset = log.endOffset
    }
  }

  /// Begins an empty log. A blank sector is taken first: what an interrupted format left in
  /// another needs no erase then.
  private mutating func format(preferring blankSector: UInt32?) throws(FlashError) {
    try self.prepare(blankSector ?? 0)
    try self.programHeader(of: blankSector ?? 0, generation: 1)
    try self.flash.sync()
    self.activate(blankSector ?? 0, generation: 1, endOffset: self.headerByteCount)
  }

  /// Whether nothing is programmed behind the header: an interrupted format.
  private func isTornHeader(_ bytes: [UInt8]) -> Bool {
    bytes[Int(self.headerByteCount)...].allSatisfy { $0 == 0xff }
  }

  /// Makes a free sector the active one. If it was the last free one, moves the oldest sector's
  /// live records there and frees the oldest.
  mutating func openNextSector() throws(FlashError) {
    var free = self.freeSectors
    if free.isEmpty {
      try self.finishCollection()
      free = self.freeSectors
    }
    guard let target = free.first else { throw self.fullError(neededByteCount: 0) }
    try self.prepare(target)
    let generation = (self.generations[Int(self.activeSector)] ?? 0) + 1
    // Of the highest generation there is no next one; 2³² erases are beyond any chip's life.
    guard generation < .max else { throw self.fullError(neededByteCount: 0) }
    if free.count > 1 {
      try self.programHeader(of: target, generation: generation)
      self.activate(target, generation: generation, endOffset: self.headerByteCount)
    } else {
      try self.collect(self.oldestSector, into: target, generation: generation)
    }
  }

  /// From the one after the active sector on, so that all wear alike.
  private var freeSectors: [UInt32] {
    let count = self.geometry.sectorCount
    return (1...count).map { (self.activeSector + $0) % count }
      .filter { self.generations[Int($0)] == nil }
  }

  private var oldestSector: UInt32 {
    var oldest = self.activeSector
    for sector in 0..<self.geometry.sectorCount {
      guard let generation = self.generations[Int(sector)] else { continue }
      if generation < self.generations[Int(oldest)] ?? .max { oldest = sector }
    }
    return oldest
  }

  /// Copies the live records of one sector to another, whose header makes them count only when all
  /// of them are there. Removals are not copied: no sector is older.
  private mutating func collect(
    _ source: UInt32, into target: UInt32, generation: UInt32
  ) throws(FlashError) {
    if isPlanted(.collectionErasesFirst) { try self.release(source) }
    var offset = self.headerByteCount
    for record in self.live where record.sector == source {
      let bytes = SectorLog.record(
        record.key, record.value, generation: generation, offset: offset,
        writeUnit: self.writeUnit)
      try self.flash.program(at: self.startOffset(of: target) + offset, bytes)
      offset += UInt32(clamping: bytes.count)
    }
    try self.flash.sync()
    // Should the header land although this reports a failure, a record that went to the sector
    // active until now would be older than its copy. So nothing goes there any more.
    self.endOffset = self.geometry.sectorByteCount
    try self.programHeader(of: target, generation: generation)
    try self.flash.sync()
    self.activate(target, generation: generation, endOffset: offset)
    self.relocateLive(from: source, to: target)
    try self.release(source)
  }

  /// After a power cut between the header of a collection's target and the erase of its source,
  /// no sector is free; the source is the oldest, and nothing in it is live any more. If damage
  /// since then has made something live again, it is moved first.
  private mutating func finishCollection() throws(FlashError) {
    let source = self.oldestSector
    guard source != self.activeSector else { throw self.fullError(neededByteCount: 0) }
    let remaining = self.live.filter { $0.sector == source }
    for record in remaining {
      let needed = SectorLog.byteCount(ofValue: record.value, writeUnit: self.writeUnit)
      guard self.geometry.sectorByteCount - self.endOffset >= needed else {
        throw self.fullError(neededByteCount: needed)
      }
      try self.append(record.key, record.value)
    }
    try self.flash.sync()
    self.relocateLive(from: source, to: self.activeSector)
    try self.release(source)
  }

  private mutating func relocateLive(from source: UInt32, to target: UInt32) {
    for index in self.live.indices where self.live[index].sector == source {
      self.live[index].sector = target
    }
  }

  /// Erases a sector that nothing live is in. Its header goes first: an interrupted erase could
  /// destroy a removal and leave the record that it removed.
  private mutating func release(_ sector: UInt32) throws(FlashError) {
    try self.flash.program(
      at: self.startOffset(of: sector),
      [UInt8](repeating: 0, count: Int(self.headerByteCount)))
    try self.flash.sync()
    self.generations[Int(sector)] = nil
    try self.flash.erase(sector: sector)
    try self.flash.sync()
  }

  /// Erases a free sector unless it is blank.
  private mutating func prepare(_ sector: UInt32) throws(FlashError) {
    guard try !self.read(sector).allSatisfy({ $0 == 0xff }) else { return }
    try self.flash.erase(sector: sector)
    try self.flash.sync()
  }

  private mutating func programHeader(
    of sector: UInt32, generation: UInt32
  ) throws(FlashError) {
    try self.flash.program(
      at: self.startOffset(of: sector),
      SectorLog.header(generation: generation, writeUnit: self.writeUnit))
  }

  private mutating func activate(_ sector: UInt32, generation: UInt32, endOffset: UInt32) {
    self.generations[Int(sector)] = generation
    self.activeSector = sector
    self.endOffset = endOffset
  }

  private var headerByteCount: UInt32 {
    SectorLog.paddedByteCount(SectorLog.headerByteCount, writeUnit: self.writeUnit)
  }

  private func read(_ sector: UInt32) throws(FlashError) -> [UInt8] {
    try self.flash.read(
      at: self.startOffset(of: sector), byteCount: self.geometry.sectorByteCount)
  }
}
