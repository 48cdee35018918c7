import DeviceProtocol
import Foundation

/// Checks JSON against a schema of an OpenAPI document, written apart from the code that makes the
/// document. Stricter than JSON Schema in one respect: a member that is not among `properties` is
/// a mistake unless `additionalProperties` allows it, so that what is not documented is seen.
struct SchemaCheck {
  let document: JSONValue

  /// What is wrong, each with its place; empty when nothing is.
  func problems(of value: JSONValue, against schema: JSONValue, at place: String = "$") -> [String]
  {
    guard case .object(let keywords) = schema else {
      return schema == .boolean(true) ? [] : ["\(place): nothing is allowed here"]
    }
    var problems: [String] = []
    for keyword in keywords {
      problems += self.problems(
        of: value, keyword: String(decoding: keyword.key, as: UTF8.self), keyword.value,
        schema: schema, at: place)
    }
    return problems
  }

  /// What a reference within the document names.
  func resolve(_ value: JSONValue) -> JSONValue {
    guard let reference = value["$ref"]?.text else { return value }
    var target = self.document
    for name in reference.split(separator: "/").dropFirst() {
      target = target.member(String(name)) ?? .null
    }
    return target
  }

  private func problems(
    of value: JSONValue, keyword: String, _ argument: JSONValue, schema: JSONValue,
    at place: String
  ) -> [String] {
    switch keyword {
    case "description", "examples", "default", "format": return []
    case "$ref": return self.problems(of: value, against: self.resolve(schema), at: place)
    case "type":
      return value.hasType(argument.text ?? "") ? [] : ["\(place): is no \(argument.text ?? "")"]
    case "const": return value == argument ? [] : ["\(place): is not \(argument.print)"]
    case "enum":
      return argument.elements.contains(value) ? [] : ["\(place): is none of \(argument.print)"]
    case "minimum", "maximum":
      guard let number = value.number, let bound = argument.number else { return [] }
      let isRight = keyword == "minimum" ? number >= bound : number <= bound
      return isRight ? [] : ["\(place): \(keyword) is \(argument.print)"]
    case "minLength", "maxLength", "minItems", "maxItems":
      guard let count = value.count, let bound = argument.number else { return [] }
      // Of a string, Unicode code points; of nothing else than the keyword means.
      guard keyword.hasSuffix("Items") == value.hasType("array") else { return [] }
      let isRight = keyword.hasPrefix("min") ? Double(count) >= bound : Double(count) <= bound
      return isRight ? [] : ["\(place): \(keyword) is \(argument.print)"]
    case "pattern":
      guard let text = value.text, let pattern = argument.text else { return [] }
      return text.range(of: pattern, options: .regularExpression) != nil
        ? [] : ["\(place): does not match \(pattern)"]
    case "items":
      guard case .array(let elements) = value else { return [] }
      return elements.enumerated().flatMap {
        self.problems(of: $1, against: argument, at: "\(place)[\($0)]")
      }
    case "required":
      guard case .object = value else { return [] }
      return argument.elements.compactMap(\.text).filter { value.member($0) == nil }
        .map { "\(place): has no '\($0)'" }
    case "properties": return self.problems(of: value, members: schema, at: place)
    case "additionalProperties":
      // With `properties` it is judged there.
      return schema.member("properties") == nil
        ? self.problems(of: value, members: schema, at: place) : []
    case "oneOf", "anyOf":
      let failures = argument.elements.map { self.problems(of: value, against: $0, at: place) }
      let matches = failures.count(where: \.isEmpty)
      if keyword == "oneOf" ? matches == 1 : matches > 0 { return [] }
      return ["\(place): matches \(matches) of \(keyword)"] + failures.joined()
    default: return ["\(place): the schema's keyword '\(keyword)' is unknown to the check"]
    }
  }

  private func problems(
    of value: JSONValue, members schema: JSONValue, at place: String
  ) -> [String] {
    guard case .object(let members) = value else { return [] }
    return members.flatMap { member in
      let name = String(decoding: member.key, as: UTF8.self)
      let inner = schema.member("properties")?.member(name) ?? schema.member("additionalProperties")
      guard let inner, inner != .boolean(false) else {
        return ["\(place): has '\(name)', which is not documented"]
      }
      return self.problems(of: member.value, against: inner, at: "\(place).\(name)")
    }
  }
}

extension JSONValue {
  /// A member whose name is no literal.
  func member(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key.elementsEqual(name.utf8) }?.value
  }

  var memberNames: [String] {
    guard case .object(let members) = self else { return [] }
    return members.map { String(decoding: $0.key, as: UTF8.self) }
  }

  var elements: [JSONValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }

  var text: String? { self.stringBytes.map { String(decoding: $0, as: UTF8.self) } }
  var print: String { String(decoding: self.bytes, as: UTF8.self) }

  fileprivate var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .decimal(let text): Double(String(decoding: text, as: UTF8.self))
    default: nil
    }
  }

  fileprivate var count: Int? {
    switch self {
    case .string(let bytes): String(decoding: bytes, as: UTF8.self).unicodeScalars.count
    case .array(let elements): elements.count
    default: nil
    }
  }

  fileprivate func hasType(_ type: String) -> Bool {
    switch (self, type) {
    case (.null, "null"), (.boolean, "boolean"), (.integer, "integer"), (.integer, "number"),
      (.decimal, "number"), (.string, "string"), (.array, "array"), (.object, "object"):
      true
    case (.decimal, "integer"): self.number.map { $0 == $0.rounded() } ?? false
    default: false
    }
  }
}
