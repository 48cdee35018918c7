/// Where something stands in a scenario file.
struct Place: Equatable, Sendable {
  let file: String
  /// From 1.
  let line: Int
  let column: Int

  func error(_ message: String, suggestion: String? = nil) -> ScenarioError {
    ScenarioError(
      file: self.file, line: self.line, column: self.column, message: message,
      suggestion: suggestion)
  }
}

/// A value that the grammar has accepted. The accessors may rely on the grammar: that a value is
/// something else than its key's kind is a mistake of this program, not of the file.
struct Value: Sendable {
  let place: Place
  let content: Content

  enum Content: Sendable {
    case text(String)
    case integer(Int)
    case truth(Bool)
    case duration(Duration)
    case list([Value])
    case mapping(Fields)
  }

  var text: String {
    guard case .text(let text) = self.content else { self.disagree("a text") }
    return text
  }

  var integer: Int {
    guard case .integer(let number) = self.content else { self.disagree("a number") }
    return number
  }

  var truth: Bool {
    guard case .truth(let truth) = self.content else { self.disagree("true or false") }
    return truth
  }

  var duration: Duration {
    guard case .duration(let duration) = self.content else { self.disagree("a duration") }
    return duration
  }

  var list: [Value] {
    guard case .list(let items) = self.content else { self.disagree("a list") }
    return items
  }

  var fields: Fields {
    guard case .mapping(let fields) = self.content else { self.disagree("a mapping") }
    return fields
  }

  func choice<Choice: LanguageWord>(_ type: Choice.Type = Choice.self) -> Choice {
    guard let choice = Choice(word: self.text) else { self.disagree("one of \(Choice.self)") }
    return choice
  }

  func disagree(_ expected: String) -> Never {
    preconditionFailure("the grammar accepted \(self.content) where the reader takes \(expected)")
  }
}

/// The members of a mapping that the grammar has accepted.
struct Fields: Sendable {
  let place: Place
  let shape: Shape
  let members: [(key: String, value: Value)]

  /// Nil when absent.
  subscript(key: String) -> Value? {
    assert(self.shape.keys.contains { $0.name == key }, "\(self.shape.what) has no key '\(key)'")
    return self.members.first { $0.key == key }?.value
  }

  /// Of a key that is required.
  func required(_ key: String) -> Value {
    guard let value = self[key] else {
      preconditionFailure("the grammar accepted \(self.shape.what) without '\(key)'")
    }
    return value
  }

  /// Of a mapping with exactly one member.
  var only: (key: String, value: Value) {
    guard self.members.count == 1 else {
      preconditionFailure("the grammar accepted \(self.members.count) members")
    }
    return self.members[0]
  }
}
