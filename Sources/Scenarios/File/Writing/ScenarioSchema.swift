/// The grammar as a JSON Schema (draft 2020-12), for editors.
///
/// It knows keys, kinds and the rules between keys. What the reader alone knows is names that must
/// exist, the order of steps, and what the real way can't do.
package enum ScenarioSchema {
  package static let text: String = {
    var definitions = Grammar.shapes.map { ($0.reference, $0.schema) }
    definitions += Selection.allCases.map { selection in
      (selection.rawValue, Kind.oneOf(selection.kinds).schema)
    }
    definitions.append(
      (
        "variable",
        .object([
          ("description", .text("A variable of `for_each`, which stands for its value.")),
          ("type", .text("string")), ("pattern", .text("\\$[a-z][a-z0-9_]*")),
        ])
      ))
    let schema = JSONText.object([
      ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
      ("title", .text("A scenario of Relink")),
      ("$comment", .text("Made by `make docs` from the grammar of the reader.")),
      ("$ref", .text("#/$defs/\(Grammar.scenario.reference)")),
      ("$defs", .object(definitions)),
    ])
    return schema.pretty() + "\n"
  }()
}

extension Shape {
  fileprivate var reference: String { self.title.replacing(" ", with: "_") }

  fileprivate var schema: JSONText {
    var members: [(String, JSONText)] = [
      ("description", .text(self.says)), ("type", .text("object")),
      ("additionalProperties", .truth(false)),
      ("properties", .object(self.keys.map { ($0.name, $0.schema) })),
    ]
    // What is lacking here may stand in a part that is laid under it.
    let isMerged = Grammar.part.keys.contains { key in
      if case .mapping(let shape) = key.kind { shape.what == self.what } else { false }
    }
    let required = self.keys.filter(\.isRequired).map { JSONText.text($0.name) }
    if !required.isEmpty, !isMerged { members.append(("required", .list(required))) }
    let rules = self.rules.flatMap { $0.schemas(among: self.keys) }
    if !rules.isEmpty { members.append(("allOf", .list(rules))) }
    return .object(members)
  }
}

extension Shape.Rule {
  fileprivate func schemas(among all: [Key]) -> [JSONText] {
    switch self {
    case .exactlyOne(let keys) where keys.count == all.count:
      [.object([("minProperties", .number(1)), ("maxProperties", .number(1))])]
    case .exactlyOne(let keys):
      [.object([("oneOf", .list(keys.map(Self.required)))])]
    case .atLeastOne(let keys):
      [.object([("anyOf", .list(keys.map(Self.required)))])]
    case .atMostOne(let keys):
      [.object([("not", .object([("required", .list(keys.map { .text($0) }))]))])]
    case .needs(let key, let other):
      [.object([("dependentRequired", .object([(key, .list([.text(other)]))]))])]
    }
  }

  private static func required(_ key: String) -> JSONText {
    .object([("required", .list([.text(key)]))])
  }
}

extension Key {
  fileprivate var schema: JSONText {
    var members: [(String, JSONText)] = [("description", .text(self.fullText))]
    if let text = self.defaultText {
      switch self.kind {
      case .integer: members.append(("default", .number(Int(text) ?? 0)))
      case .truth: members.append(("default", .truth(text == "true")))
      case .word, .duration, .text: members.append(("default", .text(text)))
      default: break
      }
    }
    guard case .object(let kind) = self.kind.schema else { return .object(members) }
    return .object(members + kind)
  }
}

extension Kind {
  private static let variable = JSONText.object([("$ref", .text("#/$defs/variable"))])

  fileprivate var schema: JSONText {
    switch self {
    case .text(let rule): rule.schema
    case .word, .integer, .truth, .flag, .duration:
      .object([("anyOf", .list([self.constantSchema, Self.variable]))])
    case .newName(let space): space.rule.schema
    case .name: .object([("type", .text("string"))])
    case .list(let kind, let limit):
      .object([
        ("type", .text("array")), ("minItems", .number(1)), ("maxItems", .number(limit)),
        ("items", kind.schema),
      ])
    case .mapping(let shape): .object([("$ref", .text("#/$defs/\(shape.reference)"))])
    case .selection(let selection):
      .object([("$ref", .text("#/$defs/\(selection.rawValue)"))])
    case .oneOf(let kinds): .object([("anyOf", .list(kinds.map(\.schema)))])
    case .variables: Self.variableValues
    }
  }

  /// Of a value that is no variable.
  private var constantSchema: JSONText {
    switch self {
    case .word(let words): .object([("enum", .list(words.map { .text($0.name) }))])
    case .integer(let range):
      .object([
        ("type", .text("integer")), ("minimum", .number(range.lowerBound)),
        ("maximum", .number(range.upperBound)),
      ])
    case .truth: .object([("type", .text("boolean"))])
    case .flag: .object([("const", .truth(true))])
    default:
      .object([("type", .text("string")), ("pattern", .text("^-?[0-9]+(ms|s|m|h|d)$"))])
    }
  }

  private static let variableValues = JSONText.object([
    ("type", .text("object")), ("minProperties", .number(1)),
    ("propertyNames", .object([("pattern", .text("^[a-z][a-z0-9_]*$"))])),
    (
      "additionalProperties",
      .object([
        (
          "anyOf",
          .list([
            .object([
              ("type", .text("string")), ("pattern", .text("^-?[0-9]+\\.\\.-?[0-9]+$")),
            ]),
            .object([
              ("type", .text("array")), ("minItems", .number(1)),
              ("items", .object([("type", .list([.text("string"), .text("number")]))])),
            ]),
          ])
        )
      ])
    ),
  ])
}

extension TextRule {
  /// A name such as 2019 is a number to YAML, and a text to the reader. Patterns are not given, for a
  /// variable may stand anywhere.
  fileprivate var schema: JSONText {
    .object([
      ("type", .list([.text("string"), .text("number")])),
      ("minLength", .number(1)), ("maxLength", .number(self.lengths.upperBound)),
    ])
  }
}
