import DeviceProtocol

extension MemoryRecords: StoreReader {
  func account(_ id: AccountID) -> Account? { self.accounts[id] }

  func account(email: EmailAddress) -> Account? {
    self.accountsByEmail[email].flatMap { self.accounts[$0] }
  }

  func accountCount() -> UInt64 { UInt64(self.accounts.count) }

  func session(_ id: SessionID) -> Session? { self.sessions[id] }

  func hasLiveSession(of account: AccountID, kind: ClientKind) -> Bool {
    (self.sessionsByAccount[account] ?? []).compactMap { self.sessions[$0] }
      .contains { $0.kind == kind && self.isLive($0) }
  }

  func liveSessionCounts() -> [ClientKind: UInt64] {
    var counts: [ClientKind: UInt64] = [:]
    for session in self.sessions.values where self.isLive(session) {
      counts[session.kind, default: 0] += 1
    }
    return counts
  }

  func isLive(_ session: Session) -> Bool {
    session.end == nil && self.epochs(for: session.epochSubject) == session.epochs
  }

  func device(_ id: DeviceID) -> DeviceRecord? { self.devices[id] }

  func devices(of account: AccountID) -> [DeviceRecord] {
    (self.devicesByOwner[account] ?? []).sorted { $0 < $1 }
      .compactMap { self.devices[$0] }
  }

  func devices(limit: Int) -> [DeviceRecord] {
    self.devices.keys.sorted { $0 < $1 }.prefix(limit).compactMap { self.devices[$0] }
  }

  func motions(of device: DeviceID, limit: Int) -> [MotionRecord] {
    let binding = self.devices[device]?.binding
    return (self.motions[device] ?? [:]).values.filter { $0.binding == binding }
      .sorted { $0.sequence < $1.sequence }.suffix(limit)
  }

  func measurements(of device: DeviceID, limit: Int) -> [MeasurementRecord] {
    let binding = self.devices[device]?.binding
    return (self.measurements[device] ?? [:]).values.filter { $0.binding == binding }
      .sorted { $0.sequence < $1.sequence }.suffix(limit)
  }

  func pairingToken(hash: TokenHash) -> PairingTokenRecord? { self.pairingTokens[hash] }

  func authorizationCode(hash: TokenHash) -> AuthorizationCodeRecord? {
    self.authorizationCodes[hash]
  }

  func epoch(of scope: RevocationScope) -> UInt64 { self.epochs[scope] ?? 0 }

  func epochs(for subject: EpochSubject) -> EpochReading {
    EpochReading(
      everyone: self.epoch(of: .everyone), kind: self.epoch(of: .kind(subject.kind)),
      account: self.epoch(of: .account(subject.account)),
      device: subject.device.map { self.epoch(of: .device($0)) } ?? 0,
      session: subject.session.map { self.epoch(of: .session($0)) } ?? 0)
  }

  func logout(of scope: RevocationScope, epoch: UInt64) -> LogoutRecord? {
    self.logouts.last { $0.scope == scope && $0.epoch == epoch }
  }

  func logouts(limit: Int) -> [LogoutRecord] { self.logouts.suffix(limit).reversed() }

  func loginAttempts(for key: LoginAttemptKey) -> LoginAttempts? { self.loginAttempts[key] }
}
