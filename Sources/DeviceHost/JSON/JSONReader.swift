import DeviceProtocol

/// Why a JSON object from the outside is not what it ought to be, in words.
struct JSONShapeError: Error, Equatable {
  let words: String
}

/// Reads the members of one JSON object, each of its type and none that is not known.
struct JSONReader {
  private let members: [JSONMember]
  /// What the object is, for the errors.
  private let name: String

  init(_ value: JSONValue, name: String) throws(JSONShapeError) {
    guard case .object(let members) = value else {
      throw JSONShapeError(words: "\(name) is not an object")
    }
    self.members = members
    self.name = name
  }

  /// - Throws: For a member besides these.
  func refuseOthers(than known: [String]) throws(JSONShapeError) {
    for member in self.members {
      let key = String(decoding: member.key, as: UTF8.self)
      guard known.contains(key) else {
        throw JSONShapeError(words: "\(self.name) has the unknown member \"\(key)\"")
      }
    }
  }

  func string(_ key: String) throws(JSONShapeError) -> [UInt8]? {
    guard let value = self.value(key) else { return nil }
    guard case .string(let bytes) = value else { throw self.notA("string", key) }
    return bytes
  }

  func requiredString(_ key: String) throws(JSONShapeError) -> [UInt8] {
    try self.required(key, self.string(key))
  }

  func boolean(_ key: String) throws(JSONShapeError) -> Bool? {
    guard let value = self.value(key) else { return nil }
    guard case .boolean(let boolean) = value else { throw self.notA("boolean", key) }
    return boolean
  }

  /// - Throws: Also for a number out of the range.
  func integer<Integer: FixedWidthInteger>(
    _ key: String, _: Integer.Type, in range: ClosedRange<Integer> = Integer.min...Integer.max
  ) throws(JSONShapeError) -> Integer? {
    guard let value = self.value(key) else { return nil }
    guard case .integer(let number) = value, let integer = Integer(exactly: number),
      range.contains(integer)
    else { throw self.notA("integer from \(range.lowerBound) to \(range.upperBound)", key) }
    return integer
  }

  func requiredInteger<Integer: FixedWidthInteger>(
    _ key: String, _ type: Integer.Type, in range: ClosedRange<Integer> = Integer.min...Integer.max
  ) throws(JSONShapeError) -> Integer {
    try self.required(key, self.integer(key, type, in: range))
  }

  func array(_ key: String) throws(JSONShapeError) -> [JSONValue]? {
    guard let value = self.value(key) else { return nil }
    guard case .array(let values) = value else { throw self.notA("array", key) }
    return values
  }

  func requiredArray(_ key: String) throws(JSONShapeError) -> [JSONValue] {
    try self.required(key, self.array(key))
  }

  /// The member itself; nil when it is absent or null.
  func value(_ key: String) -> JSONValue? {
    let value = self.members.first { $0.key.elementsEqual(key.utf8) }?.value
    return value == .null ? nil : value
  }

  private func required<Value>(_ key: String, _ value: Value?) throws(JSONShapeError) -> Value {
    guard let value else { throw JSONShapeError(words: "\(self.name) has no \"\(key)\"") }
    return value
  }

  private func notA(_ type: String, _ key: String) -> JSONShapeError {
    JSONShapeError(words: "\"\(key)\" of \(self.name) is no \(type)")
  }
}

/// Where JSON is wrong, in words.
func describe(_ error: JSONError) -> String {
  switch error {
  case .unexpectedEnd: "the JSON ends too early"
  case .unexpectedByte(let offset): "the byte at \(offset) is not JSON there"
  case .badUTF8(let offset): "the bytes at \(offset) are not UTF-8"
  case .badEscape(let offset): "the escape at \(offset) is not one"
  case .duplicateKey(let offset): "the key at \(offset) is there twice"
  case .tooDeep(let offset): "the JSON is nested too deep at \(offset)"
  }
}
