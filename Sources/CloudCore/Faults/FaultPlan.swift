/// The grants at the token endpoint, as faults name them.
package enum GrantName: String, Sendable, CaseIterable, Codable {
  case refreshToken = "refresh_token"
  case authorizationCode = "authorization_code"
  case deviceCode = "device_code"
  case pairing
  case relink
}

/// What a token request is about, as far as it can be told before it is answered.
package struct TokenRequestSubject: Equatable, Sendable {
  package let grant: GrantName
  package let device: DeviceID?
  package let accountEmail: EmailAddress?

  package init(grant: GrantName, device: DeviceID?, accountEmail: EmailAddress?) {
    self.grant = grant
    self.device = device
    self.accountEmail = accountEmail
  }
}

/// Which token requests lose their connection; `docs/protocol.md`, FAULT.
package struct FaultRule: Equatable, Sendable {
  package enum Phase: String, Sendable, CaseIterable, Codable {
    /// Nothing happens.
    case beforeCommit = "before_commit"
    /// It happens, and the client never hears of it.
    case afterCommit = "after_commit"
  }

  package let id: UInt64
  package let grant: GrantName
  /// The device's id; any device when nil, and none for text that is no id.
  package let deviceText: String?
  /// Any account when nil.
  package let accountEmail: EmailAddress?
  package let phase: Phase
  /// How many matching requests go unharmed first.
  package let skip: UInt32
  /// How many are harmed after that.
  package let count: UInt32
  /// How many matching requests there were.
  package internal(set) var matched: UInt64
  /// How many were harmed.
  package internal(set) var fired: UInt32
}

package enum FaultDecision: Equatable, Sendable {
  case none
  case closeBeforeCommit
  case closeAfterCommit
}

/// The faults in force, in the order in which they were added. A pure value; the driver keeps it.
package struct FaultPlan: Equatable, Sendable {
  package private(set) var rules: [FaultRule] = []
  private var nextID: UInt64 = 1

  package init() {}

  /// Adds a rule.
  ///
  /// - Returns: The rule with its id, for the answer.
  package mutating func add(
    grant: GrantName, device: DeviceID?, accountEmail: EmailAddress?, phase: FaultRule.Phase,
    skip: UInt32 = 0, count: UInt32 = 1
  ) -> FaultRule {
    self.add(
      grant: grant, deviceText: device?.text, accountEmail: accountEmail, phase: phase, skip: skip,
      count: count)
  }

  /// Adds a rule for a device that a person has named.
  package mutating func add(
    grant: GrantName, deviceText: String?, accountEmail: EmailAddress?, phase: FaultRule.Phase,
    skip: UInt32 = 0, count: UInt32 = 1
  ) -> FaultRule {
    let rule = FaultRule(
      id: self.nextID, grant: grant, deviceText: deviceText, accountEmail: accountEmail,
      phase: phase,
      skip: skip, count: count, matched: 0, fired: 0)
    self.rules.append(rule)
    self.nextID += 1
    return rule
  }

  package mutating func removeAll() {
    self.rules = []
  }

  /// Counts the request in every rule that it matches; the first rule whose turn has come fires.
  package mutating func decide(_ subject: TokenRequestSubject) -> FaultDecision {
    var decision = FaultDecision.none
    for index in self.rules.indices where self.rules[index].matches(subject) {
      self.rules[index].matched += 1
      guard decision == .none, self.rules[index].isDue else { continue }
      self.rules[index].fired += 1
      switch self.rules[index].phase {
      case .beforeCommit: decision = .closeBeforeCommit
      case .afterCommit: decision = .closeAfterCommit
      }
    }
    return decision
  }
}

extension FaultRule {
  fileprivate func matches(_ subject: TokenRequestSubject) -> Bool {
    self.grant == subject.grant
      && (self.deviceText == nil || self.deviceText == subject.device?.text)
      && (self.accountEmail == nil || self.accountEmail == subject.accountEmail)
  }

  fileprivate var isDue: Bool { self.matched > UInt64(self.skip) && self.fired < self.count }
}
