import DeviceProtocol

/// An owner's e-mail address with its ASCII letters in lower case, so that equal addresses are
/// equal values. It is the account's key, and nothing is ever sent to it.
package struct EmailAddress: Hashable, Sendable {
  package let text: String

  /// Nil unless 3–254 bytes of UTF-8 without spaces and control characters, with one `@` that has
  /// something on either side.
  package init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard (3...254).contains(text.utf8.count), parts.count == 2,
      parts.allSatisfy({ !$0.isEmpty }),
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        || text.unicodeScalars.allSatisfy({
          !$0.properties.isWhitespace && $0.properties.generalCategory != .control
        })
    else { return nil }
    self.text = String(decoding: text.utf8.map(\.asciiLowercased), as: UTF8.self)
  }

  /// Byte by byte, as every store compares: an accented letter spelled in two ways makes two
  /// addresses, which `String` would take for one.
  package static func == (left: EmailAddress, right: EmailAddress) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    var text = self.text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    // No address holds it: whatever is hashed next does not run into this one.
    hasher.combine(0xFF as UInt8)
  }
}

/// Printed with its local part hidden: whose account it is belongs in no log.
extension EmailAddress: Redacted {
  package var description: String { "…" + self.text.drop { $0 != "@" } }
}
