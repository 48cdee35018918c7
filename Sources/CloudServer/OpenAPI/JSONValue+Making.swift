import DeviceProtocol

/// JSON made in code.
extension JSONValue {
  init(text: String) { self = .string(Array(text.utf8)) }

  /// The members in their order.
  init(members: [(name: String, value: JSONValue)]) {
    self = .object(members.map { JSONMember(key: Array($0.name.utf8), value: $0.value) })
  }

  /// An integer of any size, which `integer` may not hold.
  init(number: some BinaryInteger) { self = .decimal(Array("\(number)".utf8)) }

  /// What stands in the source as JSON.
  init(literal text: StaticString) {
    do {
      self = try JSONValue(parsing: [UInt8](text))
    } catch {
      preconditionFailure("\(text) is no JSON: \(error)")
    }
  }
}
