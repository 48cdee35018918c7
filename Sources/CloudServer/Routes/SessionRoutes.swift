import CloudCore
import Hummingbird

/// An owner's sessions, one by one.
extension CloudService {
  /// `GET /v1/sessions`
  @Sendable func listSessions(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let sessions = try await self.read(as: caller) { cloud, reader, now in
      try cloud.sessions(of: caller, in: reader, at: now)
    }
    return try .json(SessionListBody(sessions: sessions.map { ListedSessionBody(view: $0) }))
  }

  /// `DELETE /v1/sessions/{id}`
  @Sendable func revokeSession(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let id = context.parameters.get("id").flatMap { SessionID($0) }
    let origin = EventOrigin.client(context.connection.remoteAddress, certificate: nil)
    let outcome = try await self.write { cloud, transaction, now in
      let outcome = try cloud.revokeSession(id, by: caller, in: transaction, at: now)
      if case .revoked(let events) = outcome {
        try cloud.note(events, from: origin, in: transaction, at: now)
      }
      return outcome
    }
    switch outcome {
    case .revoked(let events):
      await self.announce(events)
      return .noContent
    case .notFound: throw HTTPFailure.notFound("you have no such session")
    case .wrongKind: throw HTTPFailure.wrongKind
    case .refused(let refusal): throw HTTPFailure.tokenRefused(refusal, isDPoP: caller.isDPoP)
    }
  }
}
