/// The simulation's one source of chance (SplitMix64, Steele, Lea, Flood, OOPSLA 2014).
///
/// Each part of a world has a stream of its own, derived from the run's seed: when a step is taken
/// out of a scenario, what chance does to the others stays the same, and a failure can be shrunk.
package struct SeededRandom: RandomNumberGenerator, Equatable, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { self.state = Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15) }

  /// The stream of one part, such as the 7th device's network.
  package init(seed: UInt64, stream: Stream, index: Int = 0) {
    self.init(
      seed: Self.mixed(seed) ^ Self.mixed(UInt64(stream.rawValue) << 48 ^ UInt64(index) &+ 1))
  }

  /// The stream of somebody by name: it stays the same when others are taken out of a scenario.
  package init(seed: UInt64, stream: Stream, name: String) {
    // FNV-1a, 64 bits.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    self.init(seed: seed ^ Self.mixed(hash), stream: stream)
  }

  package enum Stream: UInt16, Sendable {
    case plan, cloud, device, deviceNetwork, app, thief, identity, flash
  }

  package mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(self.state)
  }

  /// From 0 up to, but without, the limit; 0 for a limit below 1.
  package mutating func number(below limit: Int) -> Int {
    guard limit > 1 else { return 0 }
    return Int(self.next().multipliedFullWidth(by: UInt64(limit)).high)
  }

  package mutating func number(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + self.number(below: range.count)
  }

  /// True for so many of a thousand.
  package mutating func chance(permille: Int) -> Bool {
    permille > 0 && self.number(below: 1_000) < permille
  }

  package mutating func element<Element>(of elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[self.number(below: elements.count)]
  }

  private static func mixed(_ number: UInt64) -> UInt64 {
    var mixed = number
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
