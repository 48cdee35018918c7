/// Bytes of a fixed number, kept in place rather than on the heap.
package struct FixedBytes<let byteCount: Int>: Hashable, Sendable {
  /// Of alignment 1, so that several of them, also optional ones, lie close in a record.
  private var storage: InlineArray<byteCount, UInt8>

  /// - Parameter bytes: As many as there are to be; nil for any other number.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == byteCount else { return nil }
    self.storage = InlineArray(repeating: 0)
    Swift.withUnsafeMutableBytes(of: &self.storage) { $0.copyBytes(from: bytes) }
  }

  package init(repeating byte: UInt8) { self.storage = InlineArray(repeating: byte) }

  /// As many random bytes, the same that `randomBytes` would give.
  package init(random: inout some RandomNumberGenerator) {
    self.storage = InlineArray(repeating: 0)
    var (number, left) = (0 as UInt64, 0)
    for index in 0..<byteCount {
      if left == 0 {
        number = random.next()
        left = 8
      }
      self.storage[index] = UInt8(truncatingIfNeeded: number)
      number >>= 8
      left -= 1
    }
  }

  package var bytes: [UInt8] { self.withUnsafeBytes { Array($0) } }

  package func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    Swift.withUnsafeBytes(of: self.storage, body)
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { left.elementsEqual($0) } }
  }

  package func hash(into hasher: inout Hasher) {
    self.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

/// A SHA-256, or a nonce of that size.
package typealias Bytes32 = FixedBytes<32>
