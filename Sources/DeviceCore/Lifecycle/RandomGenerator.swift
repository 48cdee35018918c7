/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): small, seeded, good enough for jitter, and no
/// source of secrets.
struct RandomGenerator {
  private var state: UInt64

  init(seed: UInt64) { self.state = seed }

  mutating func next() -> UInt64 {
    self.state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = self.state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// A number from 0 to `limit`, both included.
  mutating func number(upTo limit: UInt32) -> UInt32 {
    let scaled = (self.next() >> 32) * (UInt64(limit) + 1)
    return UInt32(truncatingIfNeeded: scaled >> 32)
  }
}
