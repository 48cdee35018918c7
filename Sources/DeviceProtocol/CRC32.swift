/// CRC-32 (IEEE 802.3; reflected, polynomial 0x04C11DB7), of bytes given in pieces.
///
/// Check value: the ASCII digits 1–9 give 0xCBF43926.
package struct CRC32: Sendable {
  private var remainder: UInt32 = .max

  package init() {}

  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    let table = Self.table
    var remainder = self.remainder
    for byte in bytes {
      remainder ^= UInt32(byte)
      // A nibble at a time: 64 bytes of table instead of 1,024.
      remainder = remainder >> 4 ^ table[Int(remainder & 0xf)]
      remainder = remainder >> 4 ^ table[Int(remainder & 0xf)]
    }
    self.remainder = remainder
  }

  package var value: UInt32 { ~self.remainder }

  package static func of(_ bytes: [UInt8]) -> UInt32 { Self.of(bytes[...]) }

  package static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes)
    return checksum.value
  }

  private static let table: [UInt32] = [
    0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac, 0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158,
    0x5005_713c, 0xedb8_8320, 0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c, 0x9b64_c2b0, 0x86d3_d2d4,
    0xa00a_e278, 0xbdbd_f21c,
  ]
}
