import CloudCore
import Foundation

/// A password as it came, in whichever of the ways in which Unicode spells it.
struct PasswordText: Sendable, Redacted {
  private let text: String

  init(_ text: String) { self.text = text }

  /// In normalisation form KC (NIST SP 800-63B §5.1.1.2): the same whatever keyboard it was typed
  /// on. What is chosen is stored so.
  var normalised: String {
    self.text.utf8.allSatisfy { $0 < 0x80 }
      ? self.text : self.text.precomposedStringWithCompatibilityMapping
  }

  /// Checks it against a hash: normalised and, since that was not always done, as it came.
  func verify(_ hash: PasswordHash) throws(PasswordHashError) -> PasswordVerdict {
    let normalised = self.normalised
    let verdict = try hash.verify(Secret(normalised))
    guard !verdict.matches, !normalised.utf8.elementsEqual(self.text.utf8) else { return verdict }
    return try hash.verify(Secret(self.text))
  }
}
