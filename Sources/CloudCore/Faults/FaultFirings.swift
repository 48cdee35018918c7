package import DeviceProtocol

/// One request or connection that a fault struck.
package struct FaultFiring: Equatable, Sendable {
  package enum Target: Equatable, Sendable {
    case request(FaultSubject)
    case connection(address: String, serverName: String?)
  }

  package enum Outcome: Equatable, Sendable {
    /// Not done yet.
    case underWay
    /// It struck; the peer was given this many bytes of the response, as HTTP, where they were
    /// counted.
    case struck(responseByteCount: UInt64?)
    /// The response had no such byte, or its peer was gone before.
    case missed(responseByteCount: UInt64?)
  }

  /// Counts all firings, from 1.
  package let id: UInt64
  package let rule: UInt64
  package let at: UnixMilliseconds
  package let target: Target
  package let specification: FaultSpecification
  package fileprivate(set) var outcome: Outcome
}

/// What faults did: the newest of it.
package struct FaultFirings: Equatable, Sendable {
  package static let maximumCount = 10_000

  private var kept: [FaultFiring] = []
  /// Where the oldest is, once `kept` is full.
  private var start = 0
  /// Of all there ever were.
  package private(set) var count: UInt64 = 0

  package var droppedCount: UInt64 { self.count - UInt64(self.kept.count) }

  mutating func begin(
    _ rule: FaultRule, _ target: FaultFiring.Target, at now: UnixMilliseconds
  ) -> FaultFiring {
    self.count += 1
    let firing = FaultFiring(
      id: self.count, rule: rule.id, at: now, target: target, specification: rule.specification,
      outcome: .underWay)
    if self.kept.count < Self.maximumCount {
      self.kept.append(firing)
    } else {
      self.kept[self.start] = firing
      self.start = (self.start + 1) % Self.maximumCount
    }
    return firing
  }

  mutating func end(_ id: UInt64, _ outcome: FaultFiring.Outcome) {
    guard id > self.droppedCount, id <= self.count else { return }
    self.kept[self.index(of: id)].outcome = outcome
  }

  /// From the oldest to the newest, at most `limit` of the newest.
  ///
  /// - Parameters:
  ///   - rule: Of this one only, if not nil.
  ///   - id: Those after this one.
  package func newest(
    _ limit: Int, of rule: UInt64? = nil, after id: UInt64 = 0
  ) -> [FaultFiring] {
    var found: [FaultFiring] = []
    var next = self.count
    while next > max(self.droppedCount, id), found.count < limit {
      let firing = self.kept[self.index(of: next)]
      if rule == nil || rule == firing.rule { found.append(firing) }
      next -= 1
    }
    return found.reversed()
  }

  private func index(of id: UInt64) -> Int {
    (self.start + Int(id - self.droppedCount - 1)) % max(self.kept.count, 1)
  }
}
