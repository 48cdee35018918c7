import DeviceProtocol

extension MemoryRecords: StoreTransaction {
  func save(_ account: Account) throws {
    if let other = self.tables.accounts[account.email], other.id != account.id {
      throw StoreError(
        code: .failed, path: "", attempted: "save an account",
        detail: "another account has its e-mail address")
    }
    let former = self.tables.accounts.put(account)
    self.canUndo(former.map { .putAccount($0) } ?? .removeAccount(account.id))
  }

  func save(_ session: Session) {
    let former = self.tables.sessions.put(session)
    self.canUndo(former.map { .putSession($0) } ?? .removeSession(session.id))
  }

  func removeDeadSessions(
    of account: AccountID, rotatedBefore time: UnixMilliseconds, orExpired expired: [SessionExpiry]
  ) {
    var old: [Session] = []
    self.tables.sessions.forEach(of: account) { session in
      if session.rotatedAt < time, !self.isLive(session) || expired.cover(session),
        !self.isReferred(session.id)
      {
        old.append(session)
      }
      return true
    }
    for session in old {
      if let entries = self.tables.history.removeAll(of: session.id) {
        self.canUndo(.putHistory(entries, session.id))
      }
      self.tables.sessions.remove(session.id)
      self.canUndo(.putSession(session))
    }
  }

  private func isReferred(_ session: SessionID) -> Bool {
    self.tables.devices.refer(to: session) || self.tables.pairingTokens.refer(to: session)
      || self.tables.authorizationCodes.refer(to: session)
      || self.tables.deviceAuthorizations.refer(to: session)
  }

  func save(_ device: DeviceRecord) {
    let former = self.tables.devices.put(device)
    self.canUndo(former.map { .putDevice($0) } ?? .removeDevice(device.id))
  }

  func removeRecordings(of device: DeviceID) {
    if let motions = self.tables.motions.removeAll(of: device) {
      self.canUndo(.putMotions(motions, device))
    }
    if let measurements = self.tables.measurements.removeAll(of: device) {
      self.canUndo(.putMeasurements(measurements, device))
    }
  }

  func insert(_ motion: MotionRecord) -> Bool {
    guard self.tables.motions.insert(motion) else { return false }
    self.canUndo(.removeMotion(motion))
    return true
  }

  func insert(_ measurement: MeasurementRecord) -> Bool {
    guard self.tables.measurements.insert(measurement) else { return false }
    self.canUndo(.removeMeasurement(measurement))
    return true
  }

  func save(_ token: PairingTokenRecord) {
    let former = self.tables.pairingTokens.put(token)
    self.canUndo(former.map { .putPairingToken($0) } ?? .removePairingToken(token.hash))
  }

  func save(_ code: AuthorizationCodeRecord) {
    let former = self.tables.authorizationCodes.put(code)
    self.canUndo(former.map { .putAuthorizationCode($0) } ?? .removeAuthorizationCode(code.hash))
  }

  func save(_ authorization: DeviceAuthorizationRecord) {
    let former = self.tables.deviceAuthorizations.put(authorization)
    self.canUndo(
      former.map { .putDeviceAuthorization($0) } ?? .removeDeviceAuthorization(authorization.hash))
  }

  func save(_ key: SigningKeyRecord) {
    self.canUndo(.setSigningKeys(self.tables.signingKeys))
    self.tables.signingKeys.removeAll { $0.id == key.id }
    self.tables.signingKeys.append(key)
    self.tables.signingKeys.sort { $0.sequence < $1.sequence }
  }

  func removeSigningKey(_ id: String) {
    self.canUndo(.setSigningKeys(self.tables.signingKeys))
    self.tables.signingKeys.removeAll { $0.id == id }
  }

  func removeExpired(before time: UnixMilliseconds) {
    while let authorization = self.tables.deviceAuthorizations.removeExpired(before: time) {
      self.canUndo(.putDeviceAuthorization(authorization))
    }
    while let token = self.tables.pairingTokens.removeExpired(before: time) {
      self.canUndo(.putPairingToken(token))
    }
    while let code = self.tables.authorizationCodes.removeExpired(before: time) {
      self.canUndo(.putAuthorizationCode(code))
    }
    while let (key, attempts) = self.tables.loginAttempts.removeOne(lastFailureBefore: time) {
      self.canUndo(.putLoginAttempts(attempts, key))
    }
  }

  func advanceEpoch(of scope: RevocationScope) -> UInt64 {
    let former = self.tables.epochs[scope]
    self.canUndo(.setEpoch(scope, former))
    let epoch = max(former, self.tables.usedCount) + 1
    self.tables.epochs[scope] = epoch
    return epoch
  }

  func addCutOff(before: UnixMilliseconds) -> UInt64 {
    let epoch = self.advanceEpoch(of: .issuedBefore)
    self.canUndo(.setCutOffs(self.tables.epochs.cutOffs))
    self.tables.epochs.cutOffs.add(CutOff(epoch: epoch, before: before))
    return epoch
  }

  func append(_ logout: LogoutRecord) {
    self.tables.logouts.append(logout)
    self.canUndo(.removeLogout)
  }

  func save(_ clock: ClockSetting) {
    self.canUndo(.setClock(self.tables.clock))
    self.tables.clock = clock
  }

  func append(_ event: SessionEvent, to session: SessionID, keeping limit: Int) {
    let removed = self.tables.history.append(event, to: session, keeping: limit)
    self.canUndo(.removeLastHistory(session, putBack: removed))
  }

  func advanceAccessMark(of scope: AccessScope) {
    self.canUndo(.setAccessMark(scope, self.tables.accessMarks[scope]))
    self.tables.accessMarks[scope] =
      max(self.tables.accessMarks.highest, self.tables.usedCount) + 1
  }
}
