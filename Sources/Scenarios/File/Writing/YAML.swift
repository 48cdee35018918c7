/// A piece of a scenario file that is to be written.
enum YAML: Equatable, Sendable {
  case scalar(String)
  case list([YAML])
  case mapping([Member])

  struct Member: Equatable, Sendable {
    let key: String
    let value: YAML
  }

  init(_ text: String) { self = .scalar(text) }
  init(_ number: Int) { self = .scalar("\(number)") }
  init(_ truth: Bool) { self = .scalar("\(truth)") }
  init(_ duration: Duration) { self = .scalar(DurationText.text(of: duration)) }

  /// Without the members that are nil.
  static func mapping(_ members: KeyValuePairs<String, YAML?>) -> YAML {
    .mapping(self.members(members))
  }

  static func members(_ members: KeyValuePairs<String, YAML?>) -> [Member] {
    members.compactMap { key, value in value.map { Member(key: key, value: $0) } }
  }

  /// A scalar's, unquoted.
  var plainText: String? {
    guard case .scalar(let text) = self else { return nil }
    return text
  }

  /// On one line.
  var flow: String {
    switch self {
    case .scalar(let text): YAMLText.quoted(text)
    case .list(let items): "[" + items.map(\.flow).joined(separator: ", ") + "]"
    case .mapping(let members):
      "{ " + members.map { "\($0.key): \($0.value.flow)" }.joined(separator: ", ") + " }"
    }
  }
}

enum YAMLText {
  /// As it is where YAML takes it so everywhere, else in double quotes.
  static func quoted(_ text: String) -> String {
    let isPlain =
      text.utf8.contains { $0.isOfPlainStart && $0 != UInt8(ascii: "-") }
      && text.utf8.first?.isOfPlainStart == true && !text.hasPrefix("--")
      && text.utf8.allSatisfy(\.isOfPlain)
    return isPlain ? text : "\"" + text.unicodeScalars.map(Self.escaped).joined() + "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case " ": return " "
    // Told from the marks of anchors and aliases, which the reader looks for before it parses.
    case "&", "*": return "\\x" + Self.hexadecimal(scalar, digits: 2)
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      return scalar.value <= 0xFFFF
        ? "\\u" + Self.hexadecimal(scalar, digits: 4)
        : "\\U" + Self.hexadecimal(scalar, digits: 8)
    default: return String(scalar)
    }
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar, digits: Int) -> String {
    let text = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

extension UInt8 {
  fileprivate var isOfPlainStart: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  fileprivate var isOfPlain: Bool {
    switch self {
    case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"): true
    default: self.isOfPlainStart
    }
  }
}
