/// All records of a `MemoryStore`: a value, of which a copy costs nothing until one of the two is
/// changed.
struct MemoryTables: Sendable {
  var accounts = AccountTable()
  var sessions = SessionTable()
  var devices = DeviceTable()
  var motions = RecordingTable<MotionRecord>()
  var measurements = RecordingTable<MeasurementRecord>()
  var pairingTokens = ExpiringTable<PairingTokenRecord>()
  var authorizationCodes = ExpiringTable<AuthorizationCodeRecord>()
  var deviceAuthorizations = DeviceAuthorizationTable()
  /// By sequence; there are a few.
  var signingKeys: [SigningKeyRecord] = []
  var epochs = EpochTable()
  var logouts = LogoutTable()
  var loginAttempts = LoginAttemptTable()
  var secondFactors: [AccountID: SecondFactor] = [:]
  var securityEvents = SecurityEventTable()
  var clock: ClockSetting?
  var accessMarks = AccessMarkTable()
  /// No counter of logouts or marks goes on from less: up to here values were used that are undone.
  var usedCount: UInt64 = 0
  var history = HistoryTable()

  /// What gives back the tables as they were before one change. Steps are undone newest first.
  enum UndoStep {
    case removeAccount(AccountID)
    case putAccount(Account)
    case removeSession(SessionID)
    case putSession(Session)
    case removeDevice(DeviceID)
    case putDevice(DeviceRecord)
    case removeMotion(MotionRecord)
    case putMotions([MotionRecord], DeviceID)
    case removeMeasurement(MeasurementRecord)
    case putMeasurements([MeasurementRecord], DeviceID)
    case removePairingToken(TokenHash)
    case putPairingToken(PairingTokenRecord)
    case removeAuthorizationCode(TokenHash)
    case putAuthorizationCode(AuthorizationCodeRecord)
    case removeDeviceAuthorization(TokenHash)
    case putDeviceAuthorization(DeviceAuthorizationRecord)
    case setSigningKeys([SigningKeyRecord])
    case setEpoch(RevocationScope, UInt64)
    case setCutOffs(CutOffs)
    case removeLogout
    case putLoginAttempts(LoginAttempts?, LoginAttemptKey)
    case putSecondFactor(SecondFactor?, AccountID)
    case removeReceiver(ReceiverID)
    case putReceiver(Receiver)
    case removeSecurityEvent
    case putSecurityEvents(ArraySlice<NumberedSecurityEvent>)
    case setClock(ClockSetting?)
    case setAccessMark(AccessScope, UInt64)
    case removeLastHistory(SessionID, putBack: HistoryEntry?)
    case putHistory([HistoryEntry], SessionID)
  }

  mutating func undo(_ step: UndoStep) {
    switch step {
    case .removeAccount(let id): self.accounts.remove(id)
    case .putAccount(let account): _ = self.accounts.put(account)
    case .removeSession(let id): self.sessions.remove(id)
    case .putSession(let session): _ = self.sessions.put(session)
    case .removeDevice(let id): self.devices.remove(id)
    case .putDevice(let device): _ = self.devices.put(device)
    case .removeMotion(let motion): self.motions.remove(motion)
    case .putMotions(let motions, let device): self.motions.putBack(motions, of: device)
    case .removeMeasurement(let measurement): self.measurements.remove(measurement)
    case .putMeasurements(let measurements, let device):
      self.measurements.putBack(measurements, of: device)
    case .removePairingToken(let hash): self.pairingTokens.remove(hash)
    case .putPairingToken(let token): _ = self.pairingTokens.put(token)
    case .removeAuthorizationCode(let hash): self.authorizationCodes.remove(hash)
    case .putAuthorizationCode(let code): _ = self.authorizationCodes.put(code)
    case .removeDeviceAuthorization(let hash): self.deviceAuthorizations.remove(hash)
    case .putDeviceAuthorization(let authorization):
      _ = self.deviceAuthorizations.put(authorization)
    case .setSigningKeys(let keys): self.signingKeys = keys
    case .setEpoch(let scope, let epoch): self.epochs[scope] = epoch
    case .setCutOffs(let cutOffs): self.epochs.cutOffs = cutOffs
    case .removeLogout: self.logouts.removeLast()
    case .putLoginAttempts(let attempts, let key): _ = self.loginAttempts.put(attempts, for: key)
    case .putSecondFactor(let factor, let account): self.secondFactors[account] = factor
    case .removeReceiver(let id): _ = self.securityEvents.remove(id)
    case .putReceiver(let receiver): _ = self.securityEvents.put(receiver)
    case .removeSecurityEvent: self.securityEvents.removeLast()
    case .putSecurityEvents(let events): self.securityEvents.putBack(events)
    case .setClock(let clock): self.clock = clock
    case .setAccessMark(let scope, let count): self.accessMarks[scope] = count
    case .removeLastHistory(let session, let removed):
      self.history.removeLast(of: session, putBack: removed)
    case .putHistory(let entries, let session): self.history.putBack(entries, of: session)
    }
  }
}

/// All records of a `MemoryStore` as they were at one time.
package struct MemorySnapshot: Sendable {
  let tables: MemoryTables
}
