package import DeviceProtocol

/// Where the cloud keeps its records. A store runs each body alone, in one transaction.
package protocol CloudStore: Sendable {
  /// Runs the body and returns once what it wrote is durable. Concurrent bodies may share one
  /// commit; a body that throws leaves no trace and harms none of the others.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
  ) async throws -> Value

  /// As `write`, ahead of those that wait, and not in one commit with them: for a forced logout, which
  /// takes hold at once however many clients refresh.
  func writeFirst<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
  ) async throws -> Value

  /// Runs the body against the newest durable state.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value

  /// Saves all records, durably, and replaces those of the same name.
  func saveSnapshot(
    _ name: SnapshotName, savedAt: UnixMilliseconds, machineAt: UnixMilliseconds
  ) async throws -> (info: SnapshotInfo, isNew: Bool)

  /// Replaces all records by the saved ones and runs the body in the same transaction: readers see
  /// either state, and so does the next run after a crash.
  ///
  /// - Parameter committed: Called once that is durable, before anybody else writes.
  /// - Returns: Nil if nothing was saved by that name.
  func restoreSnapshot<Value: Sendable>(
    _ name: SnapshotName, epochs: RestoredEpochs,
    _ body: @escaping @Sendable (any StoreTransaction, SnapshotInfo) throws -> Value,
    committed: @escaping @Sendable (Value) -> Void
  ) async throws -> Value?

  func snapshots() async throws -> SnapshotList

  /// - Returns: False if nothing was saved by that name.
  func removeSnapshot(_ name: SnapshotName) async throws -> Bool

  /// As `read`, for a body that reads a few records by their keys. It may run on the caller's thread,
  /// so one that takes long holds up others.
  func readBriefly<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value
}

extension CloudStore {
  package func writeFirst<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
  ) async throws -> Value {
    try await self.write(body)
  }

  package func readBriefly<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    try await self.read(body)
  }
}

package protocol StoreReader {
  func account(_ id: AccountID) throws -> Account?
  /// By the folded address.
  func account(email: EmailAddress) throws -> Account?
  func accountCount() throws -> UInt64
  func hasAccount(in region: Region) throws -> Bool

  func session(_ id: SessionID) throws -> Session?
  /// Of the account, also those that are dead, from the oldest login on.
  func sessions(of account: AccountID) throws -> [Session]
  /// Those that the filter includes, dead ones too, by id from the one after `after` on.
  func sessions(where filter: SessionFilter, after: SessionID?, limit: Int) throws -> [Session]
  /// What happened to the session, from the oldest on.
  func history(of session: SessionID) throws -> [HistoryEntry]
  /// The mark that the session's access tokens have to carry; see `AccessScope`.
  func accessMark(of session: Session) throws -> UInt64
  /// What every request needs to know of its session, without all the rest.
  func state(of session: SessionID) throws -> SessionState?
  /// Whether the account has a session of this kind that has neither ended nor expired and whose
  /// epochs are the present ones.
  func hasLiveSession(
    of account: AccountID, kind: ClientKind, besides expired: [SessionExpiry]
  ) throws -> Bool
  /// Sessions that have neither ended nor expired and whose epochs are the present ones; a kind
  /// without any is absent.
  func liveSessionCounts(besides expired: [SessionExpiry]) throws -> [ClientKind: UInt64]

  func device(_ id: DeviceID) throws -> DeviceRecord?
  /// Of a device that is bound to somebody.
  func owner(of device: DeviceID) throws -> AccountID?
  /// By id.
  func devices(of account: AccountID) throws -> [DeviceRecord]
  /// By id, at most `limit` of them.
  func devices(limit: Int) throws -> [DeviceRecord]
  /// The newest of the device's present binding, at most `limit` of them, by sequence.
  func motions(of device: DeviceID, limit: Int) throws -> [MotionRecord]
  func measurements(of device: DeviceID, limit: Int) throws -> [MeasurementRecord]

  func pairingToken(hash: TokenHash) throws -> PairingTokenRecord?
  func authorizationCode(hash: TokenHash) throws -> AuthorizationCodeRecord?
  func deviceAuthorization(hash: TokenHash) throws -> DeviceAuthorizationRecord?
  func deviceAuthorization(userCodeHash: TokenHash) throws -> DeviceAuthorizationRecord?
  /// In the order in which they were made.
  func signingKeys() throws -> [SigningKeyRecord]

  /// Zero for a scope that was never logged out.
  func epoch(of scope: RevocationScope) throws -> UInt64
  /// What the logouts of the scope `issuedBefore` come to.
  func cutOffs() throws -> CutOffs
  /// The present epochs of all the subject's scopes.
  func epochs(for subject: EpochSubject) throws -> EpochReading
  /// The first of the logouts that raised the scope's epoch above this value.
  func firstLogout(of scope: RevocationScope, after epoch: UInt64) throws -> AuditEntry?
  /// The first of the logouts of the scope `issuedBefore` that followed the minting and reached
  /// back to it (`LogoutRecord.reached`). Their epochs may have wide gaps.
  func cutOffLogout(thatReached mark: MintMark) throws -> AuditEntry?
  /// The sessions that a logout would end, of those that have neither ended nor expired and that no
  /// logout has hit.
  ///
  /// - Parameter before: Of the scope `issuedBefore` alone.
  func liveReach(
    of scope: RevocationScope, before: UnixMilliseconds, besides expired: [SessionExpiry]
  ) throws -> LogoutReach
  /// Newest first.
  ///
  /// - Parameter sequence: Those before this one; nil: from the newest on.
  func auditEntries(before sequence: UInt64?, limit: Int) throws -> [AuditEntry]
  /// Newest first, in the order in which they were appended, whatever the clock said.
  func logouts(limit: Int) throws -> [LogoutRecord]
  func loginAttempts(for key: LoginAttemptKey) throws -> LoginAttempts?
  func secondFactor(of account: AccountID) throws -> SecondFactor?

  /// From the oldest subscription on.
  func receivers() throws -> [Receiver]
  /// Of all events that there ever were; 0 before the first.
  func newestSecurityEventNumber() throws -> UInt64
  /// Those that are kept, oldest first, at most `limit` of them.
  func securityEvents(after number: UInt64, limit: Int) throws -> [NumberedSecurityEvent]
  func securityEventCount(after number: UInt64) throws -> UInt64

  /// Nil when the clock was never touched.
  func clockSetting() throws -> ClockSetting?
}

extension StoreReader {
  package func owner(of device: DeviceID) throws -> AccountID? { try self.device(device)?.owner }
}

package protocol StoreTransaction: StoreReader {
  /// Adds it, or replaces the one of the same id. Likewise for the others.
  func save(_ account: Account) throws
  func save(_ session: Session) throws
  /// Drops the account's dead sessions whose last token was given before this time, but for those
  /// that a device, a pairing token, a code or a device authorization refers to.
  func removeDeadSessions(
    of account: AccountID, rotatedBefore time: UnixMilliseconds, orExpired expired: [SessionExpiry]
  ) throws
  func save(_ device: DeviceRecord) throws
  /// Removes what the device recorded under earlier bindings too.
  func removeRecordings(of device: DeviceID) throws
  /// Returns false if the device has recorded this sequence under this binding before.
  func insert(_ motion: MotionRecord) throws -> Bool
  func insert(_ measurement: MeasurementRecord) throws -> Bool
  func save(_ token: PairingTokenRecord) throws
  func save(_ code: AuthorizationCodeRecord) throws
  func save(_ authorization: DeviceAuthorizationRecord) throws
  func save(_ key: SigningKeyRecord) throws
  func removeSigningKey(_ id: String) throws
  /// Drops pairing tokens, codes and device authorizations that expired before this time, and old login attempts.
  func removeExpired(before time: UnixMilliseconds) throws
  /// Raises the scope's epoch and returns it: one row, whatever the number of tokens. It grows by one,
  /// but for the first time after a restore of a state `asSaved`: no value is used twice.
  func advanceEpoch(of scope: RevocationScope) throws -> UInt64
  /// As `advanceEpoch` of the scope `issuedBefore`, for what was minted earlier than this.
  func addCutOff(before: UnixMilliseconds) throws -> UInt64
  func append(_ logout: LogoutRecord) throws
  /// Nil forgets them.
  func save(_ attempts: LoginAttempts?, for key: LoginAttemptKey) throws
  /// Drops those whose last failure was before this time and, of the others, the oldest until no
  /// more than `count` are left.
  func removeLoginAttempts(before time: UnixMilliseconds, keeping count: Int) throws
  func save(_ factor: SecondFactor) throws
  func removeSecondFactor(of account: AccountID) throws
  /// Drops the account's codes that were not exchanged yet.
  func removeUnusedCodes(of account: AccountID) throws
  /// Adds it, or replaces how far it has come.
  func save(_ receiver: Receiver) throws
  func removeReceiver(_ id: ReceiverID) throws
  /// Gives it the next number, which no other event has or had.
  func append(_ event: SecurityEvent) throws
  func removeSecurityEvents(through number: UInt64) throws
  func save(_ clock: ClockSetting) throws
  /// Drops what is older than the newest `limit` or a few more, but for the first.
  func append(_ event: SessionEvent, to session: SessionID, keeping limit: Int) throws
  /// Raises the scope's counter above all that there ever were.
  func advanceAccessMark(of scope: AccessScope) throws
}
