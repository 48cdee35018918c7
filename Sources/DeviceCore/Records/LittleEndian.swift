extension [UInt8] {
  /// Appends the number's bytes, least significant first.
  mutating func append(littleEndian number: some FixedWidthInteger & UnsignedInteger) {
    for index in 0..<(number.bitWidth / 8) {
      self.append(UInt8(truncatingIfNeeded: number >> (index * 8)))
    }
  }
}

/// Takes numbers, least significant byte first, and bytes from the front of a record.
struct LittleEndianReader {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    self.index = bytes.startIndex
  }

  init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  var isAtEnd: Bool { self.index == self.bytes.endIndex }

  /// Nil when fewer bytes are left.
  mutating func bytes(count: Int) -> [UInt8]? {
    guard self.bytes.endIndex - self.index >= count else { return nil }
    defer { self.index += count }
    return [UInt8](self.bytes[self.index..<self.index + count])
  }

  /// Nil when fewer bytes are left.
  mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
    _ type: Number.Type = Number.self
  ) -> Number? {
    guard let bytes = self.bytes(count: Number.bitWidth / 8) else { return nil }
    var number: Number = 0
    for byte in bytes.reversed() { number = number << 8 | Number(byte) }
    return number
  }
}

// MARK: - Bytes with their count before them

extension [UInt8] {
  /// Appends a count of 16 bits and the bytes; those beyond 65,535 are left out.
  mutating func append(counted bytes: [UInt8]) {
    let count = UInt16(clamping: bytes.count)
    self.append(littleEndian: count)
    self.append(contentsOf: bytes.prefix(Int(count)))
  }
}

extension LittleEndianReader {
  /// Nil when fewer bytes are left than their count says.
  mutating func countedBytes() -> [UInt8]? {
    guard let count = self.number(UInt16.self) else { return nil }
    return self.bytes(count: Int(count))
  }
}
