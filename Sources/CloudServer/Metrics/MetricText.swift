/// Writes Prometheus' text format, version 0.0.4.
struct MetricText {
  enum Kind: String {
    case counter, gauge, histogram
  }

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private(set) var text = ""

  /// Begins a metric; its samples follow.
  ///
  /// - Parameter help: One line.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    self.text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(
    _ name: String, _ labels: [(name: String, value: String)] = [], _ value: Double
  ) {
    self.text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
      self.text += "{\(pairs.joined(separator: ","))}"
    }
    self.text += " \(Self.number(value))\n"
  }

  /// Whole numbers without a fraction.
  static func number(_ value: Double) -> String {
    switch value {
    case .infinity: "+Inf"
    case -.infinity: "-Inf"
    case let value where value.isNaN: "NaN"
    case let value where value == value.rounded() && value.magnitude < 0x1p53: "\(Int64(value))"
    default: "\(value)"
    }
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
