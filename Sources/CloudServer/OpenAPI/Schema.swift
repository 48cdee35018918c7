import DeviceProtocol

/// A JSON Schema (draft 2020-12) made in code, in the words that OpenAPI 3.1 takes over.
struct Schema: Sendable {
  /// What a keyword says.
  indirect enum Keyword: Sendable {
    case value(JSONValue)
    case schema(Schema)
    case schemas([Schema])
    case members([Member])
  }

  /// A member of an object.
  struct Member: Sendable {
    let name: String
    let schema: Schema
    let isRequired: Bool

    static func required(_ name: String, _ schema: Schema) -> Member {
      Member(name: name, schema: schema, isRequired: true)
    }

    static func optional(_ name: String, _ schema: Schema) -> Member {
      Member(name: name, schema: schema, isRequired: false)
    }
  }

  private var keywords: [(name: String, value: Keyword)]
  /// Under which the document has it once, and refers to it everywhere.
  private var componentName: String?

  private init(_ keywords: [(String, Keyword)]) { self.keywords = keywords }

  private init(type: String, _ others: [(String, JSONValue?)] = []) {
    self.keywords = [("type", .value(.init(text: type)))]
    for (name, value) in others { if let value { self.keywords.append((name, .value(value))) } }
  }

  // MARK: Kinds

  /// Anything.
  static let any = Schema([])
  static let null = Schema(type: "null")
  static let boolean = Schema(type: "boolean")

  /// - Parameters:
  ///   - count: Of its code points.
  ///   - pattern: A regular expression that finds itself in it (ECMA-262), so anchor it.
  static func string(
    count: ClosedRange<Int>? = nil, pattern: String? = nil, format: String? = nil
  ) -> Schema {
    Schema(
      type: "string",
      [
        ("minLength", count.map { .init(number: $0.lowerBound) }),
        ("maxLength", count.map { .init(number: $0.upperBound) }),
        ("pattern", pattern.map { .init(text: $0) }), ("format", format.map { .init(text: $0) }),
      ])
  }

  static func integer(_ range: ClosedRange<some BinaryInteger>) -> Schema {
    Schema(
      type: "integer",
      [
        ("minimum", .init(number: range.lowerBound)), ("maximum", .init(number: range.upperBound)),
      ])
  }

  /// All values of an unsigned integer.
  static func unsigned<Number: FixedWidthInteger & UnsignedInteger>(
    _ type: Number.Type
  ) -> Schema {
    .integer(Number.min...Number.max)
  }

  /// A number that may have a fraction.
  static func number(_ range: ClosedRange<Int>) -> Schema {
    Schema(
      type: "number",
      [
        ("minimum", .init(number: range.lowerBound)), ("maximum", .init(number: range.upperBound)),
      ])
  }

  /// One of these strings.
  static func words(_ words: [String]) -> Schema {
    Schema(type: "string", [("enum", .array(words.map { .init(text: $0) }))])
  }

  /// One of the type's words.
  static func words<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) -> Schema
  where Word.RawValue == String {
    .words(Word.allCases.map(\.rawValue))
  }

  /// This string and no other.
  static func constant(_ text: String) -> Schema {
    Schema(type: "string", [("const", .init(text: text))])
  }

  static func constant(_ value: Bool) -> Schema {
    Schema(type: "boolean", [("const", .boolean(value))])
  }

  static func array(of element: Schema, count: ClosedRange<Int>? = nil) -> Schema {
    var schema = Schema(
      type: "array",
      [
        ("minItems", count.map { .init(number: $0.lowerBound) }),
        ("maxItems", count.map { .init(number: $0.upperBound) }),
      ])
    schema.keywords.append(("items", .schema(element)))
    return schema
  }

  /// - Parameter isClosed: Whether other members are refused, as in JSON bodies of requests. Those
  ///   of an answer are to be ignored.
  static func object(_ members: [Member], isClosed: Bool = false) -> Schema {
    var schema = Schema(type: "object")
    let required = members.filter(\.isRequired).map { JSONValue(text: $0.name) }
    if !required.isEmpty { schema.keywords.append(("required", .value(.array(required)))) }
    schema.keywords.append(("properties", .members(members)))
    if isClosed { schema.keywords.append(("additionalProperties", .value(.boolean(false)))) }
    return schema
  }

  /// The body of a request: members that are not among these are refused.
  static func request(_ members: [Member]) -> Schema { .object(members, isClosed: true) }

  /// An object whose names are data.
  static func map(to value: Schema) -> Schema {
    var schema = Schema(type: "object")
    schema.keywords.append(("additionalProperties", .schema(value)))
    return schema
  }

  static func oneOf(_ schemas: [Schema]) -> Schema { Schema([("oneOf", .schemas(schemas))]) }

  // MARK: Made of another

  /// This or null.
  var orNull: Schema { Schema([("anyOf", .schemas([self, .null]))]) }

  func described(_ text: String) -> Schema { self.adding("description", .init(text: text)) }

  /// - Parameter json: Written as JSON.
  func example(_ json: StaticString) -> Schema {
    self.adding("examples", .array([.init(literal: json)]))
  }

  /// What an absent one means.
  func standard(_ value: JSONValue) -> Schema { self.adding("default", value) }

  /// The same, in the document once.
  ///
  /// - Parameter name: Of no other schema.
  func component(_ name: String) -> Schema {
    precondition(self.componentName == nil, "\(name) has a name")
    var schema = self
    schema.componentName = name
    return schema
  }

  private func adding(_ name: String, _ value: JSONValue) -> Schema {
    // Beside a reference, for OpenAPI 3.1 allows keywords there.
    var schema = self.componentName == nil ? self : Schema([("$ref", .schema(self))])
    schema.keywords.append((name, .value(value)))
    return schema
  }

  // MARK: As JSON

  /// - Parameter components: Gets the named schemas in it.
  func json(_ components: inout Components) -> JSONValue {
    guard let name = self.componentName else { return self.definition(&components) }
    components.addSchema(name) { self.definition(&$0) }
    return JSONValue(members: [("$ref", .init(text: "#/components/schemas/\(name)"))])
  }

  private func definition(_ components: inout Components) -> JSONValue {
    var members: [(name: String, value: JSONValue)] = []
    for (name, keyword) in self.keywords {
      switch keyword {
      case .value(let value): members.append((name, value))
      case .schema(let schema) where name == "$ref":
        // The reference itself, to which more is said.
        guard case .object(let reference) = schema.json(&components) else { continue }
        members.append((name, reference[0].value))
      case .schema(let schema): members.append((name, schema.json(&components)))
      case .schemas(let schemas):
        members.append((name, .array(schemas.map { $0.json(&components) })))
      case .members(let properties):
        members.append(
          (
            name,
            JSONValue(members: properties.map { ($0.name, $0.schema.json(&components)) })
          ))
      }
    }
    return JSONValue(members: members)
  }
}
