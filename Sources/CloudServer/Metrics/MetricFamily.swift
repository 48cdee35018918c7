import Synchronization

/// A counter for each combination of its labels' values, of which there are few.
final class CounterFamily: Sendable {
  private let name: String
  private let help: String
  private let labels: [String]
  private let values = Mutex<[[String]: UInt64]>([:])

  /// - Parameter name: Ends with `_total`.
  init(_ name: String, labels: [String] = [], help: String) {
    self.name = name
    self.help = help
    self.labels = labels
  }

  /// - Parameter values: Of the labels, in their order.
  func increment(_ values: String...) {
    precondition(values.count == self.labels.count, "a value for each label of \(self.name)")
    self.values.withLock { $0[values, default: 0] += 1 }
  }

  func write(to text: inout MetricText) {
    text.begin(self.name, .counter, self.help)
    for (key, value) in self.values.withLock({ $0 }).sorted(by: {
      $0.key.lexicographicallyPrecedes($1.key)
    }) {
      text.sample(self.name, Array(zip(self.labels, key)).map { ($0, $1) }, Double(value))
    }
    // A counter without labels is there from the start.
    if self.labels.isEmpty, self.values.withLock({ $0.isEmpty }) { text.sample(self.name, [], 0) }
  }
}

/// Counts values by how large they are.
struct Histogram: Equatable, Sendable {
  /// The buckets' upper bounds, ascending; one more takes what is larger.
  let bounds: [Double]
  private var counts: [UInt64]
  private var sum = 0.0

  init(bounds: [Double]) {
    self.bounds = bounds
    self.counts = Array(repeating: 0, count: bounds.count + 1)
  }

  mutating func record(_ value: Double) {
    // Few, and small values are the usual ones.
    let index = self.bounds.firstIndex { value <= $0 } ?? self.bounds.count
    self.counts[index] += 1
    self.sum += value
  }

  /// - Parameter labels: Before `le`.
  func write(
    _ name: String, _ labels: [(name: String, value: String)], to text: inout MetricText
  ) {
    var total: UInt64 = 0
    for (bound, count) in zip(self.bounds + [.infinity], self.counts) {
      total += count
      text.sample(
        name + "_bucket", labels + [("le", MetricText.number(bound))], Double(total))
    }
    text.sample(name + "_sum", labels, self.sum)
    text.sample(name + "_count", labels, Double(total))
  }
}

extension Duration {
  var inSeconds: Double { self / .seconds(1) }
}
