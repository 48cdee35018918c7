import CloudCore
import Hummingbird

/// Who called what: for operators, and for tests.
extension CloudService {
  /// How often an assertion that is waited for is looked at.
  private static let lookInterval = Duration.milliseconds(20)

  func addRequestRoutes(to routes: inout AdminRoutes) {
    routes.add(.get, "/admin/v1/requests", as: .listRequests, handler: self.listRequests)
    routes.add(
      .post, "/admin/v1/requests/assert", as: .assertRequests, handler: self.assertRequests)
  }

  private func listRequests(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let query = try request.query(of: RequestFilter.names.union(["since", "cursor", "limit"]))
    let limit = try request.limit(upTo: 10_000, default: 100)
    var values: [String: String] = [:]
    for name in RequestFilter.names { values[name] = query[name] }
    let filter = try await self.filter(values)
    let start = try Self.start(since: query["since"], cursor: query["cursor"])
    let page = try await context.connection.whileOpen {
      start.since == nil && start.after == nil
        ? self.journal.newest(limit, where: filter.includes)
        : self.journal.first(limit, from: start, where: filter.includes)
    }
    return try .json(RequestPageBody(page))
  }

  /// Answers once it holds, or cannot hold any more, or its time is over.
  private func assertRequests(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(AssertionBody.self, upTo: self.bodyByteCount)
    let assertion = RequestAssertion(
      bound: try body.bound(),
      start: try Self.start(since: body.since?.text, cursor: body.cursor),
      filter: try await self.filter(
        (body.conditions ?? [:]).mapValues(\.text), also: body.assertion?.condition),
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
    _ values: [String: String], also: (@Sendable (RequestRecord) -> Bool)? = nil
  ) async throws -> RequestFilter {
    let account = try values["account"].map(AccountName.init)
    let id = try await self.read { _, reader, _ in try account?.id(in: reader) }
    return try RequestFilter(values, account: id, also: also)
  }

  private static func start(
    since: String?, cursor: String?
  ) throws(HTTPFailure) -> RequestJournal.Start {
    var start = RequestJournal.Start()
    if let since {
      guard let time = TimeText.parse(since) else {
        throw .invalidRequest(
          "'since' is neither a time such as 2026-01-31T12:00:00Z nor milliseconds")
      }
      start.since = time
    }
    if let cursor {
      guard let sequence = UInt64(cursor) else {
        throw .invalidRequest("'cursor' is not one that was given")
      }
      start.after = sequence
    }
    return start
  }
}
