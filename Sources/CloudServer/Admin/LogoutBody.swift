import CloudCore
import DeviceProtocol

/// Of `POST /admin/v1/logout`.
struct LogoutBody: StrictBody {
  /// Whom to log out: one of the scopes, or a list of accounts, devices and sessions.
  enum Scope: String, Decodable, Sendable, CaseIterable {
    case everyone
    case issuedBefore = "issued_before"
    case kind, region, account, device, session, list

    /// The member that says whom; nil where the word says it all.
    var neededMember: CodingKeys? {
      switch self {
      case .everyone, .issuedBefore: nil
      case .kind: .kind
      case .region: .region
      case .account: .email
      case .device: .deviceID
      case .session: .sessionID
      case .list: .entries
      }
    }

    /// Those that may be given beside it.
    var optionalMembers: Set<CodingKeys> {
      switch self {
      case .issuedBefore: [.before]
      case .list: [.skipUnknown]
      case .everyone, .kind, .region, .account, .device, .session: []
      }
    }
  }

  let scope: Scope
  let kind: ClientKind?
  let region: String?
  let email: String?
  let deviceID: String?
  let sessionID: String?
  /// Milliseconds since 1970; now when absent.
  let before: WholeNumber<UInt64>?
  let entries: [String]?
  let skipUnknown: Bool?
  let dryRun: Bool?
  let reason: String?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case scope, kind, region, email, before, entries, reason
    case deviceID = "device_id"
    case sessionID = "session_id"
    case skipUnknown = "skip_unknown"
    case dryRun = "dry_run"
  }

  private var givenMembers: [CodingKeys] {
    let all: [(Bool, CodingKeys)] = [
      (self.kind != nil, .kind), (self.region != nil, .region), (self.email != nil, .email),
      (self.deviceID != nil, .deviceID), (self.sessionID != nil, .sessionID),
      (self.before != nil, .before), (self.entries != nil, .entries),
      (self.skipUnknown != nil, .skipUnknown),
    ]
    return all.filter(\.0).map(\.1)
  }

  /// - Throws: `HTTPFailure.invalidRequest` unless the member that the scope needs is there, and
  ///   none that belongs to another: a mistaken scope would log out the wrong people.
  func checkMembers() throws(HTTPFailure) {
    let needed = self.scope.neededMember
    for member in self.givenMembers
    where member != needed && !self.scope.optionalMembers.contains(member) {
      throw .invalidRequest(
        "member '\(member.rawValue)' does not go with scope \(self.scope.rawValue)")
    }
    if let needed, !self.givenMembers.contains(needed) {
      throw .invalidRequest("scope \(self.scope.rawValue) needs '\(needed.rawValue)'")
    }
  }

  /// Nil for a list.
  ///
  /// - Throws: `HTTPFailure`: as `checkMembers`; `notFound` for text that is no id.
  func target() throws(HTTPFailure) -> LogoutTarget? {
    try self.checkMembers()
    switch self.scope {
    case .everyone: return .everyone
    case .issuedBefore: return .issuedBefore(self.before.map { UnixMilliseconds($0.value) })
    case .kind: return self.kind.map { .kind($0) }
    case .region: return .region(try Region(member: self.region ?? ""))
    case .account:
      guard let email = EmailAddress(self.email ?? "") else {
        throw .invalidRequest("member 'email' is not an e-mail address")
      }
      return .account(email)
    case .device:
      guard let id = DeviceID(self.deviceID ?? "") else { throw self.noSuchTarget }
      return .device(id)
    case .session:
      guard let id = SessionID(self.sessionID ?? "") else { throw self.noSuchTarget }
      return .session(id)
    case .list: return nil
    }
  }

  /// - Throws: `HTTPFailure.invalidRequest` for what the clients could not be shown.
  func checkedReason() throws(HTTPFailure) -> String { try logoutReason(self.reason) }
}

/// A reason that clients can be shown: at most 200 Unicode scalars, none of them a control character.
func logoutReason(_ text: String?) throws(HTTPFailure) -> String {
  guard let text else { return "" }
  let limit = Cloud.reasonScalarCount
  guard text.unicodeScalars.count <= limit else {
    throw .invalidRequest("member 'reason' has more than \(limit) characters")
  }
  let isPrintable = text.unicodeScalars.allSatisfy { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
    default: true
    }
  }
  guard isPrintable else {
    throw .invalidRequest("member 'reason' has control characters")
  }
  return text
}

extension LogoutBody {
  var noSuchTarget: HTTPFailure {
    let name = [self.region, self.email, self.deviceID, self.sessionID].compactMap(\.self).first
    return .notFound(
      "there is no such \(self.scope.rawValue) to log out: '\((name ?? "").escapedForAnswer)'")
  }
}
