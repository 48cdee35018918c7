/// A closed set of words as they stand in messages: each is spelled in one place.
package protocol WireWord: CaseIterable, Equatable, Sendable {
  var text: StaticString { get }
}

extension WireWord {
  package var bytes: [UInt8] { [UInt8](self.text) }

  /// Nil unless one of the words.
  package init?(_ bytes: [UInt8]) {
    for word in Self.allCases where bytes.isText(word.text) {
      self = word
      return
    }
    return nil
  }
}
