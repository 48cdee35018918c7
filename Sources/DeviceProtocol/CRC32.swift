/// CRC-32 (IEEE 802.3; reflected, polynomial 0x04C11DB7), of bytes given in pieces.
///
/// Check value: the ASCII digits 1–9 give 0xCBF43926.
package struct CRC32: Sendable {
  private var remainder: UInt32 = .max

  package init() {}

  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    self.remainder = Self.remainder(self.remainder, after: bytes)
  }

  package var value: UInt32 { ~self.remainder }

  package static func of(_ bytes: [UInt8]) -> UInt32 { Self.of(bytes[...]) }

  package static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes)
    return checksum.value
  }

  #if hasFeature(Embedded)
    private static func remainder(_ before: UInt32, after bytes: ArraySlice<UInt8>) -> UInt32 {
      self.remainderByNibbles(before, after: bytes)
    }
  #else
    /// What a byte leaves behind, also with one to seven more bytes after it: 8 KiB, too much for a
    /// chip.
    private static let tables: [UInt32] = {
      var tables = (0...255).map { CRC32.remainderByNibbles(0, after: [$0]) }
      for index in 256..<2_048 {
        let shorter = tables[index - 256]
        tables.append(shorter >> 8 ^ tables[Int(shorter & 0xff)])
      }
      return tables
    }()

    /// Eight bytes at a time: a tenth of the time that it takes by nibbles.
    private static func remainder(_ before: UInt32, after bytes: ArraySlice<UInt8>) -> UInt32 {
      self.tables.withUnsafeBufferPointer { tables in
        bytes.withUnsafeBytes { bytes in
          var remainder = before
          var index = 0
          while index + 7 < bytes.count {
            let word =
              UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
              ^ UInt64(remainder)
            remainder = 0
            for offset in 0..<8 {
              let byte = Int(truncatingIfNeeded: word >> UInt64(8 * offset) & 0xff)
              remainder ^= tables[(7 - offset) * 256 + byte]
            }
            index += 8
          }
          while index < bytes.count {
            remainder = remainder >> 8 ^ tables[Int((remainder ^ UInt32(bytes[index])) & 0xff)]
            index += 1
          }
          return remainder
        }
      }
    }
  #endif

  /// As a chip computes it: 64 bytes of table instead of 8,192.
  package static func remainderByNibbles(_ before: UInt32, after bytes: ArraySlice<UInt8>) -> UInt32
  {
    let table = Self.nibbles
    var remainder = before
    for byte in bytes {
      remainder ^= UInt32(byte)
      remainder = remainder >> 4 ^ table[Int(remainder & 0xf)]
      remainder = remainder >> 4 ^ table[Int(remainder & 0xf)]
    }
    return remainder
  }

  private static let nibbles: [UInt32] = [
    0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac, 0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158,
    0x5005_713c, 0xedb8_8320, 0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c, 0x9b64_c2b0, 0x86d3_d2d4,
    0xa00a_e278, 0xbdbd_f21c,
  ]
}
