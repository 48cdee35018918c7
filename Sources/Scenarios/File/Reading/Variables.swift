/// `for_each`: the values of its variables, and the file with each of them put in.
struct Variables {
  static let maximumRunCount = 5_000
  /// The scalars of all runs of a file together, so that they fit in memory.
  static let maximumScalarCount = 5_000_000

  /// One for each combination, in the order of the file, the last variable the fastest.
  let runs: [[(name: String, value: String)]]
  private let places: [(name: String, place: Place)]

  init(_ element: Element) throws(ScenarioError) {
    guard let members = element.members, !members.isEmpty else {
      throw element.place.error("'for_each' must be a mapping of variables to their values")
    }
    guard members.count <= 4 else {
      throw element.place.error("'for_each' has \(members.count) variables; 4 is the most")
    }
    var runs: [[(name: String, value: String)]] = [[]]
    var places: [(name: String, place: Place)] = []
    for member in members {
      guard Self.isName(member.key) else {
        throw member.keyPlace.error(
          "the name of a variable must be 1 to 64 lower-case letters, digits or '_' (ASCII), a letter first"
        )
      }
      let values = try Self.values(member)
      guard runs.count * values.count <= Self.maximumRunCount else {
        throw member.value.place.error(
          "'for_each' makes more than \(Self.maximumRunCount) runs of this scenario")
      }
      runs = runs.flatMap { run in values.map { run + [(member.key, $0)] } }
      places.append((member.key, member.keyPlace))
    }
    self.runs = runs
    self.places = places
  }

  /// What distinguishes a run, in reports.
  static func title(of run: [(name: String, value: String)]) -> String {
    run.map(\.value).joined(separator: ", ")
  }

  /// - Throws: `ScenarioError` for a variable that stands nowhere in the element, and for more than
  ///   can be held.
  func checkUse(in element: Element) throws(ScenarioError) {
    guard element.scalarCount * self.runs.count <= Self.maximumScalarCount else {
      throw element.place.error(
        "the \(self.runs.count) runs of this file have more than \(Self.maximumScalarCount) values together"
      )
    }
    let names = self.places.map(\.name)
    try element.checkVariables { unknown in
      // It may be meant as it is: only what is nearly a variable is none by mistake.
      names.contains(unknown)
        ? nil : Spelling.suggestion(for: "$" + unknown, among: names.map { "$" + $0 })
    }
    for (name, place) in self.places where !element.mentions(name) {
      throw place.error("the variable '$\(name)' is used nowhere")
    }
  }

  private static func values(_ member: Element.Member) throws(ScenarioError) -> [String] {
    switch member.value.content {
    case .list(let items):
      var values: [String] = []
      for item in items {
        guard let text = item.scalar, TextRule.name.accepts(text) else {
          throw item.place.error("a value of '\(member.key)' must be \(TextRule.name.phrase)")
        }
        guard !values.contains(text) else {
          throw item.place.error("'\(text)' is among the values of '\(member.key)' already")
        }
        values.append(text)
      }
      guard !values.isEmpty else {
        throw member.value.place.error("'\(member.key)' of 'for_each' has no value")
      }
      return values
    case .scalar(let text):
      let ends = text.split(separator: ".", omittingEmptySubsequences: false)
      guard ends.count == 3, ends[1].isEmpty, let first = Int(ends[0]), let last = Int(ends[2])
      else { break }
      guard first <= last else {
        throw member.value.place.error("the range \(text) of '\(member.key)' is empty")
      }
      let (count, overflows) = last.subtractingReportingOverflow(first)
      guard !overflows, count < Self.maximumRunCount else {
        throw member.value.place.error(
          "the range \(text) of '\(member.key)' has more than \(Self.maximumRunCount) values")
      }
      return (first...last).map { "\($0)" }
    case .mapping: break
    }
    throw member.value.place.error(
      "'\(member.key)' of 'for_each' must be a list of values, or a range such as 0..700")
  }

  private static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(\.isOfVariable)
      && text.utf8.first.map { $0 >= UInt8(ascii: "a") } == true
  }
}

extension Element {
  /// With the values in the place of `$name`, in every scalar but keys.
  func substituting(_ run: [(name: String, value: String)]) -> Element {
    var result = self
    switch self.content {
    case .scalar(let text):
      guard text.utf8.contains(UInt8(ascii: "$")) else { return self }
      result.content = .scalar(
        Self.pieces(of: text).map { piece in
          run.first { $0.name == piece.variable }?.value ?? piece.text
        }.joined())
    case .list(let items):
      result.content = .list(items.map { $0.substituting(run) })
    case .mapping(let members):
      result.content = .mapping(
        members.map { member in
          var member = member
          member.value = member.value.substituting(run)
          return member
        })
    }
    return result
  }

  fileprivate var scalarCount: Int {
    switch self.content {
    case .scalar: 1
    case .list(let items): items.reduce(0) { $0 + $1.scalarCount }
    case .mapping(let members): members.reduce(0) { $0 + $1.value.scalarCount }
    }
  }

  /// - Parameter suggest: For a name after a '$', what was probably meant.
  fileprivate func checkVariables(
    _ suggest: (String) -> String?
  ) throws(ScenarioError) {
    switch self.content {
    case .scalar(let text):
      // Within a longer text a '$' is likely to be meant as it is.
      guard let name = Self.pieces(of: text).lazy.compactMap(\.variable).first,
        text == "$" + name, let suggestion = suggest(name)
      else { return }
      throw self.place.error("'$\(name)' is no variable of 'for_each'", suggestion: suggestion)
    case .list(let items): for item in items { try item.checkVariables(suggest) }
    case .mapping(let members):
      for member in members { try member.value.checkVariables(suggest) }
    }
  }

  func mentions(_ name: String) -> Bool {
    switch self.content {
    case .scalar(let text): Self.pieces(of: text).contains { $0.variable == name }
    case .list(let items): items.contains { $0.mentions(name) }
    case .mapping(let members): members.contains { $0.value.mentions(name) }
    }
  }

  /// The text, cut so that each `$name` is a piece of its own.
  private static func pieces(of text: String) -> [(text: String, variable: String?)] {
    var pieces: [(text: String, variable: String?)] = []
    var rest = text.utf8[...]
    while let mark = rest.firstIndex(of: UInt8(ascii: "$")) {
      let name = rest[rest.index(after: mark)...].prefix(while: \.isOfVariable)
      pieces.append((String(Substring(rest[..<mark])), nil))
      pieces.append(("$" + String(Substring(name)), String(Substring(name))))
      rest = rest[name.endIndex...]
    }
    pieces.append((String(Substring(rest)), nil))
    return pieces
  }
}

extension UInt8 {
  fileprivate var isOfVariable: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
