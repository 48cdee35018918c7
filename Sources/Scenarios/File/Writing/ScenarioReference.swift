/// The grammar as Markdown, for `docs/scenarios.md`.
package enum ScenarioReference {
  /// What stands before and after it in the page.
  package static let marks = (
    begin: "<!-- Made by `make docs` from the grammar of the reader. -->",
    end: "<!-- End of what `make docs` makes. -->"
  )

  package static let text: String = Grammar.shapes.map(\.section).joined(separator: "\n\n") + "\n"

  /// The page with the reference between its marks; nil for a page without them.
  package static func replaced(in page: String) -> String? {
    guard let begin = page.firstRange(of: self.marks.begin),
      let end = page.firstRange(of: self.marks.end), begin.upperBound <= end.lowerBound
    else { return nil }
    return page[..<begin.upperBound] + "\n\n" + self.text + "\n" + page[end.lowerBound...]
  }
}

extension Shape {
  fileprivate var section: String {
    var lines = [
      "### \(self.what.prefix(1).uppercased())\(self.what.dropFirst())", "", self.says, "",
      "| Key | Value | Default | |", "|---|---|---|---|",
    ]
    lines += self.keys.map(\.row)
    let rules = self.rules.filter { rule in
      // The step's own is its sentence already.
      if case .exactlyOne(let keys) = rule { keys.count < self.keys.count } else { true }
    }
    if !rules.isEmpty { lines += ["", rules.map(\.phrase).joined(separator: " ")] }
    return lines.joined(separator: "\n")
  }
}

extension Key {
  fileprivate var row: String {
    let fallback = self.isRequired ? "required" : self.defaultText.map { "`\($0)`" } ?? ""
    return "| `\(self.name)` | \(self.kind.cell) | \(fallback) | \(self.fullText) |"
  }

  /// What the key is for, what its words mean, and whether the real way can have it.
  var fullText: String {
    var text = self.says
    let meanings = self.kind.alternatives.flatMap(\.meanings)
    if !meanings.isEmpty { text += " " + meanings.joined(separator: "; ") + "." }
    let virtual = self.kind.alternatives.flatMap(\.virtualWords)
    if self.isVirtualOnly {
      text += " Not in the real way."
    } else if !virtual.isEmpty {
      text += " Not in the real way: \(virtual.joined(separator: ", "))."
    }
    return text
  }
}

extension Kind {
  fileprivate var meanings: [String] {
    guard case .word(let words) = self else { return [] }
    return words.compactMap { word in word.says.map { "`\(word.name)`: \($0)" } }
  }

  fileprivate var virtualWords: [String] {
    guard case .word(let words) = self else { return [] }
    return words.filter(\.isVirtualOnly).map { "`\($0.name)`" }
  }

  fileprivate var cell: String {
    switch self {
    case .word(let words): words.map { "`\($0.name)`" }.joined(separator: ", ")
    case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .truth: "`true`, `false`"
    case .flag: "`true`"
    case .duration(let rule): rule.cell
    case .name(let space): "\(space.article) \(space.rawValue)"
    case .list(let kind, _): "list of \(kind.cell)"
    case .mapping(let shape): shape.link
    case .selection(let selection): "[\(selection.rawValue)](#who)"
    case .oneOf(let kinds): kinds.map(\.cell).joined(separator: ", or ")
    case .text, .newName, .variables: self.phrase
    }
  }
}

extension Shape {
  fileprivate var link: String {
    "[\(self.what)](#\(self.what.replacing(" ", with: "-")))"
  }
}

extension DurationRule {
  fileprivate var cell: String {
    var text = "[duration](#durations)"
    if self.isWholeSeconds { text += " of whole seconds" }
    if self.range.lowerBound < .zero { text += ", also negative" }
    return text
  }
}
