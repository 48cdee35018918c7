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
    routes.add(.post, "/admin/v1/faults", as: .addFault, handler: self.addFault)
    routes.add(.get, "/admin/v1/faults", as: .listFaults) { _, _, _ in
      let rules = self.withFaultPlan { $0.rules }
      return try .json(FaultsBody(faults: rules.map(FaultRuleBody.init)))
    }
    routes.add(.delete, "/admin/v1/faults", as: .removeFaults) { _, _, _ in
      self.withFaultPlan { $0.removeAll() }
      return .noContent
    }
    self.addClockRoutes(to: &routes)
    self.addKeyRoutes(to: &routes)
    routes.add(.post, "/admin/v1/receivers", as: .addReceiver, handler: self.addReceiver)
    routes.add(.get, "/admin/v1/receivers", as: .listReceivers, handler: self.listReceivers)
    routes.add(
      .delete, "/admin/v1/receivers/{id}", as: .removeReceiver, handler: self.removeReceiver)
    return routes.responder(logger: self.logger)
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
      self.logger.notice(
        "forced logout",
        metadata: ["scope": "\(record.scope.word.rawValue)", "epoch": "\(record.epoch)"])
      await self.endStreams(killedBy: record)
      return try .json(LoggedOutBody(record))
    case .unknownTarget:
      throw HTTPFailure.noSuchTarget(body.scope)
    }
  }

  private func addFault(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(FaultBody.self, upTo: self.bodyByteCount)
    let email = try body.accountEmail.map { text in
      guard let email = EmailAddress(text) else {
        throw HTTPFailure.invalidRequest("member 'account_email' is not an e-mail address")
      }
      return email
    }
    let rule = self.withFaultPlan { plan in
      plan.add(
        grant: body.grant, deviceText: body.deviceID, accountEmail: email,
        phase: body.phase, skip: body.skip?.value ?? 0, count: body.count?.value ?? 1)
    }
    return try .json(FaultRuleBody(rule: rule), status: .created)
  }
}
