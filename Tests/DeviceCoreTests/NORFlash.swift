import DeviceCore
import TestSupport

/// A NOR chip in memory that power can be cut from at any write unit and in the middle of an erase.
///
/// What is not synced at a cut has landed, is gone, or (the unit being written) is anything between
/// old and new, as the seed has it.
final class NORFlash: FlashDevice {
  let geometry: FlashGeometry
  private(set) var content: [UInt8]
  /// Steps (units programmed, parts of erases) until power fails; nil for never.
  var stepsUntilCut: Int?
  private(set) var stepCount = 0
  private(set) var isPowered = true
  /// Makes one operation fail, without a power cut.
  var failing: Failure?

  enum Operation: Sendable { case program, erase, sync }

  struct Failure {
    let operation: Operation
    /// How many of them still succeed before.
    var skipCount: Int
  }

  /// What a cut of power leaves.
  private var durable: [UInt8]
  private var unsynced: [(offset: Int, bytes: [UInt8])] = []
  private var generator: SeededGenerator

  init(
    geometry: FlashGeometry = FlashGeometry(
      sectorByteCount: 4_096, sectorCount: 3, writeUnitByteCount: 8),
    content: [UInt8]? = nil, seed: UInt64 = 0
  ) {
    self.geometry = geometry
    self.content = content ?? [UInt8](repeating: 0xff, count: Int(geometry.byteCount))
    self.durable = self.content
    self.generator = SeededGenerator(seed: seed)
  }

  func read(at offset: UInt32, byteCount: UInt32) throws(FlashError) -> [UInt8] {
    guard self.isPowered else { throw .readFailed(offset: offset, code: 5) }
    guard UInt64(offset) + UInt64(byteCount) <= UInt64(self.geometry.byteCount) else {
      throw .outOfRange(offset: offset, byteCount: byteCount)
    }
    return [UInt8](self.content[Int(offset)..<Int(offset + byteCount)])
  }

  func program(at offset: UInt32, _ bytes: [UInt8]) throws(FlashError) {
    let unit = Int(self.geometry.writeUnitByteCount)
    guard Int(offset) % unit == 0, bytes.count % unit == 0 else {
      throw .misaligned(offset: offset, byteCount: UInt32(bytes.count))
    }
    guard Int(offset) + bytes.count <= self.content.count else {
      throw .outOfRange(offset: offset, byteCount: UInt32(bytes.count))
    }
    try self.failIfAsked(.program, .programFailed(offset: offset, code: 28))
    for start in stride(from: 0, to: bytes.count, by: unit) {
      let old = [UInt8](self.content[(Int(offset) + start)..<(Int(offset) + start + unit)])
      let new = zip(old, bytes[start..<(start + unit)]).map { $0 & $1 }
      try self.step(
        at: Int(offset) + start, from: old, to: new, .programFailed(offset: offset, code: 5))
    }
  }

  func erase(sector: UInt32) throws(FlashError) {
    guard sector < self.geometry.sectorCount else {
      throw .outOfRange(offset: sector, byteCount: self.geometry.sectorByteCount)
    }
    try self.failIfAsked(.erase, .eraseFailed(sector: sector, code: 5))
    // In eight parts, so that a cut leaves some of them erased.
    let partByteCount = Int(self.geometry.sectorByteCount) / 8
    let blank = [UInt8](repeating: 0xff, count: partByteCount)
    for part in (0..<8).shuffled(using: &self.generator) {
      let start = Int(sector * self.geometry.sectorByteCount) + part * partByteCount
      try self.step(
        at: start, from: [UInt8](self.content[start..<(start + partByteCount)]), to: blank,
        .eraseFailed(sector: sector, code: 5))
    }
  }

  func sync() throws(FlashError) {
    guard self.isPowered else { throw .programFailed(offset: 0, code: 5) }
    try self.failIfAsked(.sync, .programFailed(offset: 0, code: 5))
    self.durable = self.content
    self.unsynced = []
  }

  /// What is found after the cut; the same bytes each time.
  func contentAfterCut() -> [UInt8] { self.durable }

  private func failIfAsked(_ operation: Operation, _ error: FlashError) throws(FlashError) {
    guard var failure = self.failing, failure.operation == operation else { return }
    guard failure.skipCount == 0 else {
      failure.skipCount -= 1
      self.failing = failure
      return
    }
    self.failing = nil
    throw error
  }

  /// Does one step, or lets power fail in it.
  private func step(
    at offset: Int, from old: [UInt8], to new: [UInt8], _ error: FlashError
  ) throws(FlashError) {
    guard self.isPowered else { throw error }
    self.stepCount += 1
    guard let left = self.stepsUntilCut else {
      self.apply(new, at: offset)
      return
    }
    guard left > 0 else {
      let torn = zip(old, new).map { old, new in
        let mask = UInt8.random(in: 0...255, using: &self.generator)
        return old & mask | new & ~mask
      }
      self.apply(torn, at: offset)
      self.cutPower()
      throw error
    }
    self.stepsUntilCut = left - 1
    self.apply(new, at: offset)
  }

  private func apply(_ bytes: [UInt8], at offset: Int) {
    self.content.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    self.unsynced.append((offset, bytes))
  }

  private func cutPower() {
    self.isPowered = false
    let share = Int.random(in: 0...2, using: &self.generator)
    for (offset, bytes) in self.unsynced
    where share == 2 || share == 1 && Bool.random(using: &self.generator) {
      self.durable.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }
  }
}
