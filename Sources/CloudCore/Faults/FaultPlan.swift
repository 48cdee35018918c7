package import DeviceProtocol

/// The faults in force, in the order in which they were added, and what they did. A pure value; the
/// driver keeps it.
package struct FaultPlan: Equatable, Sendable {
  package static let maximumRuleCount = 1_000

  package private(set) var rules: [FaultRule] = []
  package private(set) var firings = FaultFirings()
  private var nextID: UInt64 = 1

  package init() {}

  /// Adds a rule that was checked.
  ///
  /// - Returns: The rule with its id, for the answer; nil when there are too many.
  package mutating func add(_ specification: FaultSpecification) -> FaultRule? {
    guard self.rules.count < Self.maximumRuleCount else { return nil }
    let rule = FaultRule(id: self.nextID, specification: specification)
    self.rules.append(rule)
    self.nextID += 1
    return rule
  }

  package subscript(_ id: UInt64) -> FaultRule? { self.rules.first { $0.id == id } }

  /// - Returns: False when there is none.
  package mutating func remove(_ id: UInt64) -> Bool {
    guard let index = self.rules.firstIndex(where: { $0.id == id }) else { return false }
    self.rules.remove(at: index)
    return true
  }

  /// What they did is kept, and ids are not given again.
  package mutating func removeAll() {
    self.rules = []
  }

  /// Takes the rules that there were earlier in this run, as far as each had come. What was done since is
  /// kept, and ids are not given again.
  package mutating func restore(_ rules: [FaultRule]) {
    self.rules = rules
  }

  package var hasRequestRules: Bool {
    self.rules.contains { $0.specification.phase != .handshake }
  }

  package var hasConnectionRules: Bool {
    self.rules.contains { $0.specification.phase == .handshake }
  }

  /// Counts a request in every rule that it matches; the first rule whose turn has come fires, and
  /// its firing is noted as under way.
  ///
  /// - Parameter shownPath: What is kept of the subject's path, which may be anything, also a secret in
  ///   the wrong place; all of it when nil.
  package mutating func decide(
    _ subject: FaultSubject, shownPath: String? = nil, at now: UnixMilliseconds
  ) -> FaultFiring? {
    let fired = self.meet { $0.matches(subject) }
    var shown = subject
    if let shownPath { shown.path = shownPath }
    return fired.map { self.firings.begin($0, .request(shown), at: now) }
  }

  /// As `decide`, of a connection whose TLS is about to be made.
  ///
  /// - Parameter serverName: What it asks for, if it does; lower case.
  package mutating func decideConnection(
    address: String, serverName: String?, at now: UnixMilliseconds
  ) -> FaultFiring? {
    let fired = self.meet { $0.matches(address: address, serverName: serverName) }
    return fired.map {
      self.firings.begin($0, .connection(address: address, serverName: serverName), at: now)
    }
  }

  /// Notes what came of a firing.
  package mutating func end(_ firing: UInt64, _ outcome: FaultFiring.Outcome) {
    self.firings.end(firing, outcome)
  }

  private mutating func meet(_ matches: (FaultRule) -> Bool) -> FaultRule? {
    var fired: FaultRule?
    for index in self.rules.indices where matches(self.rules[index]) {
      if self.rules[index].meet(canFire: fired == nil) { fired = self.rules[index] }
    }
    return fired
  }
}
