import CloudCore
import DeviceProtocol

/// Reads what is remembered of a session, without the database.
///
/// Whatever else is asked for is missed: then the body is to be run again on the database, whatever
/// it made of the error.
final class RememberedReader: StoreReader {
  private struct Missed: Error {}

  private(set) var hasMissed = false
  private let memory: SessionMemory
  /// Of the one session that is read, so that all is of one snapshot.
  private var facts: SessionMemory.Facts?

  init(_ memory: SessionMemory) { self.memory = memory }

  func state(of session: SessionID) throws -> SessionState? {
    if self.facts == nil { self.facts = self.memory.facts(of: session) }
    guard let facts = self.facts, facts.session == session else { throw self.missed() }
    return facts.state
  }

  func epochs(for subject: EpochSubject) throws -> EpochReading {
    guard let facts = self.facts, facts.subject == subject else { throw self.missed() }
    return facts.epochs
  }

  func owner(of device: DeviceID) throws -> AccountID? {
    guard let facts = self.facts, facts.subject.device == device, let owner = facts.owner else {
      throw self.missed()
    }
    return owner
  }

  private func missed() -> any Error {
    self.hasMissed = true
    return Missed()
  }

  func account(_ id: AccountID) throws -> Account? { throw self.missed() }
  func account(email: EmailAddress) throws -> Account? { throw self.missed() }
  func accountCount() throws -> UInt64 { throw self.missed() }
  func hasAccount(in region: Region) throws -> Bool { throw self.missed() }
  func session(_ id: SessionID) throws -> Session? { throw self.missed() }
  func sessions(of account: AccountID) throws -> [Session] { throw self.missed() }
  func sessions(where filter: SessionFilter, after: SessionID?, limit: Int) throws -> [Session] {
    throw self.missed()
  }
  func history(of session: SessionID) throws -> [HistoryEntry] { throw self.missed() }
  func accessMark(of session: Session) throws -> UInt64 { throw self.missed() }
  func hasLiveSession(of account: AccountID, kind: ClientKind, besides expired: [SessionExpiry])
    throws -> Bool
  { throw self.missed() }
  func liveSessionCounts(besides expired: [SessionExpiry]) throws -> [ClientKind: UInt64] {
    throw self.missed()
  }
  func device(_ id: DeviceID) throws -> DeviceRecord? { throw self.missed() }
  func devices(of account: AccountID) throws -> [DeviceRecord] { throw self.missed() }
  func devices(limit: Int) throws -> [DeviceRecord] { throw self.missed() }
  func motions(of device: DeviceID, limit: Int) throws -> [MotionRecord] { throw self.missed() }
  func measurements(of device: DeviceID, limit: Int) throws -> [MeasurementRecord] {
    throw self.missed()
  }
  func pairingToken(hash: TokenHash) throws -> PairingTokenRecord? { throw self.missed() }
  func authorizationCode(hash: TokenHash) throws -> AuthorizationCodeRecord? { throw self.missed() }
  func deviceAuthorization(hash: TokenHash) throws -> DeviceAuthorizationRecord? {
    throw self.missed()
  }
  func deviceAuthorization(userCodeHash: TokenHash) throws -> DeviceAuthorizationRecord? {
    throw self.missed()
  }
  func signingKeys() throws -> [SigningKeyRecord] { throw self.missed() }
  func epoch(of scope: RevocationScope) throws -> UInt64 { throw self.missed() }
  func cutOffs() throws -> CutOffs { throw self.missed() }
  func firstLogout(of scope: RevocationScope, after epoch: UInt64) throws -> AuditEntry? {
    throw self.missed()
  }
  func cutOffLogout(thatReached mark: MintMark) throws -> AuditEntry? { throw self.missed() }
  func liveReach(
    of scope: RevocationScope, before: UnixMilliseconds, besides expired: [SessionExpiry]
  ) throws -> LogoutReach { throw self.missed() }
  func auditEntries(before sequence: UInt64?, limit: Int) throws -> [AuditEntry] {
    throw self.missed()
  }
  func logouts(limit: Int) throws -> [LogoutRecord] { throw self.missed() }
  func loginAttempts(for key: LoginAttemptKey) throws -> LoginAttempts? { throw self.missed() }
  func secondFactor(of account: AccountID) throws -> SecondFactor? { throw self.missed() }
  func receivers() throws -> [Receiver] { throw self.missed() }
  func newestSecurityEventNumber() throws -> UInt64 { throw self.missed() }
  func securityEvents(after number: UInt64, limit: Int) throws -> [NumberedSecurityEvent] {
    throw self.missed()
  }
  func securityEventCount(after number: UInt64) throws -> UInt64 { throw self.missed() }
  func clockSetting() throws -> ClockSetting? { throw self.missed() }
}
