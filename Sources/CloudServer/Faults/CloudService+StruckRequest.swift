import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird

extension CloudService {
  /// Notes of a request that a fault answers what its route would have noted: who made it, and with
  /// which token. Changes nothing, and a token or a proof that is shown here is not used by it.
  ///
  /// - Parameter request: Its body is kept, where it was read.
  @Sendable func describeForJournal(
    _ request: inout Request, _ subject: FaultSubject, _ context: CloudRequestContext
  ) async throws {
    context.note.add { facts in
      facts.client = subject.clientID.flatMap { self.cloud.client(id: $0)?.id }
      facts.kind = subject.kind
      facts.grant = subject.grant
      facts.device = subject.device
    }
    let token = try await self.presentedToken(of: &request)
    let (inspection, account) = try await self.read { cloud, reader, now in
      let inspection = try token.flatMap { try cloud.inspect($0, in: reader, at: now) }
      // An address in another form is what somebody typed.
      let email = subject.grant == nil ? nil : subject.accountEmail
      return (inspection, try email.flatMap { try reader.account(email: $0)?.id })
    }
    context.note.add { $0.account = account }
    if let inspection { context.note.add(inspection, kind: self.kind(of: inspection)) }
  }

  /// Notes a token that came with a DPoP proof which is refused, so that its route does not look at
  /// it. Changes nothing.
  func note(_ token: Secret, kind: TokenPrefix, in note: RequestNote) async throws {
    let inspection = try await self.readBriefly { cloud, reader, now in
      try cloud.inspect(token, kind: kind, in: reader, at: now)
    }
    note.add { $0.client = $0.client ?? inspection.clientID }
    note.add(inspection, kind: self.kind(of: inspection))
  }

  /// The access or refresh token that comes with the request, or that it is about; nil for another
  /// grant's, which the journal does not tell of.
  private func presentedToken(of request: inout Request) async throws -> Secret? {
    if let token = request.presentedAccessToken { return token }
    guard request.method == .post, request.isForm,
      let form = try await self.formKeepingBody(of: &request)
    else { return nil }
    let path = request.uri.path
    if FaultSpecification.tokenRoute.isServed(at: path) {
      return form["refresh_token"].map { Secret($0) }
    }
    guard OpenRoute.revoke.isServed(at: path) else { return nil }
    return form["token"].map { Secret($0) }
  }

  /// Of the client that the token is of.
  func kind(of inspection: TokenInspection) -> ClientKind? {
    inspection.clientID.flatMap { self.cloud.kind(ofClient: $0) }
  }
}

extension OpenRoute {
  fileprivate func isServed(at path: String) -> Bool {
    FaultRoute(method: self.route.method.rawValue, path: self.route.path).isServed(at: path)
  }
}
