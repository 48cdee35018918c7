/// Well-formed UTF-8 (Unicode 15, table 3-7; RFC 3629).
enum UTF8Sequence {
  /// U+FFFD, for bytes that are not UTF-8.
  static let replacement: [UInt8] = [0xef, 0xbf, 0xbd]

  /// How many bytes, 1–4, the scalar at `index` takes; nil if it is not well formed: overlong, a
  /// surrogate, above U+10FFFF or cut short.
  static func byteCount(in bytes: [UInt8], at index: Int) -> Int? {
    let second: ClosedRange<UInt8>
    let count: Int
    switch bytes[index] {
    case 0x00...0x7f: return 1
    case 0xc2...0xdf: (count, second) = (2, 0x80...0xbf)
    case 0xe0: (count, second) = (3, 0xa0...0xbf)
    case 0xe1...0xec, 0xee...0xef: (count, second) = (3, 0x80...0xbf)
    case 0xed: (count, second) = (3, 0x80...0x9f)
    case 0xf0: (count, second) = (4, 0x90...0xbf)
    case 0xf1...0xf3: (count, second) = (4, 0x80...0xbf)
    case 0xf4: (count, second) = (4, 0x80...0x8f)
    default: return nil
    }
    guard bytes.count - index >= count, second.contains(bytes[index + 1]) else { return nil }
    for offset in 2..<max(2, count) where !(0x80...0xbf).contains(bytes[index + offset]) {
      return nil
    }
    return count
  }

  /// Appends the encoding of a scalar value that is not a surrogate.
  static func append(scalar: UInt32, to bytes: inout [UInt8]) {
    func low(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: scalar >> shift) }
    func continuation(_ shift: UInt32) -> UInt8 { 0x80 | low(shift) & 0x3f }
    switch scalar {
    case 0..<0x80: bytes.append(low(0))
    case 0x80..<0x800: bytes += [0xc0 | low(6), continuation(0)]
    case 0x800..<0x1_0000: bytes += [0xe0 | low(12), continuation(6), continuation(0)]
    default: bytes += [0xf0 | low(18), continuation(12), continuation(6), continuation(0)]
    }
  }
}
