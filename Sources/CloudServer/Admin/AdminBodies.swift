import CloudCore
import DeviceProtocol

/// Of `POST /admin/v1/logout`.
struct LogoutBody: StrictBody {
  let scope: RevocationScope.Word
  let kind: ClientKind?
  let email: String?
  let deviceID: String?
  let sessionID: String?
  let reason: String?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case scope, kind, email, reason
    case deviceID = "device_id"
    case sessionID = "session_id"
  }

  /// - Throws: `HTTPFailure.invalidRequest` unless the one member that the scope needs is there,
  ///   and no other: a mistaken scope would log out the wrong people. `notFound` for text that is
  ///   no id.
  func target() throws(HTTPFailure) -> LogoutTarget {
    let given = [
      (self.kind != nil, "kind"), (self.email != nil, "email"),
      (self.deviceID != nil, "device_id"), (self.sessionID != nil, "session_id"),
    ]
    let needed: String? =
      switch self.scope {
      case .everyone: nil
      case .kind: "kind"
      case .account: "email"
      case .device: "device_id"
      case .session: "session_id"
      }
    for (isGiven, name) in given where isGiven && name != needed {
      throw .invalidRequest("member '\(name)' does not go with scope \(self.scope.rawValue)")
    }
    switch (self.scope, self.kind, self.email, self.deviceID, self.sessionID) {
    case (.everyone, _, _, _, _): return .everyone
    case (.kind, let kind?, _, _, _): return .kind(kind)
    case (.account, _, let email?, _, _):
      guard let email = EmailAddress(email) else {
        throw .invalidRequest("member 'email' is not an e-mail address")
      }
      return .account(email)
    case (.device, _, _, let device?, _):
      guard let id = DeviceID(device) else { throw .noSuchTarget(self.scope) }
      return .device(id)
    case (.session, _, _, _, let session?):
      guard let id = SessionID(session) else { throw .noSuchTarget(self.scope) }
      return .session(id)
    default: throw .invalidRequest("scope \(self.scope.rawValue) needs '\(needed ?? "")'")
    }
  }
}

extension HTTPFailure {
  static func noSuchTarget(_ scope: RevocationScope.Word) -> HTTPFailure {
    .notFound("there is no such \(scope.rawValue) to log out")
  }
}

struct LoggedOutBody: Encodable {
  let scope: RevocationScope.Word
  let epoch: UInt64
  let reason: String

  init(_ record: LogoutRecord) {
    self.scope = record.scope.word
    self.epoch = record.epoch
    self.reason = record.reason
  }
}
