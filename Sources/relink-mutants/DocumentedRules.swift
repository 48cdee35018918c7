import Foundation

/// What `docs/planted-bugs.md` says of each bug: the rule that is expected to catch it.
struct DocumentedRules {
  private var rules: [String: String] = [:]

  /// - Throws: What there is to read a file.
  init(contentsOf path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var column: Int?
    for line in text.split(separator: "\n") {
      let cells = Self.cells(line)
      if cells.first == "Name" { column = cells.firstIndex(of: "Rule") }
      guard let column, column < cells.count, let name = cells.first,
        name.hasPrefix("`"), name.hasSuffix("`")
      else { continue }
      self.rules[String(name.dropFirst().dropLast())] = cells[column]
    }
  }

  /// `1` to `11`, `model` (any), or `trap`, `limit` or `demand`; nil for a bug that is not there.
  subscript(_ bug: String) -> String? { self.rules[bug] }

  /// Of a table's row; none of any other line.
  private static func cells(_ line: Substring) -> [String] {
    guard line.hasPrefix("|"), line.hasSuffix("|") else { return [] }
    return line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
