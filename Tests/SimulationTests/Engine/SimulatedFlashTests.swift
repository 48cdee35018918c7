import DeviceCore
import Testing

@testable import Simulation

@Suite struct SimulatedFlashTests {
  private func blank(seed: UInt64 = 1) -> SimulatedFlash {
    SimulatedFlash(random: SeededRandom(seed: seed))
  }

  private static let unit: [UInt8] = [0xF0, 0x0F, 0xFF, 0x00, 0xAA, 0x55, 0x01, 0x80]

  @Test func `a new chip is blank, and programming only clears bits`() throws {
    var flash = self.blank()
    #expect(
      try flash.read(at: 0, byteCount: flash.geometry.byteCount).allSatisfy { $0 == 0xFF })
    try flash.program(at: 8, Self.unit)
    try flash.program(at: 8, [0x3C, 0xFF, 0xAA, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
    #expect(
      try flash.read(at: 8, byteCount: 8) == [0x30, 0x0F, 0xAA, 0x00, 0xAA, 0x55, 0x01, 0x80])
    #expect(try flash.read(at: 0, byteCount: 8) == [UInt8](repeating: 0xFF, count: 8))
  }

  @Test func `a unit that power fails in is old, new, or anything between`() throws {
    var seen: [[UInt8]: Int] = [:]
    for seed in 1...300 as ClosedRange<UInt64> {
      var flash = self.blank(seed: seed)
      flash.armCut(beforeOperation: 1)
      #expect(throws: FlashError.programFailed(offset: 0, code: 5)) {
        try flash.program(at: 0, Self.unit + Self.unit + Self.unit)
      }
      flash.restorePower()
      #expect(try flash.read(at: 0, byteCount: 8) == Self.unit)
      let torn = try flash.read(at: 8, byteCount: 8)
      // No bit is cleared that was not to be.
      #expect(zip(torn, Self.unit).allSatisfy { $0 & $1 == $1 })
      #expect(try flash.read(at: 16, byteCount: 8) == [UInt8](repeating: 0xFF, count: 8))
      seen[torn, default: 0] += 1
    }
    // A third each, and hardly two that are torn alike.
    #expect((70...130).contains(seen[[UInt8](repeating: 0xFF, count: 8)] ?? 0))
    #expect((70...130).contains(seen[Self.unit] ?? 0))
    #expect((72...132).contains(seen.count))
  }

  @Test(arguments: 0...8)
  func `a sector is erased in parts, and that of the cut is old, new, or anything between`(
    cut: Int
  ) throws {
    var kinds: [Int: Int] = [:]
    for seed in 1...60 as ClosedRange<UInt64> {
      let kind = try self.erase(cutBefore: cut, seed: seed)
      kinds[kind, default: 0] += 1
    }
    // Nothing, or all, or in between; a third each.
    #expect(cut == 8 || (0...2).allSatisfy { (8...32).contains(kinds[$0] ?? 0) }, "\(kinds)")
  }

  /// - Returns: How much the part of the cut was erased: 0 not, 1 partly, 2 completely.
  private func erase(cutBefore cut: Int, seed: UInt64) throws -> Int {
    var kind = 2
    var flash = self.blank(seed: seed)
    let zeros = [UInt8](repeating: 0, count: 4_096)
    for sector in 0..<3 as Range<UInt32> { try flash.program(at: sector * 4_096, zeros) }
    flash.armCut(beforeOperation: cut)
    if cut < 8 {
      #expect(throws: FlashError.eraseFailed(sector: 1, code: 5)) { try flash.erase(sector: 1) }
    } else {
      try flash.erase(sector: 1)
    }
    flash.restorePower()
    for part in 0..<8 {
      let bytes = try flash.read(at: 4_096 + UInt32(part) * 512, byteCount: 512)
      if part < cut {
        #expect(bytes.allSatisfy { $0 == 0xFF }, "part \(part)")
      } else if part == cut {
        kind = bytes.allSatisfy { $0 == 0 } ? 0 : bytes.allSatisfy { $0 == 0xFF } ? 2 : 1
        #expect(kind != 1 || Set(bytes).count > 100, "part \(part) is in between")
      } else {
        #expect(bytes.allSatisfy { $0 == 0 }, "part \(part)")
      }
    }
    #expect(try flash.read(at: 0, byteCount: 4_096) == zeros)
    #expect(try flash.read(at: 8_192, byteCount: 4_096) == zeros)
    return kind
  }

  @Test func `without power nothing works and nothing changes`() throws {
    var flash = self.blank()
    flash.armCut(beforeOperation: 0)
    #expect(throws: FlashError.self) { try flash.program(at: 0, Self.unit) }
    #expect(!flash.hasPower)
    let torn = {
      var flash = flash
      flash.restorePower()
      return try flash.read(at: 0, byteCount: 8)
    }
    let before = try torn()
    #expect(throws: FlashError.readFailed(offset: 0, code: 5)) {
      try flash.read(at: 0, byteCount: 8)
    }
    #expect(throws: FlashError.programFailed(offset: 0, code: 5)) {
      try flash.program(at: 0, Self.unit)
    }
    #expect(throws: FlashError.eraseFailed(sector: 0, code: 5)) { try flash.erase(sector: 0) }
    #expect(throws: FlashError.self) { try flash.sync() }
    #expect(try torn() == before)
    flash.restorePower()
    #expect(flash.operationsUntilCut == nil)
    try flash.program(at: 64, Self.unit)
    #expect(try flash.read(at: 64, byteCount: 8) == Self.unit)
  }

  @Test func `what is outside or across units is refused`() {
    var flash = self.blank()
    #expect(throws: FlashError.outOfRange(offset: .max, byteCount: 2)) {
      try flash.read(at: .max, byteCount: 2)
    }
    #expect(throws: FlashError.outOfRange(offset: 12_288, byteCount: 8)) {
      try flash.program(at: 12_288, Self.unit)
    }
    #expect(throws: FlashError.misaligned(offset: 4, byteCount: 8)) {
      try flash.program(at: 4, Self.unit)
    }
    #expect(throws: FlashError.outOfRange(offset: 3, byteCount: 4_096)) {
      try flash.erase(sector: 3)
    }
  }
}
