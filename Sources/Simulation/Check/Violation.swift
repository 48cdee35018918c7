/// A rule of "Always true" that was seen broken.
package struct Violation: Error, Equatable, Sendable {
  /// 1–11.
  package var rule: Int
  /// What was seen, in plain words, without secrets.
  package var seen: String
  /// Nicknames of devices and addresses of owners that it concerns.
  package var concerns: [String]
  /// Of the step that saw it, if one did.
  package var line: Int?

  package init(rule: Int, seen: String, concerns: [String] = []) {
    self.rule = rule
    self.seen = seen
    self.concerns = concerns
  }
}
