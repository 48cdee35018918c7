package import CloudCore
import DeviceProtocol

extension Model {
  /// The operator's logout was acknowledged.
  ///
  /// - Returns: How many live sessions it ended.
  @discardableResult
  package mutating func loggedOut(_ target: LogoutTarget) -> Int {
    var account: AccountID?
    if case .account(let email) = target { account = self.accountsByEmail[Self.folded(email.text)] }
    var count = 0
    for index in self.sessions.indices {
      let session = self.sessions[index]
      let isCovered =
        switch target {
        // The simulation orders neither for a time that has passed, nor moves anybody.
        case .everyone, .issuedBefore, .region: true
        case .kind(let kind): session.kind == kind
        case .account: session.account == account
        case .device(let device): session.device == device
        case .session(let id): self.sessionsByID[id] == index
        }
      if isCovered, self.logOut(index) { count += 1 }
    }
    switch target {
    case .everyone, .issuedBefore, .region, .kind(.app): self.logOutCodes { _ in true }
    case .account: self.logOutCodes { $0.account == account }
    case .kind, .device, .session: break
    }
    return count
  }

  /// As `loggedOut(.session)`, for a session whose id nobody has seen.
  package mutating func loggedOut(sessionOfRefreshToken token: String) {
    guard let index = self.refreshTokens[token]?.session else { return }
    _ = self.logOut(index)
  }

  /// Every session there is has been logged out, and the cloud may not even know all of them.
  package mutating func everySessionIsDead() {
    for index in self.sessions.indices {
      self.sessions[index].isLoggedOut = true
      self.sessions[index].mayBeLost = true
    }
    self.logOutCodes { _ in true }
    self.liveCounts = [:]
    for id in self.accounts.keys { self.accounts[id]?.liveAppCount = 0 }
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

  /// - Returns: Whether it was alive.
  private mutating func logOut(_ index: Int) -> Bool {
    let wasAlive = self.sessions[index].isAlive
    self.sessions[index].isLoggedOut = true
    if wasAlive { self.countDeath(of: index) }
    return wasAlive
  }

  private mutating func logOutCodes(where isCovered: (CodeRow) -> Bool) {
    // Each by itself: the order does not matter.
    for (code, row) in self.codes where isCovered(row) { self.codes[code]?.isLoggedOut = true }
  }

  mutating func end(_ index: Int?, as end: End) {
    guard let index, self.sessions[index].end == nil else { return }
    let wasAlive = self.sessions[index].isAlive
    self.sessions[index].end = end
    if wasAlive { self.countDeath(of: index) }
  }

  private mutating func countDeath(of index: Int) {
    let session = self.sessions[index]
    self.liveCounts[session.kind, default: 0] -= 1
    if session.kind == .app { self.accounts[session.account]?.liveAppCount -= 1 }
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
        kind: holder.kind, account: holder.account, device: holder.device, refreshTokens: [],
        rotatedAt: now))
    try self.checkHolder(of: grant, is: holder)
    if let id = grant.session {
      guard self.sessionsByID.updateValue(index, forKey: id) == nil else {
        throw self.violation(2, "was given a session that there was before", index)
      }
    }
    try self.addRefreshToken(grant, to: index, at: now)
    try self.addAccessToken(grant, of: index, at: now)
    self.liveCounts[holder.kind, default: 0] += 1
    if holder.kind == .app { self.accounts[holder.account]?.liveAppCount += 1 }
    return index
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
    let row = RefreshTokenRow(
      session: index, generation: self.sessions[index].refreshTokens.count)
    guard self.refreshTokens.updateValue(row, forKey: grant.refresh) == nil else {
      throw self.violation(2, "was given a refresh token that there was before", index)
    }
    self.sessions[index].refreshTokens.append(grant.refresh)
    self.sessions[index].rotatedAt = now
  }

  /// Takes an access token of the session's newest generation.
  mutating func addAccessToken(
    _ grant: Grant, of index: Int, at now: UnixMilliseconds
  ) throws(Violation) {
    let generation = self.sessions[index].refreshTokens.count - 1
    if let told = grant.generation, told != UInt64(generation) + 1 {
      throw self.violation(2, "was told a wrong count of rotations", index)
    }
    guard grant.expiresInSeconds == self.settings.accessTokenSeconds else {
      throw self.violation(1, "was given an access token of another lifetime", index)
    }
    let row = AccessTokenRow(
      session: index, generation: generation, issuedAt: now,
      expiresAt: Self.time(UInt64(grant.expiresInSeconds) * 1_000, after: now))
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
