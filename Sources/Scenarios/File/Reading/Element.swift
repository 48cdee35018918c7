import Yams

/// A piece of a scenario file as it was written, with its place; nothing is known of its meaning.
struct Element: Sendable {
  var place: Place
  var content: Content

  indirect enum Content: Sendable {
    case scalar(String)
    case list([Element])
    case mapping([Member])
  }

  struct Member: Sendable {
    var key: String
    var keyPlace: Place
    var value: Element
  }

  var members: [Member]? {
    guard case .mapping(let members) = self.content else { return nil }
    return members
  }

  var items: [Element]? {
    guard case .list(let items) = self.content else { return nil }
    return items
  }

  var scalar: String? {
    guard case .scalar(let text) = self.content else { return nil }
    return text
  }
}

extension Element {
  /// Parses YAML. Anchors and aliases are refused, and so are keys that occur twice.
  ///
  /// - Throws: `ScenarioError` with the place.
  init(parsing text: String, file: String) throws(ScenarioError) {
    try AliasScan.check(text, file: file)
    do {
      // The parser holds the nodes' anchors.
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      guard let root = try parser.singleRoot() else {
        throw ScenarioError(file: file, message: "the scenario file is empty")
      }
      self = try withExtendedLifetime(parser) { try Element(root, file: file) }
    } catch let error as ScenarioError {
      throw error
    } catch let error as YamlError {
      throw ScenarioError(error, text: text, file: file)
    } catch {
      throw ScenarioError(file: file, message: "not YAML: \(error)")
    }
  }

  private init(_ node: Node, file: String) throws(ScenarioError) {
    let place = Place(node, file: file)
    guard node.anchor == nil else { throw AliasScan.error(at: place) }
    switch node {
    case .scalar(let scalar):
      self.init(place: place, content: .scalar(scalar.string))
    case .sequence(let nodes):
      var items: [Element] = []
      for node in nodes { items.append(try Element(node, file: file)) }
      self.init(place: place, content: .list(items))
    case .mapping(let mapping):
      var members: [Member] = []
      var keys: Set<String> = []
      for (keyNode, value) in mapping {
        let keyPlace = Place(keyNode, file: file)
        guard keyNode.anchor == nil else { throw AliasScan.error(at: keyPlace) }
        guard let key = keyNode.scalar?.string else { throw keyPlace.error("a key must be a word") }
        guard keys.insert(key).inserted else { throw keyPlace.error("'\(key)' is here twice") }
        members.append(
          Member(key: key, keyPlace: keyPlace, value: try Element(value, file: file)))
      }
      self.init(place: place, content: .mapping(members))
    case .alias:
      throw AliasScan.error(at: place)
    }
  }
}

extension Place {
  fileprivate init(_ node: Node, file: String) {
    self.init(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
  }
}

extension ScenarioError {
  fileprivate init(_ error: YamlError, text: String, file: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      let line = lines.dropFirst(mark.line - 1).first ?? ""
      var suggestion: String?
      if problem.contains("mapping values") { suggestion = "a text with ': ' belongs in quotes" }
      if line.contains("\t") { suggestion = "there is a tab: indent with spaces" }
      self.init(
        file: file, line: mark.line, column: mark.column, message: "not YAML: \(problem)",
        suggestion: suggestion)
    case .duplicatedKeysInMapping(let keys, let context):
      self.init(
        file: file, line: context.mark.line, column: context.mark.column,
        message: "'\(keys.first ?? "")' is here twice")
    case .reader(let problem, _, _, _):
      self.init(file: file, message: "not YAML: \(problem)")
    default:
      self.init(file: file, message: "not YAML: \(error)")
    }
  }
}
