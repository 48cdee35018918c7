import DeviceProtocol

/// Where an account is at home, as operators divide the world: a word such as `eu-west`.
package struct Region: Hashable, Sendable, CustomStringConvertible {
  package static let byteCountLimit = 32

  /// Of whom nobody has said otherwise.
  package static let standard = Region(checked: "default")

  package let text: String

  /// Nil unless it is 1–32 of a–z, 0–9 and hyphens, begins with a letter and ends with no hyphen.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard (1...Self.byteCountLimit).contains(bytes.count), let first = bytes.first,
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first), bytes.last != UInt8(ascii: "-"),
      bytes.allSatisfy({
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
      })
    else { return nil }
    self.text = text
  }

  private init(checked text: String) { self.text = text }

  package var description: String { self.text }
}
