/// A JSON value (RFC 8259). Strings and keys are UTF-8 bytes, unescaped.
///
/// Written by hand because Embedded Swift lacks `Codable`.
package enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  /// A number with fraction or exponent, or too large for `integer`: its text.
  case decimal([UInt8])
  case string([UInt8])
  case array([JSONValue])
  case object([JSONMember])

  /// Refuses duplicate keys, trailing bytes, bad UTF-8, and nesting deeper than 32.
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser(bytes)
    self = try parser.parseDocument()
  }

  /// The compact text. A string's bytes that are not UTF-8 are written as U+FFFD.
  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.write(self)
    return writer.bytes
  }

  /// The member of an object; nil when absent or not an object.
  package subscript(key: StaticString) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key.isText(key) }?.value
  }

  /// A string made of a literal.
  package static func text(_ literal: StaticString) -> JSONValue { .string([UInt8](literal)) }

  /// The bytes of a string; nil for any other value.
  package var stringBytes: [UInt8]? {
    guard case .string(let bytes) = self else { return nil }
    return bytes
  }

  /// The number, if it is an integer of 64 bits; nil for any other value.
  package var integer: Int64? {
    guard case .integer(let number) = self else { return nil }
    return number
  }
}

package struct JSONMember: Equatable, Sendable {
  package let key: [UInt8]
  package let value: JSONValue

  package init(_ key: StaticString, _ value: JSONValue) {
    self.init(key: [UInt8](key), value: value)
  }

  package init(key: [UInt8], value: JSONValue) {
    self.key = key
    self.value = value
  }
}

/// Why bytes are not JSON; offsets count bytes from the beginning.
package enum JSONError: Error, Equatable, Sendable {
  case unexpectedEnd
  case unexpectedByte(offset: UInt32)
  case badUTF8(offset: UInt32)
  case badEscape(offset: UInt32)
  case duplicateKey(offset: UInt32)
  case tooDeep(offset: UInt32)
}
