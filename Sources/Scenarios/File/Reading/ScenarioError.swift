/// What is wrong with a scenario file, and where.
package struct ScenarioError: Error, Equatable, CustomStringConvertible {
  package let file: String
  /// From 1; nil when the file could not be read at all.
  package let line: Int?
  package let column: Int?
  package let message: String
  /// Such as `did you mean 'passphrase'?`.
  package let suggestion: String?

  package init(
    file: String, line: Int? = nil, column: Int? = nil, message: String, suggestion: String? = nil
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.suggestion = suggestion
  }

  package var description: String {
    var text = self.file
    if let line { text += ":\(line)" }
    if let column { text += ":\(column)" }
    text += ": \(self.message)"
    if let suggestion { text += "; \(suggestion)" }
    return text
  }
}
