import Foundation

/// How text is shown: coloured on a terminal, plain elsewhere; `NO_COLOR` (no-color.org) and
/// `TERM=dumb` are honoured.
struct Terminal: Sendable {
  enum Style: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
    case magenta = "35"
    case cyan = "36"
  }

  let isColored: Bool

  /// - Parameter descriptor: The file descriptor that is written to.
  init(descriptor: Int32 = STDOUT_FILENO, environment: [String: String]? = nil) {
    let environment = environment ?? ProcessInfo.processInfo.environment
    self.isColored =
      isatty(descriptor) == 1 && environment["NO_COLOR", default: ""].isEmpty
      && environment["TERM"] != "dumb"
  }

  func styled(_ text: String, _ styles: Style...) -> String {
    guard self.isColored, !styles.isEmpty else { return text }
    return "\u{1B}[\(styles.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
  }

  /// Text from elsewhere (a nickname, a reason) with control characters shown, so that it can't
  /// drive the terminal.
  static func printable(_ text: String) -> String {
    String(
      text.unicodeScalars.map { scalar in
        scalar.properties.generalCategory == .control
          || scalar.properties.generalCategory == .format
          ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
      }.joined())
  }

  /// A path as a word of a shell's command line, also when it begins like an option.
  static func shellWord(_ path: String) -> String {
    let path = path.hasPrefix("-") ? "./" + path : path
    let isControlled = path.unicodeScalars.contains { $0.properties.generalCategory == .control }
    if isControlled {
      let bytes = path.utf8.map { byte in
        (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\")
          ? String(UnicodeScalar(byte)) : String(format: "\\x%02x", byte)
      }
      return "$'\(bytes.joined())'"
    }
    let isPlain = path.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "/._-+=:,@%~".unicodeScalars.contains(scalar)
    }
    guard !isPlain || path.hasPrefix("~") || path.isEmpty else { return path }
    return "'" + path.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }

  /// Columns padded to their widest cell; the first row is the heading.
  func table(_ rows: [[String]], indent: String = "") -> String {
    guard let heading = rows.first else { return "" }
    let widths = heading.indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.enumerated().map { index, row in
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      let line = cells.joined(separator: "  ")
      let trimmed = String(line.reversed().drop { $0 == " " }.reversed())
      return indent + (index == 0 ? self.styled(trimmed, .bold) : trimmed)
    }.joined(separator: "\n")
  }
}
