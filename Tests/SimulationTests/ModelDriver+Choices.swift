import CloudCore

/// Which, out of many.
extension ModelDriver {
  mutating func rarely() -> Bool { Int.random(in: 0..<12, using: &self.random) == 0 }

  mutating func someDevice() -> UInt8 { UInt8.random(in: 1...4, using: &self.random) }

  mutating func someKind() -> ClientKind {
    [.app, .camera, .scale][Int.random(in: 0..<3, using: &self.random)]
  }

  /// The newest ones more often than the others.
  mutating func recent(_ count: Int) -> Int {
    var place = count - 1
    while place > 0, Int.random(in: 0..<5, using: &self.random) < 3 { place -= 1 }
    return self.rarely() ? Int.random(in: 0..<count, using: &self.random) : place
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[self.recent(elements.count)]
  }

  mutating func certificate(for token: Token) -> UInt8? {
    switch Int.random(in: 0..<12, using: &self.random) {
    case 0: nil
    case 1: self.someDevice()
    default: token.device
    }
  }

  mutating func garbled(_ text: String) -> String {
    self.rarely() && self.rarely() ? text + "0" : text
  }
}
