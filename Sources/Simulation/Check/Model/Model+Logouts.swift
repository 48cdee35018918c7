package import CloudCore
package import DeviceProtocol

// A logout marks what it covers row by row, where the cloud compares epochs.

extension Model {
  /// The operator's logout was answered: it hits all that it covers, and is refused where it names
  /// nobody, or a time to come.
  package mutating func loggedOut(
    _ target: LogoutTarget, answeredBy outcome: LogoutOutcome, at now: UnixMilliseconds
  ) -> Violation? {
    // What the cloud may have forgotten is known to it or not.
    let isKnown = self.knows(target)
    let isEither = self.mayBeForgotten(target)
    let isToCome = if case .issuedBefore(let before?) = target { before > now } else { false }
    var seen: String?
    switch outcome {
    case .loggedOut(let record):
      let count = UInt64(self.loggedOut(target, at: now))
      if !isKnown, !isEither {
        seen = "its logout was acknowledged, and there is nobody of that name"
      } else if isToCome {
        seen = "its logout was acknowledged, and the time is to come"
      } else if let told = record.sessionCount, told != count {
        seen = "its logout ended \(count) live sessions, and \(told) by the cloud's count"
      }
    case .unknownTarget:
      if isKnown, !isEither { seen = "its logout was refused, as of what nobody knows" }
    case .timeToCome:
      if !isToCome { seen = "its logout was refused, as by a time to come" }
    }
    return seen.map { Violation(rule: 1, seen: $0) }
  }

  /// The operator's logout was acknowledged.
  ///
  /// - Parameter now: By the cloud's clock.
  /// - Returns: How many live sessions it ended.
  @discardableResult
  package mutating func loggedOut(_ target: LogoutTarget, at now: UnixMilliseconds) -> Int {
    var account: AccountID?
    switch target {
    case .issuedBefore(let before):
      // Without a time it hits all that there is, also what was minted while the clock was ahead.
      return self.loggedOut(before: before ?? UnixMilliseconds(.max), at: now)
    case .account(let email): account = self.accountsByEmail[Self.folded(email.text)]
    case .everyone, .kind, .region, .device, .session: break
    }
    var count = 0
    for index in self.sessions.indices {
      let session = self.sessions[index]
      let isCovered =
        switch target {
        case .everyone: true
        case .issuedBefore: false
        case .kind(let kind): session.kind == kind
        case .region(let region): self.accounts[session.account]?.region == region
        case .account: session.account == account
        case .device(let device): session.device == device
        case .session(let id): self.sessionsByID[id] == index
        }
      guard isCovered else { continue }
      if self.isAlive(index, at: now) { count += 1 }
      self.sessions[index].isLoggedOut = true
    }
    switch target {
    case .everyone, .kind(.app): self.logOutCodes { _ in true }
    case .account: self.logOutCodes { $0.account == account }
    case .region(let region):
      let accounts = self.accounts
      self.logOutCodes { accounts[$0.account]?.region == region }
    case .issuedBefore, .kind, .device, .session: break
    }
    return count
  }

  /// The operator's logout of a list was answered: it hits all on it; or, unless those that nobody
  /// knows were to be skipped, nobody if there is any of them.
  ///
  /// - Parameters:
  ///   - list: Nil: what names nobody.
  ///   - unknown: The indices of those that nobody knows, by the answer.
  package mutating func loggedOut(
    _ list: [LogoutTarget?], skippingUnknown: Bool, unknown: [Int], at now: UnixMilliseconds
  ) -> Violation? {
    for (index, target) in list.enumerated() {
      let isKnown = target.map { self.knows($0) } ?? false
      // What the cloud may have forgotten is known to it or not.
      guard isKnown == unknown.contains(index), !self.mayBeForgotten(target) else { continue }
      return Violation(
        rule: 1,
        seen:
          "entry \(index + 1) of a list of logouts was \(isKnown ? "not known" : "known to the cloud")"
      )
    }
    guard unknown.isEmpty || skippingUnknown else { return nil }
    for (index, target) in list.enumerated() where !unknown.contains(index) {
      if let target { self.loggedOut(target, at: now) }
    }
    return nil
  }

  private func mayBeForgotten(_ target: LogoutTarget?) -> Bool {
    guard case .session(let id)? = target, let index = self.sessionsByID[id] else { return false }
    return self.sessions[index].mayBeLost
  }

  /// Whether there is anybody of this name.
  private func knows(_ target: LogoutTarget) -> Bool {
    switch target {
    case .everyone, .issuedBefore, .kind: true
    case .region(let region): self.accounts.values.contains { $0.region == region }
    case .account(let email): self.accountsByEmail[Self.folded(email.text)] != nil
    case .device(let device): self.devices[device] != nil
    case .session(let id): self.sessionsByID[id] != nil
    }
  }

  /// Kills each token that there is and that was minted before a time.
  private mutating func loggedOut(before cutOff: UnixMilliseconds, at now: UnixMilliseconds) -> Int
  {
    self.accessTokens.changeAll { if $0.issuedAt < cutOff { $0.isCutOff = true } }
    self.refreshTokens.changeAll { if $0.mintedAt < cutOff { $0.isCutOff = true } }
    self.logOutCodes { $0.issuedAt < cutOff }
    // Each by itself: the order does not matter.
    for (text, row) in self.pairingTokens where row.issuedAt < cutOff {
      self.pairingTokens[text]?.isCutOff = true
    }
    var count = 0
    for index in self.sessions.indices {
      guard let live = self.sessions[index].refreshTokens.last,
        self.refreshTokens[live]?.isCutOff == true
      else { continue }
      if self.isAlive(index, at: now) { count += 1 }
      self.sessions[index].isCutOff = true
    }
    return count
  }

  /// As `loggedOut(.session)`, for a session whose id nobody has seen.
  package mutating func loggedOut(sessionOfRefreshToken token: String) {
    guard let index = self.refreshTokens[token]?.session else { return }
    self.sessions[index].isLoggedOut = true
  }

  /// Every session there is has been logged out, and the cloud may not even know all of them.
  package mutating func everySessionIsDead() {
    for index in self.sessions.indices {
      self.sessions[index].isLoggedOut = true
      self.sessions[index].mayBeLost = true
    }
    self.logOutCodes { _ in true }
  }

  /// The cloud's database was replaced by a copy, and then everybody logged out: accounts, devices
  /// and recordings are those of the copy, while tokens that were given since stay known as dead.
  ///
  /// - Parameter copy: This model as it was when the copy was made.
  package mutating func restored(from copy: Model) {
    self.accounts = copy.accounts
    self.accountsByEmail = copy.accountsByEmail
    self.devices = copy.devices
    self.codes = copy.codes
    self.pairingTokens = copy.pairingTokens
    self.sweeps = copy.sweeps
    self.everySessionIsDead()
  }

  private mutating func logOutCodes(where isCovered: (CodeRow) -> Bool) {
    // Each by itself: the order does not matter.
    for (code, row) in self.codes where isCovered(row) { self.codes[code]?.isLoggedOut = true }
  }
}
