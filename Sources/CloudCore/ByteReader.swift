/// Reads fixed-width fields, numbers in big-endian, from the front of some bytes. Whatever the
/// bytes are, it answers nil instead of trapping.
struct ByteReader {
  private let bytes: ArraySlice<UInt8>
  /// Of those that were read.
  private var count = 0

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { self.count == self.bytes.count }

  /// The next bytes, read as a value of their size; nil if there are too few.
  private mutating func read<Value>(
    _ count: Int, _ body: (UnsafeRawBufferPointer) -> Value
  ) -> Value? {
    guard self.bytes.count - self.count >= count else { return nil }
    defer { self.count += count }
    return self.bytes.withUnsafeBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[self.count..<self.count + count]))
    }
  }

  mutating func skip(_ count: Int) -> Bool { self.read(count) { _ in } != nil }

  mutating func uint8() -> UInt8? { self.read(1) { $0[0] } }

  mutating func uint64() -> UInt64? {
    self.read(8) { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
  }

  mutating func bytes32() -> Bytes32? {
    self.read(32) { $0.loadUnaligned(as: Bytes32.self) }
  }

  /// A UUID's 16 bytes.
  mutating func uuid() -> UUIDBits? {
    guard let high = self.uint64(), let low = self.uint64() else { return nil }
    return UUIDBits(high: high, low: low)
  }
}

extension [UInt8] {
  mutating func append(bigEndian number: UInt64) {
    Swift.withUnsafeBytes(of: number.bigEndian) { self.append(contentsOf: $0) }
  }

  mutating func append(_ uuid: UUIDBits) {
    self.append(bigEndian: uuid.high)
    self.append(bigEndian: uuid.low)
  }
}
