/// A field of a form or query.
package struct FormField: Equatable, Sendable {
  package let name: [UInt8]
  package let value: [UInt8]

  package init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }

  package init(_ parameter: GrantParameter, _ value: [UInt8]) {
    self.init(name: parameter.bytes, value: value)
  }
}

/// `application/x-www-form-urlencoded` (WHATWG URL §5).
package enum FormEncoding {
  package static func encode(_ fields: [FormField]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(fields.reduce(0) { $0 + $1.name.count + $1.value.count + 2 })
    for field in fields {
      if !text.isEmpty { text += "&" }
      Self.append(field.name, to: &text)
      text += "="
      Self.append(field.value, to: &text)
    }
    return text
  }

  /// The fields in their order, repeated ones too; a field without `=` has an empty value.
  ///
  /// - Returns: Nil when a `%` is not followed by two hexadecimal digits.
  package static func decode(_ text: [UInt8]) -> [FormField]? {
    var fields: [FormField] = []
    for part in text.split(separator: UInt8(ascii: "&")) {
      let separator = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      guard let name = Self.decodePart(part[..<separator]),
        let value = Self.decodePart(part[separator...].dropFirst())
      else { return nil }
      fields.append(FormField(name: name, value: value))
    }
    return fields
  }

  private static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
    // Mostly a token or a word, which goes in as it is.
    let plainEnd = bytes.firstIndex { !Self.isPlain($0) } ?? bytes.endIndex
    text.append(contentsOf: bytes[..<plainEnd])
    for byte in bytes[plainEnd...] {
      if Self.isPlain(byte) {
        text.append(byte)
      } else if byte == UInt8(ascii: " ") {
        text += "+"
      } else {
        PercentEncoding.append(byte, to: &text)
      }
    }
  }

  /// Whether it stands for itself.
  private static func isPlain(_ byte: UInt8) -> Bool {
    if byte.isASCIILetter || byte.isASCIIDigit { return true }
    return switch byte {
    case UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }

  private static func decodePart(_ part: ArraySlice<UInt8>) -> [UInt8]? {
    guard part.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "%") }) else {
      return [UInt8](part)
    }
    let spaced = part.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
    return try? PercentEncoding.decode(spaced[...])
  }
}
