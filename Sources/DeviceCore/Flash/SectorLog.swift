import DeviceProtocol

/// The bytes of a sector of a key–value partition. Numbers are little-endian, and each part is
/// padded with 0xFF to the write unit:
///
///     header   "RLKV" | version 1 | 3 × 0xFF | generation u32 | CRC-32 of the 12 bytes before
///     record   marker u16 | key u16 | byte count u16 | 0xFFFF | CRC-32 u32 | value
///
/// A record's checksum begins with the sector's generation and the record's offset. So neither
/// what an interrupted erase left behind, nor a value that looks like a record, is ever taken for
/// one.
struct SectorLog {
  static let headerByteCount: UInt32 = 16
  static let recordHeaderByteCount: UInt32 = 12
  private static let magic: [UInt8] = [UInt8]("RLKV") + [1, 0xff, 0xff, 0xff]
  private static let recordMarker: UInt16 = 0x5a4b

  struct Entry {
    let key: RecordKey
    /// Empty when the record removes the key.
    let value: [UInt8]
  }

  /// Counts the openings of sectors: the record in the sector of the higher one is newer.
  let generation: UInt32
  /// The valid records, oldest first.
  let entries: [Entry]
  /// Where the next record goes: after all that is programmed.
  let endOffset: UInt32

  /// Reads a whole sector.
  ///
  /// What is damaged is skipped by write units up to the next valid record.
  /// - Returns: Nil unless the header is valid.
  init?(parsing sector: [UInt8], writeUnit: UInt32) {
    guard let generation = Self.generation(ofHeader: sector) else { return nil }
    let headerEnd = Self.paddedByteCount(Self.headerByteCount, writeUnit: writeUnit)
    let lastProgrammed = sector.lastIndex { $0 != 0xff } ?? 0
    let programmedEnd = Self.paddedByteCount(
      UInt32(clamping: lastProgrammed + 1), writeUnit: writeUnit)
    var entries: [Entry] = []
    var offset = headerEnd
    var endOffset = max(headerEnd, programmedEnd)
    while offset < programmedEnd {
      guard let entry = Self.entry(at: offset, in: sector, generation: generation) else {
        offset += writeUnit
        continue
      }
      entries.append(entry)
      offset += Self.byteCount(ofValue: entry.value, writeUnit: writeUnit)
      endOffset = max(endOffset, offset)
    }
    self.generation = generation
    self.entries = entries
    self.endOffset = endOffset
  }

  static func header(generation: UInt32, writeUnit: UInt32) -> [UInt8] {
    var bytes = Self.magic
    bytes.append(littleEndian: generation)
    bytes.append(littleEndian: CRC32.of(bytes))
    return Self.padded(bytes, writeUnit: writeUnit)
  }

  static func record(
    _ key: RecordKey, _ value: [UInt8], generation: UInt32, offset: UInt32, writeUnit: UInt32
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: Self.recordMarker)
    bytes.append(littleEndian: key.rawValue)
    bytes.append(littleEndian: UInt16(truncatingIfNeeded: value.count))
    bytes.append(littleEndian: UInt16.max)
    bytes.append(
      littleEndian: Self.checksum(
        recordHeader: bytes[...], value: value[...], generation: generation, offset: offset))
    return Self.padded(bytes + value, writeUnit: writeUnit)
  }

  /// How much of a sector a record with this value takes.
  static func byteCount(ofValue value: [UInt8], writeUnit: UInt32) -> UInt32 {
    Self.paddedByteCount(
      Self.recordHeaderByteCount + UInt32(clamping: value.count), writeUnit: writeUnit)
  }

  static func paddedByteCount(_ count: UInt32, writeUnit: UInt32) -> UInt32 {
    (count + writeUnit - 1) / writeUnit * writeUnit
  }

  private static func padded(_ bytes: [UInt8], writeUnit: UInt32) -> [UInt8] {
    let count = Self.paddedByteCount(UInt32(clamping: bytes.count), writeUnit: writeUnit)
    return bytes + [UInt8](repeating: 0xff, count: Int(count) - bytes.count)
  }

  /// Nil unless the header is valid. The highest generation is not: there is none after it.
  private static func generation(ofHeader sector: [UInt8]) -> UInt32? {
    var reader = LittleEndianReader(sector)
    guard reader.bytes(count: Self.magic.count) == Self.magic,
      let generation = reader.number(UInt32.self), let checksum = reader.number(UInt32.self),
      checksum == CRC32.of(sector[..<12]), generation < .max
    else { return nil }
    return generation
  }

  private static func entry(at offset: UInt32, in sector: [UInt8], generation: UInt32) -> Entry? {
    var reader = LittleEndianReader(sector[Int(offset)...])
    guard reader.number(UInt16.self) == Self.recordMarker,
      let key = reader.number(UInt16.self), let byteCount = reader.number(UInt16.self),
      reader.number(UInt16.self) == .max, let checksum = reader.number(UInt32.self),
      let value = reader.bytes(count: Int(byteCount))
    else { return nil }
    let expected = Self.checksum(
      recordHeader: sector[Int(offset)..<Int(offset) + 8], value: value[...],
      generation: generation, offset: offset)
    guard checksum == expected || isPlanted(.recordChecksumUnchecked) else { return nil }
    return Entry(key: RecordKey(rawValue: key), value: value)
  }

  private static func checksum(
    recordHeader: ArraySlice<UInt8>, value: ArraySlice<UInt8>, generation: UInt32, offset: UInt32
  ) -> UInt32 {
    var place: [UInt8] = []
    place.append(littleEndian: generation)
    place.append(littleEndian: offset)
    var checksum = CRC32()
    checksum.update(place[...])
    checksum.update(recordHeader)
    checksum.update(value)
    return checksum.value
  }
}
