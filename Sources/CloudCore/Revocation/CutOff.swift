package import DeviceProtocol

/// When a token was minted: by the clock, and after how many cut-offs.
package struct MintMark: Equatable, Sendable {
  package let at: UnixMilliseconds
  /// The epoch of `RevocationScope.issuedBefore` at that time.
  package let cutOffs: UInt64

  package init(at: UnixMilliseconds, cutOffs: UInt64) {
    self.at = at
    self.cutOffs = cutOffs
  }
}

/// A logout of the scope `issuedBefore`: what was minted before it, by the count of such logouts, and
/// earlier than its time, by the clock, is dead.
package struct CutOff: Hashable, Sendable {
  /// Which of them it is.
  package let epoch: UInt64
  package let before: UnixMilliseconds

  package init(epoch: UInt64, before: UnixMilliseconds) {
    self.epoch = epoch
    self.before = before
  }

  /// Later than any minting: the count alone decides, whatever the clock said. The greatest number
  /// that a database keeps.
  package static let whenever = UnixMilliseconds(UInt64(Int64.max))
}

/// The logouts of the scope `issuedBefore`. Kept are those alone that no later one reaches back as far
/// as: epochs rise from one to the next, and times fall.
package struct CutOffs: Equatable, Sendable {
  package private(set) var steps: [CutOff] = []

  package init() {}

  package init(_ steps: some Sequence<CutOff>) { for step in steps { self.add(step) } }

  /// Of the last of them; 0 before the first.
  package var epoch: UInt64 { self.steps.last?.epoch ?? 0 }

  /// Whether a token is dead. One that was minted after the last of the logouts never is, whatever
  /// the clock said then: a clock that jumped back must not make tokens that are dead at birth.
  package func kills(_ mark: MintMark) -> Bool {
    // The first that followed the minting reaches back the farthest of those that did.
    self.steps.first { $0.epoch > mark.cutOffs }.map {
      isPlanted(.issuedBeforeWrongSide) ? mark.at >= $0.before : mark.at < $0.before
    } ?? false
  }

  /// In whatever order, and each as often as one likes.
  package mutating func add(_ cutOff: CutOff) {
    func covers(_ later: CutOff, _ earlier: CutOff) -> Bool {
      later.epoch >= earlier.epoch && later.before >= earlier.before
    }
    if isPlanted(.issuedBeforeTakenBack) {
      self.steps = [cutOff]
      return
    }
    if self.steps.contains(where: { covers($0, cutOff) }) { return }
    self.steps.removeAll { covers(cutOff, $0) }
    let index = self.steps.firstIndex { $0.epoch > cutOff.epoch } ?? self.steps.count
    self.steps.insert(cutOff, at: index)
  }
}

/// How far back a logout of the scope `issuedBefore` is to reach.
package struct CutOffTime: Equatable, Sendable {
  /// What is said of it: what was minted before this is dead.
  package let shown: UnixMilliseconds
  /// What it is judged by.
  package let before: UnixMilliseconds

  static func at(_ time: UnixMilliseconds) -> CutOffTime { CutOffTime(shown: time, before: time) }

  /// Whatever was minted before this logout, also while the clock was ahead. Shown as the next
  /// millisecond, which takes in all of this one.
  static func now(_ now: UnixMilliseconds) -> CutOffTime {
    CutOffTime(shown: now.adding(milliseconds: 1), before: CutOff.whenever)
  }
}

extension LogoutRecord {
  /// Whether this logout of the scope `issuedBefore`, which followed the minting, reached back to
  /// it. The database decides alike (`SQLiteTransaction.cutOffLogout`).
  func reached(_ mark: MintMark) -> Bool {
    // A time to come is `now`, and has no other end than the count: no other logout is let have one.
    self.before.map { mark.at < $0 || self.at < $0 } ?? false
  }
}
