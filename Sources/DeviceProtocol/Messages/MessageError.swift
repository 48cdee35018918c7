/// Why a body is not the message that it should be.
package enum MessageError: Error, Equatable, Sendable {
  case notJSON(JSONError)
  /// The document is not an object, or the member is absent or of another type or range.
  case badMember(MemberName)
}

/// The name of a member, comparable.
package struct MemberName: Equatable, Sendable {
  package let bytes: [UInt8]
  init(_ name: StaticString) { self.bytes = [UInt8](name) }
}

extension JSONValue {
  /// Reads a message body.
  init(messageBody bytes: [UInt8]) throws(MessageError) {
    do throws(JSONError) {
      try self.init(parsing: bytes)
    } catch {
      throw .notJSON(error)
    }
  }

  /// - Throws: `.badMember` unless the member is a string.
  func string(_ key: StaticString) throws(MessageError) -> [UInt8] {
    guard let bytes = self[key]?.stringBytes else { throw .badMember(.init(key)) }
    return bytes
  }

  /// Nil when the member is absent or null.
  func optionalString(_ key: StaticString) throws(MessageError) -> [UInt8]? {
    guard let member = self[key], member != .null else { return nil }
    guard let bytes = member.stringBytes else { throw .badMember(.init(key)) }
    return bytes
  }

  /// - Throws: `.badMember` unless the member is an integer that this type holds.
  func number<Number: FixedWidthInteger>(_ key: StaticString) throws(MessageError) -> Number {
    guard let integer = self[key]?.integer, let number = Number(exactly: integer) else {
      throw .badMember(.init(key))
    }
    return number
  }

  /// Nil when the member is absent or null.
  func optionalNumber<Number: FixedWidthInteger>(
    _ key: StaticString
  ) throws(MessageError) -> Number? {
    guard let member = self[key], member != .null else { return nil }
    return try self.number(key)
  }

  /// - Throws: `.badMember` unless the member is an array.
  func elements(_ key: StaticString) throws(MessageError) -> [JSONValue] {
    guard case .array(let elements)? = self[key] else { throw .badMember(.init(key)) }
    return elements
  }
}
