import CloudCore
import DeviceProtocol
import Hummingbird
import Logging

/// What operators do to tokens and see of sessions.
extension CloudService {
  func addTokenRoutes(to routes: inout AdminRoutes) {
    routes.add(.post, "/admin/v1/tokens/expire", as: .expireTokens, handler: self.expireTokens)
    routes.add(.post, "/admin/v1/tokens/revoke", as: .revokeSessions, handler: self.revokeSessions)
    routes.add(.get, "/admin/v1/sessions", as: .listSessions, handler: self.listSessions)
    routes.add(.get, "/admin/v1/sessions/{id}/history", as: .showHistory, handler: self.showHistory)
  }

  /// Answers once none of these access tokens is accepted any more and the streams on them have ended.
  private func expireTokens(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(TokenTargetBody.self, upTo: self.bodyByteCount)
    let target = try body.onlyTarget()
    let scope = try await self.write { cloud, transaction, now in
      try cloud.expireAccessTokens(of: target, in: transaction, at: now)
    }
    guard let scope else { throw HTTPFailure.unknown(target) }
    self.logger.notice("access tokens expired", metadata: ["scope": "\(scope.text)"])
    await self.endDeadStreams { _ in true }
    return try .json(ExpiredTokensBody(scope: scope.text))
  }

  private func revokeSessions(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(TokenTargetBody.self, upTo: self.bodyByteCount)
    let (target, filter) = try body.narrowTarget()
    if let client = filter.client, !self.isClient(client) {
      throw HTTPFailure.unknown(.client(client))
    }
    let events = try await self.write { cloud, transaction, now in
      try cloud.revokeSessions(of: target, where: filter, in: transaction, at: now)
    }
    guard let events else { throw HTTPFailure.unknown(target) }
    await self.announce(events)
    return try .json(
      RevokedSessionsBody(
        revoked: events.compactMap {
          if case .sessionEnded(let id, _) = $0 { id.text } else { nil }
        }))
  }

  private func listSessions(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let query = try request.query()
    let limit = try request.limit(upTo: 1_000, default: 100)
    if let client = query["client"], !self.isClient(client) {
      throw HTTPFailure.operatorRefused(
        .badRequest(.unknownClient, "'\(client.escapedForAnswer)' is no client of this cloud"))
    }
    var filter = SessionFilter(client: query["client"])
    if let text = query["kind"] {
      guard let kind = ClientKind(rawValue: text) else {
        throw HTTPFailure.invalidRequest("parameter 'kind' is no kind of client")
      }
      filter.kind = kind
    }
    if let text = query["device"] {
      guard let id = DeviceID(text) else {
        throw HTTPFailure.invalidRequest("parameter 'device' is no id of a device")
      }
      filter.device = id
    }
    let after = try query["cursor"].map { text in
      guard let id = SessionID(text) else {
        throw HTTPFailure.invalidRequest("parameter 'cursor' is not one that was given")
      }
      return id
    }
    let account = try query["account"].map(AccountName.init)
    let page = try await self.read { [filter] cloud, reader, now in
      var filter = filter
      if let account {
        guard let id = try account.id(in: reader) else { throw HTTPFailure.noSuchAccountAsked }
        filter.account = id
      }
      // One more than asked for tells whether there are more.
      return try cloud.sessions(
        where: filter, after: after, limit: limit + 1, in: reader, at: now)
    }
    return try .json(
      OperatorSessionsBody(
        sessions: page.prefix(limit).map(OperatorSessionBody.init),
        cursor: page.count > limit ? page[limit - 1].session.id.text : nil))
  }

  private func isClient(_ id: String) -> Bool {
    self.cloud.configuration.clients.contains { $0.id == id }
  }

  private func showHistory(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let name = context.parameters.get("id") ?? ""
    guard let id = SessionID(name) else { throw HTTPFailure.noSuchSession(name) }
    let found = try await self.read { cloud, reader, now in
      try cloud.history(of: id, in: reader, at: now)
    }
    guard let (session, entries) = found else { throw HTTPFailure.noSuchSession(name) }
    return try .json(
      SessionHistoryBody(
        session: OperatorSessionBody(session),
        history: entries.map(SessionHistoryBody.Entry.init)))
  }
}

/// An account as operators name it: by its e-mail address, or by its id.
enum AccountName: Sendable {
  case email(EmailAddress)
  case id(AccountID)

  init(_ text: String) throws(HTTPFailure) {
    if let id = AccountID(text) {
      self = .id(id)
    } else if let email = EmailAddress(text) {
      self = .email(email)
    } else {
      throw .invalidRequest("'account' is neither an e-mail address nor an id")
    }
  }

  func id(in reader: any StoreReader) throws -> AccountID? {
    switch self {
    case .email(let email): try reader.account(email: email)?.id
    case .id(let id): try reader.account(id)?.id
    }
  }
}

extension HTTPFailure {
  /// Of a list or a claim: a 404 is for a target.
  static let noSuchAccountAsked = operatorRefused(
    .badRequest(.unknownAccount, "there is no account of this name"))
}
