import CloudCore
import DeviceProtocol

/// Of `POST /admin/v1/tokens/expire` and `…/revoke`: whose, named in one way.
struct TokenTargetBody: StrictBody {
  let sessionID: String?
  let deviceID: String?
  let account: String?
  let client: String?
  let kind: ClientKind?
  let everyone: Bool?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case account, client, kind, everyone
    case sessionID = "session_id"
    case deviceID = "device_id"
  }

  /// - Throws: `HTTPFailure` unless exactly one member is there: a mistaken target would hit others.
  func onlyTarget() throws(HTTPFailure) -> TokenTarget {
    let given: [TokenTarget?] = [
      try self.session(), try self.device(), try self.accountTarget(),
      self.client.map { .client($0) }, self.kind.map { .kind($0) },
      self.everyone == true ? .everyone : nil,
    ]
    let targets = given.compactMap(\.self)
    guard targets.count == 1, self.everyone != false, let target = targets.first else {
      throw .invalidRequest(
        "give one of 'session_id', 'device_id', 'account', 'client', 'kind' and 'everyone' (true)")
    }
    return target
  }

  /// A session, a device, or an account with a client or kind beside it.
  func narrowTarget() throws(HTTPFailure) -> (TokenTarget, SessionFilter) {
    let targets = [try self.session(), try self.device(), try self.accountTarget()]
      .compactMap(\.self)
    guard targets.count == 1, self.everyone == nil, let target = targets.first,
      self.account != nil || (self.client == nil && self.kind == nil)
    else {
      throw .invalidRequest(
        "give one of 'session_id', 'device_id' and 'account'; 'client' and 'kind' go with an account; whoever is wider is logged out (/admin/v1/logout)"
      )
    }
    return (target, SessionFilter(client: self.client, kind: self.kind))
  }

  private func session() throws(HTTPFailure) -> TokenTarget? {
    guard let text = self.sessionID else { return nil }
    guard let id = SessionID(text) else { throw .noSuchSession(text) }
    return .session(id)
  }

  private func device() throws(HTTPFailure) -> TokenTarget? {
    guard let text = self.deviceID else { return nil }
    guard let id = DeviceID(text) else {
      throw .noSuch("device", .unknownDevice, text)
    }
    return .device(id)
  }

  private func accountTarget() throws(HTTPFailure) -> TokenTarget? {
    guard let text = self.account else { return nil }
    guard let email = EmailAddress(text) else {
      throw .invalidRequest("member 'account' is not an e-mail address")
    }
    return .account(email)
  }
}

extension HTTPFailure {
  static func noSuchSession(_ name: String) -> HTTPFailure {
    .noSuch("session", .unknownSession, name)
  }

  static func unknown(_ target: TokenTarget) -> HTTPFailure {
    switch target {
    case .session(let id): .noSuchSession(id.text)
    case .device(let id): .noSuch("device", .unknownDevice, id.text)
    case .account(let email): .noSuch("account", .unknownAccount, email.text)
    case .client(let id): .noSuch("client", .unknownClient, id)
    // There always is one.
    case .everyone: .noSuch("client", .unknownClient, "")
    case .kind(let kind): .noSuch("client", .unknownClient, kind.rawValue)
    }
  }

  fileprivate static func noSuch(
    _ what: String, _ reason: OperatorRefusal.Reason, _ name: String
  ) -> HTTPFailure {
    .operatorRefused(.notFound(reason, "there is no such \(what): '\(name.escapedForAnswer)'"))
  }
}

struct ExpiredTokensBody: Encodable {
  /// As in `kind:camera`.
  let scope: String
}

struct RevokedSessionsBody: Encodable { let revoked: [String] }

/// SESSION of `docs/protocol.md`.
struct OperatorSessionBody: Encodable {
  let id, client, kind, accountID: String
  let account: String?
  let deviceID: String?
  let createdAt, rotatedAt, generation, confirmedGeneration: UInt64
  /// `live`, or the reason that its refresh token would be refused with.
  let state: String
  let endedAs: String?
  let logout: StatusBody.Logout?

  enum CodingKeys: String, CodingKey {
    case id, client, kind, account, generation, state, logout
    case accountID = "account_id"
    case deviceID = "device_id"
    case createdAt = "created_at"
    case rotatedAt = "rotated_at"
    case confirmedGeneration = "confirmed_generation"
    case endedAs = "ended_as"
  }

  init(_ view: SessionView) {
    let session = view.session
    self.id = session.id.text
    self.client = session.clientID
    self.kind = session.kind.rawValue
    self.accountID = session.account.text
    self.account = view.accountEmail?.text
    self.deviceID = session.device?.text
    self.createdAt = session.createdAt.value
    self.rotatedAt = session.rotatedAt.value
    self.generation = session.generation
    self.confirmedGeneration = session.confirmedGeneration
    self.state = view.refusal?.rawValue ?? "live"
    self.endedAs = session.end?.rawValue
    self.logout = view.logout.map(StatusBody.Logout.init)
  }
}

struct OperatorSessionsBody: Encodable {
  let sessions: [OperatorSessionBody]
  /// For the next page; absent on the last.
  let cursor: String?
}

struct SessionHistoryBody: Encodable {
  let session: OperatorSessionBody
  let history: [Entry]

  struct Entry: Encodable {
    let number, at, generation: UInt64
    let event: String
    /// `client` or `operator`.
    let by: String
    let address: String?
    /// SHA-256 of the certificate in base64url (`x5t#S256`).
    let certificate: String?
    let endedAs: String?

    enum CodingKeys: String, CodingKey {
      case number, at, generation, event, by, address, certificate
      case endedAs = "ended_as"
    }

    init(_ entry: HistoryEntry) {
      self.number = entry.number
      self.at = entry.event.at.value
      self.generation = entry.event.generation
      self.event = entry.event.word.rawValue
      self.endedAs = entry.event.end?.rawValue
      switch entry.event.origin {
      case .client(let address, let certificate):
        self.by = "client"
        self.address = address.text
        self.certificate = certificate.map {
          String(decoding: Base64URL.encode($0.bytes), as: UTF8.self)
        }
      case .operator:
        (self.by, self.address, self.certificate) = ("operator", nil, nil)
      }
    }
  }
}
