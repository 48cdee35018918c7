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

/// What the logouts of the scope `issuedBefore` come to, all of them together. Neither number ever
/// falls: several combine by the latest time.
package struct CutOff: Equatable, Sendable {
  /// How many such logouts there were.
  package let epoch: UInt64
  /// What was minted earlier is dead.
  package let before: UnixMilliseconds

  package init(epoch: UInt64, before: UnixMilliseconds) {
    self.epoch = epoch
    self.before = before
  }

  package static let none = CutOff(epoch: 0, before: UnixMilliseconds(0))

  /// Whether a token is dead. One that was minted after the last of the logouts never is, whatever
  /// the clock said then: a clock that jumped back must not make tokens that are dead at birth.
  package func kills(_ mark: MintMark) -> Bool {
    mark.cutOffs != self.epoch
      && (isPlanted(.issuedBeforeWrongSide) ? mark.at >= self.before : mark.at < self.before)
  }

  /// After one more logout.
  package func raised(to before: UnixMilliseconds) -> CutOff {
    CutOff(
      epoch: self.epoch + 1,
      before: isPlanted(.issuedBeforeTakenBack) ? before : max(self.before, before))
  }
}
