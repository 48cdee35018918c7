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
    routes.add(.get, "/admin/v1/audit", as: .audit, handler: self.showAudit)
    routes.add(
      .post, "/admin/v1/accounts/region", as: .moveAccount, handler: self.moveAccount)
    routes.add(.post, "/admin/v1/tokens/inspect", as: .inspectToken) { _, request, _ in
      try await self.inspectToken(request, gate: gate)
    }
    self.addFaultRoutes(to: &routes)
    self.addClockRoutes(to: &routes)
    self.addTokenRoutes(to: &routes)
    self.addRequestRoutes(to: &routes)
    self.addSnapshotRoutes(to: &routes)
    self.addKeyRoutes(to: &routes)
    self.addReceiverRoutes(to: &routes)
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
}
