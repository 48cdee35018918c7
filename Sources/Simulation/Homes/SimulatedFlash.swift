import DeviceCore

/// A NOR chip in memory whose power can fail at any operation: `program` only clears bits, and of
/// what was under way at a cut anything may have landed.
///
/// What is written is durable at once, but for the operation at which power fails, of which one of
/// three things becomes, each as likely: it has not begun, it is complete, or it is torn. A torn
/// write unit holds anything between old and new; a sector is erased in parts, which are torn alike.
struct SimulatedFlash: FlashDevice {
  /// Three sectors, as small as a partition takes them.
  static let geometry = FlashGeometry(
    sectorByteCount: 4_096, sectorCount: 3, writeUnitByteCount: 8)
  private static let erasePartCount = 8

  private var content: [UInt8]
  private var random: SeededRandom
  /// Operations (units programmed, parts erased) until power fails; nil for never.
  private(set) var operationsUntilCut: Int?
  private(set) var hasPower = true

  init(random: SeededRandom) {
    self.content = [UInt8](repeating: 0xFF, count: Int(Self.geometry.byteCount))
    self.random = random
  }

  var geometry: FlashGeometry { Self.geometry }

  mutating func armCut(beforeOperation count: Int?) { self.operationsUntilCut = count }

  mutating func restorePower() {
    self.hasPower = true
    self.operationsUntilCut = nil
  }

  func read(at offset: UInt32, byteCount: UInt32) throws(FlashError) -> [UInt8] {
    let (end, overflow) = offset.addingReportingOverflow(byteCount)
    guard !overflow, end <= self.geometry.byteCount else {
      throw .outOfRange(offset: offset, byteCount: byteCount)
    }
    guard self.hasPower else { throw .readFailed(offset: offset, code: 5) }
    return Array(self.content[Int(offset)..<Int(end)])
  }

  mutating func program(at offset: UInt32, _ bytes: [UInt8]) throws(FlashError) {
    let unit = Int(self.geometry.writeUnitByteCount)
    guard Int(offset) % unit == 0, bytes.count % unit == 0 else {
      throw .misaligned(offset: offset, byteCount: UInt32(clamping: bytes.count))
    }
    guard Int(offset) + bytes.count <= self.content.count else {
      throw .outOfRange(offset: offset, byteCount: UInt32(clamping: bytes.count))
    }
    guard self.hasPower else { throw .programFailed(offset: offset, code: 5) }
    for start in stride(from: 0, to: bytes.count, by: unit) {
      let effect = self.takeOperation()
      for index in start..<(start + unit) {
        // Programming clears bits; a torn unit has cleared some of them.
        self.content[Int(offset) + index] &= bytes[index] | ~self.mask(effect)
      }
      guard self.hasPower else { throw .programFailed(offset: offset, code: 5) }
    }
  }

  mutating func erase(sector: UInt32) throws(FlashError) {
    guard sector < self.geometry.sectorCount else {
      throw .outOfRange(offset: sector, byteCount: self.geometry.sectorByteCount)
    }
    guard self.hasPower else { throw .eraseFailed(sector: sector, code: 5) }
    let partByteCount = Int(self.geometry.sectorByteCount) / Self.erasePartCount
    for part in 0..<Self.erasePartCount {
      let start = Int(sector * self.geometry.sectorByteCount) + part * partByteCount
      let effect = self.takeOperation()
      for index in start..<(start + partByteCount) { self.content[index] |= self.mask(effect) }
      guard self.hasPower else { throw .eraseFailed(sector: sector, code: 5) }
    }
  }

  mutating func sync() throws(FlashError) {
    guard self.hasPower else { throw .programFailed(offset: 0, code: 5) }
  }

  /// What becomes of an operation.
  private enum Effect: CaseIterable {
    case complete, none, torn
  }

  /// The bits of one byte that it changes.
  private mutating func mask(_ effect: Effect) -> UInt8 {
    switch effect {
    case .complete: 0xFF
    case .none: 0
    case .torn: UInt8(truncatingIfNeeded: self.random.next())
    }
  }

  private mutating func takeOperation() -> Effect {
    guard let left = self.operationsUntilCut else { return .complete }
    guard left > 0 else {
      self.hasPower = false
      return self.random.element(of: Effect.allCases) ?? .torn
    }
    self.operationsUntilCut = left - 1
    return .complete
  }
}
