import CloudCore
import HTTPTypes
import Hummingbird

extension CloudService {
  /// `/admin/v1/faults` (`docs/faults.md`)
  func addFaultRoutes(to routes: inout AdminRoutes) {
    let known = self.publicRoutes().list
    routes.add(.post, "/admin/v1/faults", as: .addFault) { _, request, _ in
      try await self.addFault(request, routes: known)
    }
    routes.add(.get, "/admin/v1/faults", as: .listFaults) { _, _, _ in
      let rules = self.faults.withPlan { $0.rules }
      return try .json(FaultsBody(faults: rules.map(FaultRuleBody.init)))
    }
    routes.add(.delete, "/admin/v1/faults", as: .removeFaults) { _, _, _ in
      self.faults.withPlan { $0.removeAll() }
      return .noContent
    }
    routes.add(.get, "/admin/v1/faults/firings", as: .listFirings) { _, request, _ in
      try self.firings(request)
    }
    routes.add(.get, "/admin/v1/faults/{id}", as: .showFault) { _, _, context in
      let id = try context.faultID
      guard let rule = self.faults.withPlan({ $0[id] }) else { throw HTTPFailure.noSuchFault }
      return try .json(FaultRuleBody(rule: rule))
    }
    routes.add(.delete, "/admin/v1/faults/{id}", as: .removeFault) { _, _, context in
      let id = try context.faultID
      guard self.faults.withPlan({ $0.remove(id) }) else { throw HTTPFailure.noSuchFault }
      return .noContent
    }
  }

  private func addFault(_ request: Request, routes: [FaultRoute]) async throws -> Response {
    let body = try await request.json(FaultBody.self, upTo: self.bodyByteCount)
    let specification: FaultSpecification
    do throws(FaultProblem) {
      specification = try body.specification()
      try specification.check(
        routes: routes, clientIDs: self.cloud.configuration.clients.map(\.id))
      try self.faults.prepare(specification)
    } catch {
      throw HTTPFailure.invalidRequest(error.description)
    }
    guard let rule = self.faults.withPlan({ $0.add(specification) }) else {
      throw HTTPFailure.conflict(
        "there are \(FaultPlan.maximumRuleCount) faults already; remove some")
    }
    return try .json(FaultRuleBody(rule: rule), status: .created)
  }

  /// What faults did, the newest `limit` of it, from the oldest on.
  private func firings(_ request: Request) throws -> Response {
    let query = try request.query()
    let limit = try request.limit(upTo: FaultFirings.maximumCount, default: 1_000)
    let rule = try query.identifier("fault_id")
    let after = try query.identifier("after") ?? 0
    let firings = self.faults.withPlan { $0.firings }
    return try .json(
      FaultFiringsBody(
        firings: firings.newest(limit, of: rule, after: after).map(FaultFiringBody.init),
        count: firings.count, dropped: firings.droppedCount))
  }
}

extension Form {
  fileprivate func identifier(_ name: String) throws(HTTPFailure) -> UInt64? {
    guard let text = self[name] else { return nil }
    guard let id = UInt64(text) else {
      throw .invalidRequest("parameter '\(name)' is no whole number")
    }
    return id
  }
}

extension CloudRequestContext {
  fileprivate var faultID: UInt64 {
    get throws {
      guard let text = self.parameters.get("id"), let id = UInt64(text) else {
        throw HTTPFailure.noSuchFault
      }
      return id
    }
  }
}

extension HTTPFailure {
  fileprivate static let noSuchFault = HTTPFailure.notFound("there is no such fault")
}
