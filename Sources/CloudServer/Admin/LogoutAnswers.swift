import CloudCore
import DeviceProtocol

/// Answers a logout of one scope.
struct LoggedOutBody: Encodable {
  let scope: RevocationScope.Word
  let epoch: UInt64
  let reason: String
  let before: UInt64?
  let sessions: UInt64?

  init(_ record: LogoutRecord) {
    self.scope = record.scope.word
    self.epoch = record.epoch
    self.reason = record.reason
    self.before = record.before?.value
    self.sessions = record.sessionCount
  }
}

/// Answers a logout of a list.
struct ListLoggedOutBody: Encodable {
  let scope = "list"
  /// How many different accounts, devices and sessions it named.
  let loggedOut: Int
  /// How many live sessions that ended.
  let sessions: UInt64
  /// Which entries, from 0, named nothing that is known.
  let unknown: [Int]
  let reason: String

  enum CodingKeys: String, CodingKey {
    case scope, sessions, unknown, reason
    case loggedOut = "logged_out"
  }
}

/// Refuses a list of which something is unknown.
struct UnknownEntriesBody: Encodable {
  let error = "invalid_request"
  let errorDescription: String
  let unknown: [Int]

  init(_ unknown: [Int]) {
    self.unknown = unknown
    self.errorDescription =
      "\(unknown.count) of the entries name nothing that is known; nobody was logged out"
  }

  enum CodingKeys: String, CodingKey {
    case error, unknown
    case errorDescription = "error_description"
  }
}

/// Answers a dry run: whom the logout would hit. Nothing was changed.
struct LogoutReachBody: Encodable {
  let scope: String
  let dryRun = true
  let accounts: UInt64
  let devices: UInt64
  /// Of every kind.
  let sessions: [String: UInt64]
  /// Open event streams.
  let streams: Int
  let before: UInt64?
  /// Of a list: which entries, from 0, name nothing that is known.
  let unknown: [Int]?

  init(
    scope: LogoutBody.Scope, _ reach: LogoutReach, streams: Int, before: UnixMilliseconds? = nil,
    unknown: [Int]? = nil
  ) {
    self.scope = scope.rawValue
    self.accounts = reach.accounts
    self.devices = reach.devices
    self.sessions = Dictionary(
      uniqueKeysWithValues: ClientKind.allCases.map { ($0.rawValue, reach.sessions[$0] ?? 0) })
    self.streams = streams
    self.before = before?.value
    self.unknown = unknown
  }

  enum CodingKeys: String, CodingKey {
    case scope, accounts, devices, sessions, streams, before, unknown
    case dryRun = "dry_run"
  }
}

/// Answers `GET /admin/v1/audit`.
struct AuditBody: Encodable {
  let entries: [Entry]
  /// What to ask for as `before` to read on; nil at the end.
  let next: UInt64?

  struct Entry: Encodable {
    let sequence: UInt64
    let at: UInt64
    let scope: RevocationScope.Word
    /// A kind, a region, or an id.
    let target: String?
    let epoch: UInt64
    let before: UInt64?
    let reason: String
    let operatorName: String
    let sessions: UInt64?

    init(_ entry: AuditEntry) {
      let logout = entry.logout
      self.sequence = entry.sequence
      self.at = logout.at.value
      self.scope = logout.scope.word
      self.target = logout.scope.target.isEmpty ? nil : logout.scope.target
      self.epoch = logout.epoch
      self.before = logout.before?.value
      self.reason = logout.reason
      self.operatorName = logout.operatorName
      self.sessions = logout.sessionCount
    }

    enum CodingKeys: String, CodingKey {
      case sequence, at, scope, target, epoch, before, reason, sessions
      case operatorName = "operator"
    }
  }
}

/// Of `POST /admin/v1/accounts/region`.
struct MoveAccountBody: StrictBody {
  let email: String
  let region: String
  let reason: String?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable { case email, region, reason }
}

struct MovedAccountBody: Encodable {
  let accountID: String
  let region: String
  let formerRegion: String
  /// Of the account, after the logout that the move takes; nil if it was there before.
  let epoch: UInt64?

  enum CodingKeys: String, CodingKey {
    case region, epoch
    case accountID = "account_id"
    case formerRegion = "former_region"
  }
}
