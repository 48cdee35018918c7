/// A mapping of the language: its keys and what holds between them.
struct Shape: Sendable {
  /// For messages: `a device`.
  let what: String
  /// A sentence or two for the reference, in Markdown.
  let says: String
  let keys: [Key]
  let rules: [Rule]

  init(_ what: String, _ says: String, _ keys: [Key], rules: [Rule] = []) {
    self.what = what
    self.says = says
    self.keys = keys
    self.rules = rules
  }

  /// The name without its article, for headings and the schema: `device`.
  var title: String { self.what.split(separator: " ").dropFirst().joined(separator: " ") }

  /// What holds between keys beside their own kinds.
  enum Rule: Sendable {
    case exactlyOne([String])
    case atLeastOne([String])
    case atMostOne([String])
    /// The first only together with the second.
    case needs(String, String)
  }
}

struct Key: Sendable {
  let name: String
  let kind: Kind
  let isRequired: Bool
  /// As it would be written; nil where the absence means something else than a value.
  let defaultText: String?
  /// A sentence for the reference, in Markdown.
  let says: String
  /// Whether a scenario with it can't be run in the real way.
  let isVirtualOnly: Bool

  init(
    _ name: String, _ kind: Kind, _ says: String, required: Bool = false,
    default text: String? = nil,
    virtualOnly: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.says = says
    self.isRequired = required
    self.defaultText = text
    self.isVirtualOnly = virtualOnly
  }
}

extension Shape.Rule {
  /// In plain words, for the reference.
  var phrase: String {
    switch self {
    case .exactlyOne(let keys): "Exactly one of \(Self.list(keys))."
    case .atLeastOne(let keys): "At least one of \(Self.list(keys))."
    case .atMostOne(let keys): "At most one of \(Self.list(keys))."
    case .needs(let key, let other): "`\(key)` only with `\(other)`."
    }
  }

  private static func list(_ keys: [String]) -> String {
    keys.map { "`\($0)`" }.joined(separator: ", ")
  }
}
