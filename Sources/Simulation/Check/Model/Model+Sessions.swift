import CloudCore
import DeviceProtocol

extension Model {
  /// A session whose refresh tokens alone have ended can still end altogether.
  mutating func end(_ index: Int?, as end: End) {
    guard let index else { return }
    let former = self.sessions[index].end
    guard former == nil || (former == .spent && end != .spent) else { return }
    self.sessions[index].end = end
  }

  /// Tokens as they were answered.
  struct Grant {
    let access: String
    let refresh: String
    let expiresInSeconds: UInt32
    let account: AccountID
    let device: DeviceID?
    let session: SessionID?
    let generation: UInt64?

    init?(_ answer: ObservedAnswer) {
      guard
        case .tokens(
          let access, let refresh, let expires, let account, let device, let session,
          let generation) = answer
      else { return nil }
      self.access = access
      self.refresh = refresh
      self.expiresInSeconds = expires
      self.account = account
      self.device = device
      self.session = session
      self.generation = generation
    }
  }

  /// Whose tokens they must be.
  struct Holder {
    let kind: ClientKind
    let account: AccountID
    let device: DeviceID?
    /// Of "Always true", when the tokens are another account's.
    let rule: Int
  }

  /// Takes the tokens of a session that has just begun.
  ///
  /// - Returns: Its index.
  mutating func open(
    _ grant: Grant, for holder: Holder, at now: UnixMilliseconds
  ) throws(Violation) -> Int {
    let index = self.sessions.count
    self.sessions.append(
      SessionRow(
        kind: holder.kind, account: holder.account, device: holder.device, openedAt: now,
        refreshTokens: [], rotatedAt: now))
    self.forgetLongDead(of: holder.account, at: now)
    self.accounts[holder.account]?.sessions.append(index)
    try self.checkHolder(of: grant, is: holder)
    if let id = grant.session {
      guard self.sessionsByID.updateValue(index, forKey: id) == nil else {
        throw self.violation(2, "was given a session that there was before", index)
      }
    }
    try self.addRefreshToken(grant, to: index, at: now)
    try self.addAccessToken(grant, of: index, at: now)
    return index
  }

  /// With a new session the cloud forgets the account's that have been dead for 90 days.
  private mutating func forgetLongDead(of account: AccountID, at now: UnixMilliseconds) {
    for index in self.accounts[account]?.sessions ?? []
    where Self.time(90 * 86_400_000, after: self.sessions[index].rotatedAt) < now
      && !self.isAlive(index, at: now)
    {
      self.sessions[index].mayBeLost = true
    }
  }

  func checkHolder(of grant: Grant, is holder: Holder) throws(Violation) {
    let concerns = [
      holder.device?.text, self.email(holder.account), self.email(grant.account),
    ].compactMap { $0 }
    guard grant.account == holder.account else {
      throw Violation(
        rule: holder.rule, seen: "tokens of one account were given to another's client",
        concerns: concerns)
    }
    guard grant.device == holder.device else {
      throw Violation(
        rule: 11,
        seen: "the device is \(grant.device?.text ?? "none") by the answer, and "
          + "\(holder.device?.text ?? "none") by its certificate",
        concerns: concerns)
    }
  }

  /// Takes the session's next refresh token.
  mutating func addRefreshToken(
    _ grant: Grant, to index: Int, at now: UnixMilliseconds
  ) throws(Violation) {
    try self.know(
      grant, index, generation: self.sessions[index].refreshTokens.count, mintedAt: now)
    self.sessions[index].refreshTokens.append(grant.refresh)
    self.sessions[index].rotatedAt = now
  }

  /// Takes a refresh token in the place of the session's live one.
  mutating func replaceRefreshToken(
    _ grant: Grant, of index: Int, at now: UnixMilliseconds
  ) throws(Violation) {
    let newest = self.sessions[index].refreshTokens.count - 1
    try self.know(grant, index, generation: newest, mintedAt: now)
    self.refreshTokens.change(self.sessions[index].refreshTokens[newest]) {
      $0.isSuperseded = true
    }
    self.sessions[index].refreshTokens[newest] = grant.refresh
  }

  private mutating func know(
    _ grant: Grant, _ index: Int, generation: Int, mintedAt: UnixMilliseconds
  ) throws(Violation) {
    let row = RefreshTokenRow(session: index, generation: generation, mintedAt: mintedAt)
    guard self.refreshTokens.updateValue(row, forKey: grant.refresh) == nil else {
      throw self.violation(2, "was given a refresh token that there was before", index)
    }
    self.sessions[index].isCutOff = false
  }

  /// Takes an access token of the session's newest generation.
  mutating func addAccessToken(
    _ grant: Grant, of index: Int, at now: UnixMilliseconds
  ) throws(Violation) {
    let generation = self.sessions[index].refreshTokens.count - 1
    if let told = grant.generation, told != UInt64(generation) + 1 {
      throw self.violation(2, "was told a wrong count of rotations", index)
    }
    let full = Self.time(UInt64(self.settings.accessTokenSeconds) * 1_000, after: now)
    let expiresAt = min(full, self.endOfLife(ofSession: index) ?? full)
    guard UInt64(grant.expiresInSeconds) == (expiresAt.value - min(expiresAt, now).value) / 1_000
    else { throw self.violation(1, "was given an access token of another lifetime", index) }
    let row = AccessTokenRow(
      session: index, generation: generation, issuedAt: now, expiresAt: expiresAt)
    // The same text again says the same again: one that is asked for twice in a millisecond.
    let former = self.accessTokens.updateValue(row, forKey: grant.access)
    guard former == nil || former == row else {
      throw self.violation(1, "was given an access token that there was before", index)
    }
  }

  func violation(_ rule: Int, _ seen: String, _ index: Int) -> Violation {
    Violation(
      rule: rule, seen: "\(self.name(ofSession: index)) \(seen)",
      concerns: self.concerns(ofSession: index))
  }
}
