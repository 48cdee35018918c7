import CloudCore
import DeviceProtocol

/// Holds a scenario file against the grammar: keys, kinds, names, and what the real way can't do.
struct Checker {
  private var names = Names()
  private let isReal: Bool

  /// - Parameters:
  ///   - isReal: Whether the scenario is to be run in the real way too.
  ///   - hasFleet: Whether `fleet-1` is the name of a device.
  init(isReal: Bool, hasFleet: Bool) {
    self.isReal = isReal
    self.names.hasFleet = hasFleet
  }

  /// Reads the whole file; names may be used before the step that gives them.
  mutating func read(_ root: Element, as shape: Shape) throws(ScenarioError) -> Fields {
    let fields = try self.fields(root, shape)
    try self.names.resolve()
    return fields
  }

  /// - Parameter what: For messages: `'kind' of a device`.
  private mutating func value(
    _ element: Element, _ kind: Kind, _ what: String
  ) throws(ScenarioError) -> Value {
    switch kind {
    case .mapping(let shape):
      return Value(place: element.place, content: .mapping(try self.fields(element, shape)))
    case .list(let kind, let limit):
      guard let items = element.items, !items.isEmpty else {
        throw element.place.error("\(what) must be a list of at least one")
      }
      guard items.count <= limit else {
        throw element.place.error("\(what) has \(items.count) items; \(limit) is the most")
      }
      var values: [Value] = []
      for item in items { values.append(try self.value(item, kind, what)) }
      return Value(place: element.place, content: .list(values))
    case .oneOf, .selection:
      return try self.alternative(element, kind, what)
    case .variables:
      throw element.place.error("\(what) can't be here")
    default:
      guard let text = element.scalar else {
        throw element.place.error("\(what) must be \(kind.phrase)")
      }
      let content = try self.scalar(text, at: element.place, kind, what)
      return Value(place: element.place, content: content)
    }
  }

  private mutating func fields(
    _ element: Element, _ shape: Shape
  ) throws(ScenarioError) -> Fields {
    guard let members = element.members else {
      throw element.place.error("\(shape.what) must be a mapping of names to values")
    }
    for member in members where !shape.keys.contains(where: { $0.name == member.key }) {
      throw member.keyPlace.error(
        "'\(member.key)' is not a part of \(shape.what)",
        suggestion: Spelling.suggestion(for: member.key, among: shape.keys.map(\.name)))
    }
    try shape.check(members, at: element.place)
    var values: [(key: String, value: Value)] = []
    // In the grammar's order: homes before owners before devices, whatever the file's.
    for key in shape.keys {
      guard let member = members.first(where: { $0.key == key.name }) else {
        guard !key.isRequired else {
          throw element.place.error("\(shape.what) needs '\(key.name)'")
        }
        continue
      }
      if self.isReal, key.isVirtualOnly {
        throw member.keyPlace.error(
          "'\(key.name)' of \(shape.what) can't be had in the real way, which is among the 'ways'")
      }
      let what = "'\(key.name)' of \(shape.what)"
      values.append((key.name, try self.value(member.value, key.kind, what)))
    }
    return Fields(place: element.place, shape: shape, members: values)
  }

  private mutating func alternative(
    _ element: Element, _ kind: Kind, _ what: String
  ) throws(ScenarioError) -> Value {
    let kinds = kind.alternatives
    switch element.content {
    case .mapping:
      for case .mapping(let shape) in kinds {
        return Value(place: element.place, content: .mapping(try self.fields(element, shape)))
      }
    case .list:
      for case .list(let kind, let limit) in kinds {
        return try self.value(element, .list(kind, atMost: limit), what)
      }
    case .scalar(let text):
      let scalars = kinds.filter(\.isScalar)
      for case .word(let words) in scalars where words.contains(where: { $0.name == text }) {
        return Value(
          place: element.place,
          content: try self.scalar(text, at: element.place, .word(words), what))
      }
      for kind in scalars {
        guard let content = try? self.scalar(text, at: element.place, kind, what) else { continue }
        return Value(place: element.place, content: content)
      }
      throw element.place.error(
        "\(what) is '\(text)', but must be \(kind.phrase)",
        suggestion: Spelling.suggestion(
          for: text, among: scalars.flatMap { self.vocabulary(of: $0) }))
    }
    throw element.place.error("\(what) must be \(kind.phrase)")
  }

  private func vocabulary(of kind: Kind) -> [String] {
    switch kind {
    case .word(let words): words.map(\.name)
    case .name(let space): self.names.known(space)
    default: []
    }
  }

  private mutating func scalar(
    _ text: String, at place: Place, _ kind: Kind, _ what: String
  ) throws(ScenarioError) -> Value.Content {
    switch kind {
    case .text(let rule):
      guard !text.isEmpty else { throw place.error("\(what) must be a text") }
      guard rule.accepts(text) else { throw place.error("\(what) must be \(rule.phrase)") }
      return .text(text)
    case .word(let words):
      guard let word = words.first(where: { $0.name == text }) else {
        throw place.error(
          "\(what) is '\(text)', but must be \(kind.phrase)",
          suggestion: Spelling.suggestion(for: text, among: words.map(\.name)))
      }
      if self.isReal, word.isVirtualOnly {
        throw place.error(
          "\(what): '\(text)' can't be had in the real way, which is among the 'ways'")
      }
      return .text(text)
    case .integer(let range):
      guard let number = Int(text), range.contains(number) else {
        throw place.error("\(what) must be \(kind.phrase)")
      }
      return .integer(number)
    case .truth:
      guard text == "true" || text == "false" else {
        throw place.error("\(what) must be \(kind.phrase)")
      }
      return .truth(text == "true")
    case .flag:
      guard text == "true" else { throw place.error("\(what) must be \(kind.phrase)") }
      return .truth(true)
    case .duration(let rule):
      return .duration(try rule.read(text, at: place, what))
    case .newName(let space):
      return .text(try self.names.give(text, in: space, at: place, what))
    case .name(let space):
      return .text(try self.names.use(text, in: space, at: place, what))
    case .list, .mapping, .oneOf, .selection, .variables:
      preconditionFailure("\(kind.phrase) is no scalar")
    }
  }
}

extension Kind {
  var isScalar: Bool {
    switch self {
    case .list, .mapping, .oneOf, .selection, .variables: false
    default: true
    }
  }
}

extension DurationRule {
  fileprivate func read(
    _ text: String, at place: Place, _ what: String
  ) throws(ScenarioError) -> Duration {
    switch DurationText.read(text) {
    case .noDuration:
      throw place.error("\(what) must be \(self.phrase)")
    case .tooLong:
      throw place.error("\(what) is longer than 1,000 years")
    case .duration(let duration):
      guard duration <= self.range.upperBound else {
        throw place.error(
          "\(what) must be at most \(DurationText.text(of: self.range.upperBound))")
      }
      guard duration >= self.range.lowerBound,
        !self.isWholeSeconds || duration.components.attoseconds == 0
      else { throw place.error("\(what) must be \(self.phrase)") }
      return duration
    }
  }
}

extension Shape {
  /// The rules between keys.
  fileprivate func check(_ members: [Element.Member], at place: Place) throws(ScenarioError) {
    for rule in self.rules {
      switch rule {
      case .exactlyOne(let keys):
        try self.refuseTwo(of: keys, among: members)
        fallthrough
      case .atLeastOne(let keys):
        guard members.contains(where: { keys.contains($0.key) }) else {
          throw place.error(
            keys.count == 2
              ? "\(self.what) needs '\(keys[0])' or '\(keys[1])'"
              : "\(self.what) needs one of \(keys.joined(separator: ", "))")
        }
      case .atMostOne(let keys):
        try self.refuseTwo(of: keys, among: members)
      case .needs(let key, let other):
        guard let member = members.first(where: { $0.key == key }) else { continue }
        guard members.contains(where: { $0.key == other }) else {
          throw member.keyPlace.error("'\(key)' of \(self.what) is only for one with '\(other)'")
        }
      }
    }
  }

  private func refuseTwo(
    of keys: [String], among members: [Element.Member]
  ) throws(ScenarioError) {
    let present = members.filter { keys.contains($0.key) }
    guard present.count > 1 else { return }
    throw present[1].keyPlace.error(
      "\(self.what) can't have both '\(present[0].key)' and '\(present[1].key)'")
  }
}
