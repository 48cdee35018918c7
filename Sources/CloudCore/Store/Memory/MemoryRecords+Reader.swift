import DeviceProtocol

extension MemoryRecords: StoreReader {
  func account(_ id: AccountID) -> Account? { self.tables.accounts[id] }

  func account(email: EmailAddress) -> Account? { self.tables.accounts[email] }

  func accountCount() -> UInt64 { UInt64(self.tables.accounts.count) }

  func hasAccount(in region: Region) -> Bool { self.tables.accounts.contains(region) }

  func session(_ id: SessionID) -> Session? { self.tables.sessions[id] }

  func state(of session: SessionID) -> SessionState? {
    var state = self.tables.sessions.state(of: session)
    if !self.tables.accessMarks.isEmpty, let record = self.tables.sessions[session] {
      state?.accessMark = self.tables.accessMarks.mark(of: record)
    }
    return state
  }

  func accessMark(of session: Session) -> UInt64 { self.tables.accessMarks.mark(of: session) }

  func history(of session: SessionID) -> [HistoryEntry] { self.tables.history[session] }

  func sessions(where filter: SessionFilter, after: SessionID?, limit: Int) -> [Session] {
    let matching =
      if let account = filter.account {
        self.sessions(of: account).filter { filter.includes($0) }
      } else {
        self.tables.sessions.all.filter { filter.includes($0) }
      }
    let later = after.map { after in matching.filter { $0.id > after } } ?? matching
    return Array(later.sorted { $0.id < $1.id }.prefix(limit))
  }

  func sessions(of account: AccountID) -> [Session] {
    var sessions: [Session] = []
    self.tables.sessions.forEach(of: account) { session in
      sessions.append(session)
      return true
    }
    return sessions.sorted { ($0.createdAt.value, $0.id.text) < ($1.createdAt.value, $1.id.text) }
  }

  func hasLiveSession(
    of account: AccountID, kind: ClientKind, besides expired: [SessionExpiry]
  ) -> Bool {
    var hasOne = false
    self.tables.sessions.forEach(of: account) { session in
      hasOne = session.kind == kind && self.isLive(session) && !expired.cover(session)
      return !hasOne
    }
    return hasOne
  }

  func liveSessionCounts(besides expired: [SessionExpiry]) -> [ClientKind: UInt64] {
    var counts: [ClientKind: UInt64] = [:]
    for session in self.tables.sessions.all
    where self.isLive(session) && !expired.cover(session) {
      counts[session.kind, default: 0] += 1
    }
    return counts
  }

  func isLive(_ session: Session) -> Bool {
    guard session.end == nil else { return false }
    let present = self.epochs(for: session.epochSubject)
    if present == session.epochs { return true }
    var reading = session.epochs
    reading.issuedBefore = present.issuedBefore
    return present == reading
      && !self.tables.epochs.cutOffs.kills(
        MintMark(at: session.liveMintedAt, cutOffs: session.epochs.issuedBefore))
  }

  func device(_ id: DeviceID) -> DeviceRecord? { self.tables.devices[id] }

  func owner(of device: DeviceID) -> AccountID? { self.tables.devices.owner(of: device) }

  func devices(of account: AccountID) -> [DeviceRecord] {
    self.tables.devices.devices(of: account).sorted { $0.id < $1.id }
  }

  func devices(limit: Int) -> [DeviceRecord] {
    self.tables.devices.ids.sorted().prefix(limit).compactMap { self.device($0) }
  }

  func motions(of device: DeviceID, limit: Int) -> [MotionRecord] {
    guard let binding = self.device(device)?.binding else { return [] }
    return self.tables.motions.records(of: device, binding: binding, limit: limit)
  }

  func measurements(of device: DeviceID, limit: Int) -> [MeasurementRecord] {
    guard let binding = self.device(device)?.binding else { return [] }
    return self.tables.measurements.records(of: device, binding: binding, limit: limit)
  }

  func pairingToken(hash: TokenHash) -> PairingTokenRecord? { self.tables.pairingTokens[hash] }

  func authorizationCode(hash: TokenHash) -> AuthorizationCodeRecord? {
    self.tables.authorizationCodes[hash]
  }

  func deviceAuthorization(hash: TokenHash) -> DeviceAuthorizationRecord? {
    self.tables.deviceAuthorizations[hash]
  }

  func deviceAuthorization(userCodeHash: TokenHash) -> DeviceAuthorizationRecord? {
    self.tables.deviceAuthorizations[userCode: userCodeHash]
  }

  func signingKeys() -> [SigningKeyRecord] { self.tables.signingKeys }

  func epoch(of scope: RevocationScope) -> UInt64 { self.tables.epochs[scope] }

  func epochs(for subject: EpochSubject) -> EpochReading {
    self.tables.epochs.reading(of: subject) { self.tables.accounts[subject.account]?.region }
  }

  func cutOffs() -> CutOffs { self.tables.epochs.cutOffs }

  func firstLogout(of scope: RevocationScope, after epoch: UInt64) -> AuditEntry? {
    self.tables.logouts.first(of: scope, after: epoch)
  }

  func cutOffLogout(thatReached mark: MintMark) -> AuditEntry? {
    self.tables.logouts.cutOff(thatReached: mark)
  }

  func liveReach(
    of scope: RevocationScope, before: UnixMilliseconds, besides expired: [SessionExpiry]
  ) -> LogoutReach {
    LogoutReach(
      self.tables.sessions.all.lazy.filter { session in
        let isCovered =
          switch scope {
          case .everyone: true
          case .issuedBefore: session.liveMintedAt < before
          case .kind(let kind): session.kind == kind
          case .region(let region): self.account(session.account)?.region == region
          case .account(let id): session.account == id
          case .device(let id): session.device == id
          case .session(let id): session.id == id
          }
        return isCovered && self.isLive(session) && !expired.cover(session)
      })
  }

  func auditEntries(before sequence: UInt64?, limit: Int) -> [AuditEntry] {
    self.tables.logouts.entries(before: sequence, limit: limit)
  }

  func logouts(limit: Int) -> [LogoutRecord] { self.tables.logouts.newest(limit) }

  func loginAttempts(for key: LoginAttemptKey) -> LoginAttempts? { self.tables.loginAttempts[key] }

  func secondFactor(of account: AccountID) -> SecondFactor? { self.tables.secondFactors[account] }

  func clockSetting() -> ClockSetting? { self.tables.clock }
}
