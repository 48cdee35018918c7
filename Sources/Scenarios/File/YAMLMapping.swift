import Yams

/// A mapping of a scenario file, read member by member: each member is taken once, and what is left
/// over is an error, so that a misspelt key is never silently ignored.
struct YAMLMapping {
  let file: String
  private let node: Node
  private let what: String
  private var members: [(key: String, keyNode: Node, value: Node)] = []
  private var known: [String] = []
  private var taken: Set<String> = []

  /// - Parameter what: What the mapping describes, for messages: `a device`.
  init(_ node: Node, what: String, file: String) throws(ScenarioError) {
    self.file = file
    self.node = node
    self.what = what
    guard case .mapping(let mapping) = node else {
      throw Self.error(at: node, in: file, "\(what) must be a mapping of names to values")
    }
    for (keyNode, value) in mapping {
      guard let key = keyNode.scalar?.string else {
        throw Self.error(at: keyNode, in: file, "a key of \(what) must be a word")
      }
      self.members.append((key, keyNode, value))
    }
  }

  /// The member's text; nil when absent.
  mutating func optionalText(_ key: String) throws(ScenarioError) -> String? {
    guard let value = self.take(key) else { return nil }
    guard let text = value.scalar?.string, !text.isEmpty else {
      throw Self.error(at: value, in: self.file, "'\(key)' of \(self.what) must be a text")
    }
    return text
  }

  mutating func text(_ key: String) throws(ScenarioError) -> String {
    guard let text = try self.optionalText(key) else { throw self.missing(key) }
    return text
  }

  /// One of the words; `fallback` when absent.
  mutating func word(
    _ key: String, of words: [String], fallback: String? = nil
  ) throws(ScenarioError) -> String {
    let value = self.peek(key)
    guard let text = try self.optionalText(key) else {
      guard let fallback else { throw self.missing(key) }
      return fallback
    }
    guard words.contains(text) else {
      throw Self.error(
        at: value ?? self.node, in: self.file,
        "'\(key)' of \(self.what) is '\(text)', but must be one of \(words.joined(separator: ", "))",
        suggestion: Spelling.suggestion(for: text, among: words))
    }
    return text
  }

  mutating func optionalInteger(
    _ key: String, in range: ClosedRange<Int>
  ) throws(ScenarioError) -> Int? {
    guard let value = self.take(key) else { return nil }
    guard let text = value.scalar?.string, let number = Int(text), range.contains(number) else {
      throw Self.error(
        at: value, in: self.file,
        "'\(key)' of \(self.what) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return number
  }

  mutating func optionalBoolean(_ key: String) throws(ScenarioError) -> Bool? {
    guard let value = self.take(key) else { return nil }
    switch value.scalar?.string {
    case "true": return true
    case "false": return false
    default:
      throw Self.error(
        at: value, in: self.file, "'\(key)' of \(self.what) must be true or false")
    }
  }

  /// Such as `500ms`, `4s`, `10m`, `2h`, `1d`.
  mutating func optionalDuration(_ key: String) throws(ScenarioError) -> Duration? {
    guard let value = self.take(key) else { return nil }
    guard let text = value.scalar?.string, let duration = Duration(scenarioText: text) else {
      throw Self.error(
        at: value, in: self.file,
        "'\(key)' of \(self.what) must be a duration such as 500ms, 4s, 10m, 2h or 1d")
    }
    return duration
  }

  /// The items of a list that must have at least one.
  mutating func list(_ key: String) throws(ScenarioError) -> [Node] {
    guard let value = self.take(key) else { throw self.missing(key) }
    guard case .sequence(let items) = value, !items.isEmpty else {
      throw Self.error(
        at: value, in: self.file, "'\(key)' of \(self.what) must be a list of at least one")
    }
    return Array(items)
  }

  mutating func optionalMapping(_ key: String, what: String) throws(ScenarioError) -> YAMLMapping? {
    guard let value = self.take(key) else { return nil }
    return try YAMLMapping(value, what: what, file: self.file)
  }

  /// Refuses keys that nobody has asked for.
  func finish() throws(ScenarioError) {
    for member in self.members where !self.taken.contains(member.key) {
      throw Self.error(
        at: member.keyNode, in: self.file, "'\(member.key)' is not a part of \(self.what)",
        suggestion: Spelling.suggestion(for: member.key, among: self.known))
    }
  }

  /// An error at the member's value, or at the mapping when it is absent.
  func error(at key: String, _ message: String, suggestion: String? = nil) -> ScenarioError {
    Self.error(at: self.peek(key) ?? self.node, in: self.file, message, suggestion: suggestion)
  }

  private func peek(_ key: String) -> Node? {
    self.members.first { $0.key == key }?.value
  }

  private mutating func take(_ key: String) -> Node? {
    self.known.append(key)
    self.taken.insert(key)
    return self.peek(key)
  }

  private func missing(_ key: String) -> ScenarioError {
    Self.error(at: self.node, in: self.file, "\(self.what) needs '\(key)'")
  }

  private static func error(
    at node: Node, in file: String, _ message: String, suggestion: String? = nil
  ) -> ScenarioError {
    ScenarioError(
      file: file, line: node.mark?.line, column: node.mark?.column, message: message,
      suggestion: suggestion)
  }
}

extension Duration {
  /// Nil unless a whole number followed by `ms`, `s`, `m`, `h` or `d`, up to 1,000 years.
  init?(scenarioText text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int64(digits) else { return nil }
    let unitMilliseconds: Int64
    switch text.dropFirst(digits.count) {
    case "ms": unitMilliseconds = 1
    case "s": unitMilliseconds = 1_000
    case "m": unitMilliseconds = 60_000
    case "h": unitMilliseconds = 3_600_000
    case "d": unitMilliseconds = 86_400_000
    default: return nil
    }
    let (milliseconds, overflows) = count.multipliedReportingOverflow(by: unitMilliseconds)
    guard !overflows, milliseconds <= 1_000 * 366 * 86_400_000 else { return nil }
    self = .milliseconds(milliseconds)
  }

  package var wholeSeconds: Int64 { self.components.seconds }
}
