import DeviceProtocol

/// JSON whose members keep their order, for files that people read.
indirect enum JSONText {
  case text(String)
  case number(Int)
  case truth(Bool)
  case list([JSONText])
  case object([(String, JSONText)])

  /// Two spaces for each level; short lists of plain values on one line.
  func pretty(indent: String = "") -> String {
    let deeper = indent + "  "
    switch self {
    case .text(let text):
      return String(decoding: JSONValue.string(Array(text.utf8)).bytes, as: UTF8.self)
    case .number(let number): return "\(number)"
    case .truth(let truth): return "\(truth)"
    case .list(let items) where items.allSatisfy(\.isPlain):
      return "[" + items.map { $0.pretty() }.joined(separator: ", ") + "]"
    case .list(let items):
      let lines = items.map { deeper + $0.pretty(indent: deeper) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
    case .object(let members) where members.isEmpty: return "{}"
    case .object(let members):
      let lines = members.map { name, value in
        deeper + JSONText.text(name).pretty() + ": " + value.pretty(indent: deeper)
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    }
  }

  private var isPlain: Bool {
    switch self {
    case .text, .number, .truth: true
    case .list, .object: false
    }
  }
}
