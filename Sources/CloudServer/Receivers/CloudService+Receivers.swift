import CloudCore
import HTTPTypes
import Hummingbird
import Logging

extension CloudService {
  func addReceiverRoutes(to routes: inout AdminRoutes) {
    routes.add(.post, "/admin/v1/receivers", as: .addReceiver, handler: self.addReceiver)
    routes.add(.get, "/admin/v1/receivers", as: .listReceivers, handler: self.listReceivers)
    routes.add(
      .delete, "/admin/v1/receivers/{id}", as: .removeReceiver, handler: self.removeReceiver)
  }

  /// `POST /admin/v1/receivers`
  @Sendable private func addReceiver(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(ReceiverBody.self, upTo: self.bodyByteCount)
    let outcome = try await self.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      return try cloud.subscribe(
        endpoint: body.endpoint, audience: body.audience,
        authorization: body.authorization.map { Secret($0) }, in: transaction, at: now,
        random: &random)
    }
    switch outcome {
    case .subscribed(let receiver):
      self.securityEvents.watch(true)
      self.logger.notice("receiver subscribed", metadata: ["receiver": "\(receiver.id.text)"])
      return try .json(ReceiverStateBody(receiver: receiver, waiting: 0), status: .created)
    case .invalid(let description):
      throw HTTPFailure.operatorRefused(.badRequest(.badReceiver, description))
    case .tooMany(let limit):
      throw HTTPFailure.operatorRefused(
        .conflict(
          .tooManyReceivers, "there are \(limit) receivers, which is as many as there may be"))
    }
  }

  /// `GET /admin/v1/receivers`
  @Sendable private func listReceivers(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let states = try await self.read { _, reader, _ in
      try reader.receivers().map { ($0, try reader.securityEventCount(after: $0.position)) }
    }
    return try .json(
      ReceiversBody(
        receivers: states.map { receiver, waiting in
          ReceiverStateBody(receiver: receiver, waiting: waiting)
        }))
  }

  /// `DELETE /admin/v1/receivers/{id}`
  @Sendable private func removeReceiver(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    guard let id = context.parameters.get("id").flatMap({ ReceiverID($0) }),
      try await self.write({ cloud, transaction, _ in
        try cloud.unsubscribe(id, in: transaction)
      })
    else {
      throw HTTPFailure.operatorRefused(.notFound(.unknownReceiver, "there is no such receiver"))
    }
    self.logger.notice("receiver removed", metadata: ["receiver": "\(id.text)"])
    return .noContent
  }
}
