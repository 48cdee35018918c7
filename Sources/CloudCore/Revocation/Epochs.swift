import DeviceProtocol

/// Whose epochs bind a token.
package struct EpochSubject: Equatable, Hashable, Sendable {
  package let kind: ClientKind
  /// Its region's epoch binds too.
  package let account: AccountID
  /// Of an app's token none: its device epoch reads 0.
  package let device: DeviceID?
  /// Of what belongs to no session yet none: its session epoch reads 0.
  package let session: SessionID?

  package init(kind: ClientKind, account: AccountID, device: DeviceID?, session: SessionID?) {
    self.kind = kind
    self.account = account
    self.device = device
    self.session = session
  }
}

extension EpochReading {
  package func epoch(of scope: RevocationScope) -> UInt64 {
    switch scope {
    case .everyone: self.everyone
    case .issuedBefore: self.issuedBefore
    case .kind: self.kind
    case .region: self.region
    case .account: self.account
    case .device: self.device
    case .session: self.session
    }
  }
}

extension StoreReader {
  /// Broadest first.
  package func scopes(of subject: EpochSubject) throws -> [RevocationScope] {
    let region = try self.account(subject.account)?.region
    return [
      .everyone, .issuedBefore, .kind(subject.kind), region.map(RevocationScope.region),
      .account(subject.account), subject.device.map(RevocationScope.device),
      subject.session.map(RevocationScope.session),
    ].compactMap { $0 }
  }

  /// Why a token that was minted under this reading is logged out, or nil if it is not: of several
  /// logouts that cover it the first killed it.
  ///
  /// - Parameter mintedAt: By the clock; the reading says after how many cut-offs.
  func logoutRefusal(
    of reading: EpochReading, mintedAt: UnixMilliseconds, for subject: EpochSubject
  ) throws -> TokenRefusal? {
    let present = try self.epochs(for: subject)
    let reading = reading.withPlantedBugs(present)
    // Compared for equality, never for order: a moved epoch is dead whatever the direction.
    guard present != reading else { return nil }
    var isLoggedOut = !present.isSameButForCutOffs(as: reading)
    var killers: [AuditEntry] = []
    for scope in try self.scopes(of: subject) {
      let epoch = reading.epoch(of: scope)
      guard present.epoch(of: scope) != epoch else { continue }
      guard case .issuedBefore = scope else {
        if let killer = try self.firstLogout(of: scope, after: epoch) { killers.append(killer) }
        continue
      }
      let mark = MintMark(at: mintedAt, cutOffs: epoch)
      guard try self.cutOffs().kills(mark) else { continue }
      isLoggedOut = true
      if let killer = try self.cutOffLogout(thatReached: mark) { killers.append(killer) }
    }
    guard isLoggedOut else { return nil }
    return .loggedOut(killers.first(after: mintedAt))
  }

  /// Whether nothing that was minted under this reading is logged out; as `logoutRefusal`, for
  /// who needs no more.
  func isCurrent(
    _ reading: EpochReading, mintedAt: UnixMilliseconds, for subject: EpochSubject
  ) throws -> Bool {
    let present = try self.epochs(for: subject)
    if present == reading { return true }
    guard present.isSameButForCutOffs(as: reading) else { return false }
    return try !self.cutOffs().kills(MintMark(at: mintedAt, cutOffs: reading.issuedBefore))
  }

  /// Whether no forced logout has hit the session: its live refresh token would be taken.
  package func isLoggedIn(_ session: Session) throws -> Bool {
    try self.isCurrent(
      session.epochs, mintedAt: session.liveMintedAt, for: session.epochSubject)
  }

  /// Whether forced logouts may have left any token of the session: a logout by time may have hit its
  /// live refresh token, and not the access token that a repeated answer gave later.
  func mayHaveTokens(_ session: Session) throws -> Bool {
    try self.isCurrent(
      session.epochs, mintedAt: UnixMilliseconds(CutOff.whenever.value - 1),
      for: session.epochSubject)
  }
}

extension [AuditEntry] {
  /// - Parameter mintedAt: Of the token that they cover.
  fileprivate func first(after mintedAt: UnixMilliseconds) -> LogoutRecord? {
    // An account that was moved is logged out by that, and finds logouts of its new region that came
    // before the token.
    let others = self.filter { entry in
      if case .region = entry.logout.scope { entry.logout.at >= mintedAt } else { true }
    }
    return (others.isEmpty ? self : others).min { $0.sequence < $1.sequence }?.logout
  }
}

extension EpochReading {
  fileprivate func isSameButForCutOffs(as other: EpochReading) -> Bool {
    var copy = self
    copy.issuedBefore = other.issuedBefore
    return copy == other
  }
}
