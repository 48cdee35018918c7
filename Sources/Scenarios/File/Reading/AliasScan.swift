/// Refuses what might be a bomb of YAML aliases before the parser sees it.
///
/// The parser hashes keys, aliases and all that they stand for, so that nine lines of aliases of
/// aliases take it years. Any alias is refused once it is parsed; this refuses more than a few marks
/// that could be one, wherever they stand, so that no spelling gets past. A text such as `", *x"` is
/// such a mark too, but hardly five times.
enum AliasScan {
  private static let maximumCount = 4

  static func check(_ text: String, file: String) throws(ScenarioError) {
    var count = 0
    var line = 1
    var column = 1
    // Of what precedes a value in YAML: an indicator, or the start of a line.
    var mayBegin = true
    for byte in text.utf8 {
      if byte == UInt8(ascii: "*"), mayBegin {
        count += 1
        guard count <= Self.maximumCount else {
          throw Self.error(at: Place(file: file, line: line, column: column))
        }
      }
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        column = 0
        mayBegin = true
      case UInt8(ascii: " "), UInt8(ascii: "\t"): break
      // Also the line breaks of Unicode.
      case UInt8(ascii: "\r"), 0x80...: mayBegin = true
      default: mayBegin = Self.indicators.contains(byte)
      }
      // As the parser counts, in scalars.
      if byte & 0xC0 != 0x80 { column += 1 }
    }
  }

  static func error(at place: Place) -> ScenarioError {
    place.error(
      "anchors and aliases (& and *) are not part of the language",
      suggestion: "share with 'include', and put a text with such a mark in quotes")
  }

  private static let indicators = [UInt8]("-?:,[{".utf8)
}
