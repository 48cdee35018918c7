import Simulation

/// A key that is one property of a value with defaults: read, written and described from here.
struct Setting<Root: Sendable>: Sendable {
  let key: Key
  let set: @Sendable (inout Root, Value) -> Void
  /// Nil where it is as the defaults have it.
  let written: @Sendable (Root) -> YAML?

  private init<Property: Equatable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Root, Property> & Sendable, of defaults: Root,
    _ kind: Kind, virtualOnly: Bool, _ says: String, read: @escaping @Sendable (Value) -> Property,
    write: @escaping @Sendable (Property) -> YAML?
  ) {
    let original = defaults[keyPath: path]
    self.key = Key(
      name, kind, says, default: write(original)?.plainText, virtualOnly: virtualOnly)
    self.set = { root, value in root[keyPath: path] = read(value) }
    self.written = { root in
      root[keyPath: path] == original ? nil : write(root[keyPath: path])
    }
  }

  init(
    _ name: String, _ path: any WritableKeyPath<Root, Duration> & Sendable, of defaults: Root,
    _ rule: DurationRule, virtualOnly: Bool = false, _ says: String
  ) {
    self.init(
      name, path, of: defaults, .duration(rule), virtualOnly: virtualOnly, says,
      read: { $0.duration }, write: { YAML($0) })
  }

  init(
    _ name: String, _ path: any WritableKeyPath<Root, Duration?> & Sendable, of defaults: Root,
    _ rule: DurationRule, virtualOnly: Bool = false, _ says: String
  ) {
    self.init(
      name, path, of: defaults, .duration(rule), virtualOnly: virtualOnly, says,
      read: { $0.duration }, write: { $0.map { YAML($0) } })
  }

  init(
    _ name: String, _ path: any WritableKeyPath<Root, Int> & Sendable, of defaults: Root,
    _ range: ClosedRange<Int>, virtualOnly: Bool = false, _ says: String
  ) {
    self.init(
      name, path, of: defaults, .integer(range), virtualOnly: virtualOnly, says,
      read: { $0.integer }, write: { YAML($0) })
  }

  init(
    _ name: String, _ path: any WritableKeyPath<Root, Int?> & Sendable, of defaults: Root,
    _ range: ClosedRange<Int>, virtualOnly: Bool = false, _ says: String
  ) {
    self.init(
      name, path, of: defaults, .integer(range), virtualOnly: virtualOnly, says,
      read: { $0.integer }, write: { $0.map { YAML($0) } })
  }

  init(
    _ name: String, _ path: any WritableKeyPath<Root, Bool> & Sendable, of defaults: Root,
    virtualOnly: Bool = false, _ says: String
  ) {
    self.init(
      name, path, of: defaults, .truth, virtualOnly: virtualOnly, says, read: { $0.truth },
      write: { YAML($0) })
  }

  init<Choice: LanguageWord>(
    _ name: String, _ path: any WritableKeyPath<Root, Choice> & Sendable, of defaults: Root,
    words: [Word], virtualOnly: Bool = false, _ says: String
  ) {
    self.init(
      name, path, of: defaults, .word(words), virtualOnly: virtualOnly, says,
      read: { $0.choice() }, write: { YAML($0.word) })
  }
}
