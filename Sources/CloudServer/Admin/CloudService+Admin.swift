import CloudCore
import HTTPTypes
import Hummingbird
import Logging

extension CloudService {
  /// The admin listener (`docs/protocol.md`, "The admin listener").
  package func adminResponder(gate: AdminGate) -> CloudResponder {
    var routes = AdminRoutes(gate: gate)
    routes.add(.get, "/admin/v1/status", as: .status, handler: self.status)
    routes.add(.get, "/admin/v1/clients", as: .listClients, handler: self.listClients)
    routes.add(.post, "/admin/v1/logout", as: .logOut, handler: self.logOut)
    self.addFaultRoutes(to: &routes)
    self.addClockRoutes(to: &routes)
    self.addKeyRoutes(to: &routes)
    routes.add(.get, "/metrics", as: .metrics) { _, _, _ in await self.writeMetrics() }
    return routes.responder(logger: self.logger, metrics: self.metrics.adminHTTP)
  }

  private func status(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let limit = try request.limit(upTo: 100_000, default: 100)
    let status = try await self.read { cloud, reader, now in
      try cloud.status(limit: limit, in: reader, at: now)
    }
    return try .json(
      StatusBody(
        status, issuer: self.issuer.url, uptimeMilliseconds: self.uptimeMilliseconds,
        firmware: self.firmware, device: self.body))
  }

  /// Answers once the logout is durable and nothing more is written to any stream that it killed.
  private func logOut(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(LogoutBody.self, upTo: self.bodyByteCount)
    let target = try body.target()
    let outcome = try await self.write { cloud, transaction, now in
      try cloud.logOut(target, reason: body.reason ?? "", in: transaction, at: now)
    }
    switch outcome {
    case .loggedOut(let record):
      self.metrics.logouts.increment(record.scope.word.rawValue)
      self.logger.notice(
        "forced logout",
        metadata: ["scope": "\(record.scope.word.rawValue)", "epoch": "\(record.epoch)"])
      await self.endStreams(killedBy: record)
      return try .json(LoggedOutBody(record))
    case .unknownTarget:
      throw HTTPFailure.noSuchTarget(body.scope)
    }
  }
}
