/// Reads fixed-width fields, numbers in big-endian, from the front of some bytes. Whatever the
/// bytes are, it answers nil instead of trapping.
struct ByteReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) { self.rest = ArraySlice(Array(bytes)) }

  var isAtEnd: Bool { self.rest.isEmpty }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard self.rest.count >= count else { return nil }
    defer { self.rest = self.rest.dropFirst(count) }
    return Array(self.rest.prefix(count))
  }

  mutating func uint8() -> UInt8? { self.bytes(1)?.first }

  mutating func uint64() -> UInt64? {
    self.bytes(8).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
  }

  /// A UUID's 16 bytes, as its text.
  mutating func uuid() -> String? {
    self.bytes(16).map { UUIDText.text(of: $0) }
  }
}

extension [UInt8] {
  mutating func append(bigEndian number: UInt64) {
    Swift.withUnsafeBytes(of: number.bigEndian) { self.append(contentsOf: $0) }
  }

  /// - Parameter text: A UUID that the cloud itself made or has checked; any other is a bug.
  mutating func append(uuid text: String) {
    guard let bytes = UUIDText.bytes(of: text) else {
      preconditionFailure("an identifier that is no UUID")
    }
    self += bytes
  }
}
