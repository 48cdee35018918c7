import DeviceProtocol

/// The tables and indices of a `MemoryStore`, and how to undo what the transaction has changed.
final class MemoryRecords {
  private(set) var accounts: [AccountID: Account] = [:]
  private(set) var accountsByEmail: [EmailAddress: AccountID] = [:]
  private(set) var sessions: [SessionID: Session] = [:]
  private(set) var sessionsByAccount: [AccountID: Set<SessionID>] = [:]
  private(set) var devices: [DeviceID: DeviceRecord] = [:]
  private(set) var devicesByOwner: [AccountID: Set<DeviceID>] = [:]
  private(set) var motions: [DeviceID: [RecordingKey: MotionRecord]] = [:]
  private(set) var measurements: [DeviceID: [RecordingKey: MeasurementRecord]] = [:]
  private(set) var pairingTokens: [TokenHash: PairingTokenRecord] = [:]
  private(set) var authorizationCodes: [TokenHash: AuthorizationCodeRecord] = [:]
  private(set) var epochs: [RevocationScope: UInt64] = [:]
  private(set) var logouts: [LogoutRecord] = []
  private(set) var loginAttempts: [LoginAttemptKey: LoginAttempts] = [:]

  /// Newest last.
  private var undoSteps: [(MemoryRecords) -> Void] = []

  struct RecordingKey: Hashable {
    let binding: UInt64
    let sequence: UInt32
  }

  func commit() { self.undoSteps = [] }

  func rollBack() {
    for step in self.undoSteps.reversed() { step(self) }
    self.undoSteps = []
  }

  private func set<Key, Value>(
    _ table: ReferenceWritableKeyPath<MemoryRecords, [Key: Value]>, _ key: Key, to value: Value?
  ) {
    let former = self[keyPath: table][key]
    self.undoSteps.append { $0[keyPath: table][key] = former }
    self[keyPath: table][key] = value
  }

  /// Moves an element of an index from one key to another; either may be absent.
  private func move<Key, Element>(
    _ element: Element, in index: ReferenceWritableKeyPath<MemoryRecords, [Key: Set<Element>]>,
    from former: Key?, to present: Key?
  ) {
    guard former != present else { return }
    if let former {
      var elements = self[keyPath: index][former] ?? []
      elements.remove(element)
      self.set(index, former, to: elements.isEmpty ? nil : elements)
    }
    if let present {
      self.set(index, present, to: (self[keyPath: index][present] ?? []).union([element]))
    }
  }
}

extension MemoryRecords: StoreTransaction {
  func save(_ account: Account) throws {
    if let other = self.accountsByEmail[account.email], other != account.id {
      throw StoreError(
        code: .failed, path: "", attempted: "save an account",
        detail: "another account has its e-mail address")
    }
    self.set(\.accounts, account.id, to: account)
    self.set(\.accountsByEmail, account.email, to: account.id)
  }

  func save(_ session: Session) {
    let former = self.sessions[session.id]
    self.set(\.sessions, session.id, to: session)
    self.move(session.id, in: \.sessionsByAccount, from: former?.account, to: session.account)
  }

  func removeDeadSessions(of account: AccountID, rotatedBefore time: UnixMilliseconds) {
    let old = (self.sessionsByAccount[account] ?? []).compactMap { self.sessions[$0] }
      .filter { $0.rotatedAt < time && !self.isLive($0) }
    guard !old.isEmpty else { return }
    let referred = Set(self.devices.values.compactMap(\.session))
      .union(self.pairingTokens.values.map(\.createdBy))
      .union(self.authorizationCodes.values.compactMap(\.usedFor))
    for session in old where !referred.contains(session.id) {
      self.set(\.sessions, session.id, to: nil)
      self.move(session.id, in: \.sessionsByAccount, from: account, to: nil)
    }
  }

  func save(_ device: DeviceRecord) {
    let former = self.devices[device.id]
    self.set(\.devices, device.id, to: device)
    self.move(device.id, in: \.devicesByOwner, from: former?.owner, to: device.owner)
  }

  func removeRecordings(of device: DeviceID) {
    self.set(\.motions, device, to: nil)
    self.set(\.measurements, device, to: nil)
  }

  func insert(_ motion: MotionRecord) -> Bool {
    self.insert(
      motion, into: \.motions, of: motion.device,
      as: RecordingKey(binding: motion.binding, sequence: motion.sequence))
  }

  func insert(_ measurement: MeasurementRecord) -> Bool {
    self.insert(
      measurement, into: \.measurements, of: measurement.device,
      as: RecordingKey(binding: measurement.binding, sequence: measurement.sequence))
  }

  private func insert<Recording>(
    _ recording: Recording,
    into table: ReferenceWritableKeyPath<MemoryRecords, [DeviceID: [RecordingKey: Recording]]>,
    of device: DeviceID, as key: RecordingKey
  ) -> Bool {
    guard self[keyPath: table][device]?[key] == nil else { return false }
    self.undoSteps.append { $0[keyPath: table][device]?[key] = nil }
    self[keyPath: table][device, default: [:]][key] = recording
    return true
  }

  func save(_ token: PairingTokenRecord) { self.set(\.pairingTokens, token.hash, to: token) }

  func save(_ code: AuthorizationCodeRecord) {
    self.set(\.authorizationCodes, code.hash, to: code)
  }

  func removeExpired(before time: UnixMilliseconds) {
    for (hash, token) in self.pairingTokens where token.expiresAt < time {
      self.set(\.pairingTokens, hash, to: nil)
    }
    for (hash, code) in self.authorizationCodes where code.expiresAt < time {
      self.set(\.authorizationCodes, hash, to: nil)
    }
    for (key, attempts) in self.loginAttempts where attempts.lastFailureAt < time {
      self.set(\.loginAttempts, key, to: nil)
    }
  }

  func advanceEpoch(of scope: RevocationScope) -> UInt64 {
    let epoch = (self.epochs[scope] ?? 0) + 1
    self.set(\.epochs, scope, to: epoch)
    return epoch
  }

  func append(_ logout: LogoutRecord) {
    self.undoSteps.append { $0.logouts.removeLast() }
    self.logouts.append(logout)
  }

  func save(_ attempts: LoginAttempts?, for key: LoginAttemptKey) {
    self.set(\.loginAttempts, key, to: attempts)
  }
}
