/// The UTF-8 bytes of a string.
package func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

/// The string that bytes of UTF-8 spell.
package func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

extension [UInt8] {
  /// This many random bytes.
  package static func random(count: Int, using generator: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  /// The same bytes with some of them changed, removed or repeated.
  package func damaged(using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = self
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.remove(at: index)
      default: bytes.insert(bytes[index], at: index)
      }
    }
    return bytes
  }
}
