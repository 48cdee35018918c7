import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird
import Logging

extension CloudService {
  /// Of a body with a list: some 400,000 ids.
  private static let listByteCount = 16 * 1_024 * 1_024
  /// Of a list, looked up at once.
  private static let pieceCount = 1_000

  /// `POST /admin/v1/logout`. Answers once the logout is durable and nothing more is written to any
  /// stream that it killed.
  @Sendable func logOut(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(LogoutBody.self, upTo: Self.listByteCount)
    let reason = try body.checkedReason()
    guard let target = try body.target() else {
      return try await offEventLoop {
        try await self.logOutList(body, reason: reason, by: caller)
      }
    }
    if body.dryRun == true { return try await self.showReach(of: target, body) }
    let outcome = try await self.writeFirst { cloud, transaction, now in
      try cloud.logOut(
        target, reason: reason, operatorName: caller.name, in: transaction, at: now)
    }
    switch outcome {
    case .loggedOut(let record):
      self.metrics.logouts.increment(record.scope.word.rawValue)
      self.logger.notice(
        "forced logout",
        metadata: ["scope": "\(record.scope.word.rawValue)", "epoch": "\(record.epoch)"])
      await self.endStreams(killedBy: [record])
      return try .json(LoggedOutBody(record))
    case .unknownTarget: throw body.noSuchTarget
    case .timeToCome: throw HTTPFailure.timeToCome
    }
  }

  private func showReach(
    of target: LogoutTarget, _ body: LogoutBody
  ) async throws -> Response {
    let outcome = try await self.read { cloud, reader, now in
      try cloud.reach(of: target, in: reader, at: now)
    }
    switch outcome {
    case .reaches(let reach, let scope, let cutOff):
      return try .json(
        LogoutReachBody(
          scope: body.scope, reach,
          streams: try await self.streamCount(endedBy: [scope], cutOff: cutOff),
          before: cutOff?.shown))
    case .unknownTarget: throw body.noSuchTarget
    case .timeToCome: throw HTTPFailure.timeToCome
    }
  }

  private func logOutList(
    _ body: LogoutBody, reason: String, by caller: Operator
  ) async throws -> Response {
    let list = (body.entries ?? []).map { LogoutListEntry($0) }
    guard !list.isEmpty else { throw HTTPFailure.invalidRequest("member 'entries' is empty") }
    let resolved = try await self.resolve(list)
    if body.dryRun == true {
      let streams = try await self.streamCount(endedBy: resolved.scopes, cutOff: nil)
      return try .json(
        LogoutReachBody(
          scope: body.scope, resolved.reach, streams: streams, unknown: resolved.unknown))
    }
    guard body.skipUnknown == true || resolved.unknown.isEmpty else {
      return try .json(UnknownEntriesBody(resolved.unknown), status: .badRequest)
    }
    let records = try await self.writeFirst { cloud, transaction, now in
      try cloud.logOut(
        resolved, reason: reason, operatorName: caller.name, in: transaction, at: now)
    }
    self.metrics.logouts.increment("list")
    self.logger.notice(
      "forced logout", metadata: ["scope": "list", "count": "\(records.count)"])
    await self.endStreams(killedBy: records)
    return try .json(
      ListLoggedOutBody(
        loggedOut: records.count,
        sessions: records.reduce(0) { $0 + ($1.sessionCount ?? 0) },
        unknown: resolved.unknown, reason: reason))
  }

  /// In pieces, between which others read and write.
  private func resolve(_ list: [LogoutListEntry?]) async throws -> ResolvedLogoutList {
    var resolved = ResolvedLogoutList()
    for start in stride(from: 0, to: list.count, by: Self.pieceCount) {
      let piece = list[start..<min(start + Self.pieceCount, list.count)]
      resolved.add(
        try await self.read { cloud, reader, now in
          try cloud.resolve(piece, in: reader, at: now)
        })
    }
    return resolved
  }

  /// `GET /admin/v1/audit`, newest first.
  @Sendable func showAudit(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let limit = try request.limit(upTo: 10_000, default: 100)
    let before = try request.queryNumber("before")
    // One more than asked for tells whether there are more.
    let entries = try await self.read { _, reader, _ in
      try reader.auditEntries(before: before, limit: limit + 1)
    }
    let shown = entries.prefix(limit)
    return try .json(
      AuditBody(
        entries: shown.map(AuditBody.Entry.init),
        next: entries.count > limit ? shown.last?.sequence : nil))
  }

  /// `POST /admin/v1/accounts/region`
  @Sendable func moveAccount(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(MoveAccountBody.self, upTo: self.bodyByteCount)
    guard let email = EmailAddress(body.email) else {
      throw HTTPFailure.invalidRequest("member 'email' is not an e-mail address")
    }
    let region = try Region(member: body.region)
    let given = try logoutReason(body.reason)
    let reason = given.isEmpty ? "the account moved to the region \(region.text)" : given
    let outcome = try await self.write { cloud, transaction, now in
      try cloud.move(
        email, to: region, reason: reason, operatorName: caller.name, in: transaction, at: now)
    }
    guard case .moved(let account, let former, let record) = outcome else {
      throw HTTPFailure.notFound("there is no account with this e-mail address")
    }
    if let record { await self.endStreams(killedBy: [record]) }
    return try .json(
      MovedAccountBody(
        accountID: account.id.text, region: region.text, formerRegion: former.text,
        epoch: record?.epoch))
  }
}

extension HTTPFailure {
  fileprivate static let timeToCome = HTTPFailure.invalidRequest(
    "member 'before' is later than the cloud's present time")
}
