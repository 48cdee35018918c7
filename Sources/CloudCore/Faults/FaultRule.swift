/// A fault in force.
package struct FaultRule: Equatable, Sendable {
  package let id: UInt64
  package let specification: FaultSpecification
  /// Of its generator.
  package let seed: UInt64
  /// How many requests, or connections, matched.
  package private(set) var matched: UInt64 = 0
  /// How many of them it struck.
  package private(set) var fired: UInt64 = 0
  private var generator: FaultGenerator

  init(id: UInt64, specification: FaultSpecification) {
    self.id = id
    self.specification = specification
    self.seed = specification.turn.seed ?? id
    self.generator = FaultGenerator(state: self.seed)
  }

  /// Counts a request that matches.
  ///
  /// - Parameter canFire: Whether no other rule has struck it.
  /// - Returns: Whether this one does.
  mutating func meet(canFire: Bool) -> Bool {
    let turn = self.specification.turn
    self.matched += 1
    guard self.matched > turn.skip, (self.matched - turn.skip - 1) % turn.every == 0 else {
      return false
    }
    // Drawn for each whose turn it is, so that what other rules do does not move the rest.
    let isDrawn = turn.probability >= 1 || self.generator.nextShare() < turn.probability
    guard isDrawn, canFire, turn.count.map({ self.fired < $0 }) ?? true else { return false }
    self.fired += 1
    return true
  }

  func matches(_ subject: FaultSubject) -> Bool {
    let match = self.specification.match
    return self.specification.phase != .handshake
      && match.endpoint.map { $0.matches(method: subject.method, path: subject.path) } ?? true
      && (match.grant == nil || match.grant == subject.grant)
      && (match.clientID == nil || match.clientID == subject.clientID)
      && (match.kind == nil || match.kind == subject.kind)
      && (match.device == nil || match.device == subject.device)
      && (match.accountEmail == nil || match.accountEmail == subject.accountEmail)
      && (match.address == nil || match.address == subject.address)
  }

  /// - Parameter serverName: Lower case.
  func matches(address: String, serverName: String?) -> Bool {
    let match = self.specification.match
    return self.specification.phase == .handshake
      && (match.address == nil || match.address == address)
      && (match.serverName == nil || match.serverName == serverName)
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"): a
/// small generator whose numbers are the same on every machine.
struct FaultGenerator: Equatable, Sendable {
  var state: UInt64

  mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = self.state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// From 0 to, and without, 1: the upper 53 bits, which a `Double` holds exactly.
  mutating func nextShare() -> Double { Double(self.next() >> 11) / Double(1 << 53) }
}
