/// A NOR flash chip: `program` only clears bits, `erase` sets a sector to 0xFF.
///
/// An implementation may be a file, memory, or a model that tears writes; what it promises is what
/// the chip's data sheet would: after a power cut within `program` any prefix of the write units may
/// have landed, and the unit being written holds anything between old and new.
///
/// - SeeAlso: littlefs `lfs.h` (read, prog, erase, sync).
package protocol FlashDevice {
  var geometry: FlashGeometry { get }
  /// - Throws: `.outOfRange`, or `.readFailed`.
  func read(at offset: UInt32, byteCount: UInt32) throws(FlashError) -> [UInt8]
  /// `offset` and the byte count are multiples of the write unit.
  mutating func program(at offset: UInt32, _ bytes: [UInt8]) throws(FlashError)
  mutating func erase(sector: UInt32) throws(FlashError)
  /// Returns when everything programmed or erased before survives a power cut.
  mutating func sync() throws(FlashError)
}

package struct FlashGeometry: Equatable {
  /// Smallest erasable size in bytes, a power of two.
  package let sectorByteCount: UInt32
  package let sectorCount: UInt32
  /// Smallest programmable size in bytes, a power of two, 1–32.
  package let writeUnitByteCount: UInt32

  package var byteCount: UInt32 { self.sectorByteCount * self.sectorCount }

  package init(sectorByteCount: UInt32, sectorCount: UInt32, writeUnitByteCount: UInt32) {
    self.sectorByteCount = sectorByteCount
    self.sectorCount = sectorCount
    self.writeUnitByteCount = writeUnitByteCount
  }
}

package enum FlashError: Error, Equatable {
  case outOfRange(offset: UInt32, byteCount: UInt32)
  case misaligned(offset: UInt32, byteCount: UInt32)
  case readFailed(offset: UInt32, code: Int32)
  case programFailed(offset: UInt32, code: Int32)
  case eraseFailed(sector: UInt32, code: Int32)
  /// The partition cannot hold the records.
  case full(neededByteCount: UInt32, freeByteCount: UInt32)
  /// No sector holds a partition, and the flash is not blank either.
  case notAPartition
  /// The record is longer than a partition takes.
  case valueTooLong(byteCount: UInt32, limit: UInt32)
  /// A partition cannot be on a chip of this shape.
  case badGeometry(FlashGeometry)
}
