import CloudCore
import DeviceProtocol
import Hummingbird

/// Who called what: for operators, and for tests.
extension CloudService {
  /// How often an assertion that is waited for is looked at.
  private static let lookInterval = Duration.milliseconds(20)
  /// How far ahead of the cloud's clock `since` may be: that of whoever asks may be a little fast.
  private static let sinceToleranceMilliseconds: UInt64 = 1_000

  func addRequestRoutes(to routes: inout AdminRoutes) {
    let known = RequestFilter.Known(
      clients: Set(self.cloud.configuration.clients.map(\.id)),
      paths: Set(self.publicRoutes().list.map(\.path)).union(["/openapi.json"]))
    routes.add(.get, "/admin/v1/requests", as: .listRequests) { _, request, context in
      try await self.listRequests(request, context, known)
    }
    routes.add(.post, "/admin/v1/requests/assert", as: .assertRequests) { _, request, context in
      try await self.assertRequests(request, context, known)
    }
  }

  private func listRequests(
    _ request: Request, _ context: CloudRequestContext, _ known: RequestFilter.Known
  ) async throws -> Response {
    let query = try request.query()
    let limit = try request.limit(upTo: 10_000, default: 100)
    var values: [String: String] = [:]
    for name in RequestFilter.names { values[name] = query[name] }
    let filter = try await self.filter(values, known)
    let start = try self.start(since: query["since"], cursor: query["cursor"])
    let page = try await context.connection.whileOpen {
      start.since == nil && start.after == nil
        ? self.journal.newest(limit, where: filter.includes)
        : self.journal.first(limit, from: start, where: filter.includes)
    }
    return try .json(RequestPageBody(page, cursor: self.journal.cursor(after: page.cursor)))
  }

  /// Answers once it holds, or cannot hold any more, or its time is over.
  private func assertRequests(
    _ request: Request, _ context: CloudRequestContext, _ known: RequestFilter.Known
  ) async throws -> Response {
    let body = try await request.json(AssertionBody.self, upTo: self.bodyByteCount)
    let assertion = RequestAssertion(
      bound: try body.bound(),
      start: try self.start(since: body.since?.text, cursor: body.cursor),
      filter: try await self.filter(
        (body.conditions ?? [:]).mapValues(\.text), known, also: body.assertion?.condition),
      name: body.assertion)
    let deadline = ContinuousClock.now + (try body.wait())
    let verdict = try await context.connection.whileOpen {
      var tally = RequestAssertion.Tally()
      var verdict = assertion.judge(self.journal, adding: &tally)
      while !verdict.holds, verdict.canStillHold, ContinuousClock.now < deadline {
        try await Task.sleep(for: Self.lookInterval)
        guard self.journal.newest != tally.last else { continue }
        verdict = assertion.judge(self.journal, adding: &tally)
      }
      return verdict
    }
    return try .json(
      VerdictBody(verdict, of: assertion), status: verdict.holds ? .ok : .conflict)
  }

  private func filter(
    _ values: [String: String], _ known: RequestFilter.Known,
    also: (@Sendable (RequestRecord) -> Bool)? = nil
  ) async throws -> RequestFilter {
    let name = try values["account"].map(AccountName.init)
    let account = try await self.read { _, reader, _ in try name?.id(in: reader) }
    // A claim about whom there is not would hold whatever happens.
    if name != nil, account == nil { throw HTTPFailure.noSuchAccountAsked }
    let filter = try RequestFilter(values, account: account, known: known, also: also)
    try await self.checkThereIs(
      device: values["device"].flatMap { DeviceID($0) },
      session: values["session"].flatMap { SessionID($0) })
    return filter
  }

  /// Those that a restored snapshot does not know are known by what they asked.
  private func checkThereIs(device: DeviceID?, session: SessionID?) async throws {
    let (hasDevice, hasSession) = try await self.read { _, reader, _ in
      (
        try device.map { try reader.device($0) != nil } ?? true,
        try session.map { try reader.session($0) != nil } ?? true
      )
    }
    func hasAsked(_ condition: (RequestRecord) -> Bool) -> Bool {
      !self.journal.newest(1, where: condition).records.isEmpty
    }
    if !hasDevice, !hasAsked({ $0.facts.device == device }) {
      throw HTTPFailure.operatorRefused(
        .badRequest(.unknownDevice, "there is no device with this id, or none that was ever paired")
      )
    }
    if !hasSession, !hasAsked({ $0.facts.session == session }) {
      throw HTTPFailure.operatorRefused(
        .badRequest(.unknownSession, "there is no session with this id"))
    }
  }

  private func start(
    since: String?, cursor: String?
  ) throws(HTTPFailure) -> RequestJournal.Start {
    var start = RequestJournal.Start()
    if let since {
      guard let time = TimeText.parse(since) else {
        throw .invalidRequest(
          "'since' is neither a time such as 2026-01-31T12:00:00Z nor milliseconds")
      }
      // A claim about a time to come would hold, or not, whatever happens until then.
      let now = self.clock.now
      guard time.value <= now.value + Self.sinceToleranceMilliseconds else {
        throw .invalidRequest(
          "'since' is \(TimeText.text(time)), which is to come: the cloud's clock reads "
            + TimeText.text(now))
      }
      start.since = time
    }
    if let cursor {
      guard let sequence = self.journal.sequence(ofCursor: cursor) else {
        throw .invalidRequest("'cursor' is not one that was given since the cloud's start")
      }
      start.after = sequence
    }
    return start
  }
}
