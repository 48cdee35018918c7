package import DeviceProtocol

extension Cloud {
  /// Whom a request with this access token is of, for `FaultPlan.decide`: whether the token is alive
  /// or not, and nobody for one that this cloud did not make.
  package func faultSubject(
    _ subject: FaultSubject, of accessToken: Secret, in reader: any StoreReader,
    at now: UnixMilliseconds
  ) throws -> FaultSubject {
    guard let claims = try self.read(accessToken, in: reader, at: now)?.claims else {
      return subject
    }
    var subject = subject
    subject.kind = claims.kind
    subject.device = claims.device
    subject.accountEmail = try reader.account(claims.account)?.email
    subject.clientID = try reader.session(claims.session)?.clientID
    return subject
  }

  /// The kind of this client, if there is one.
  package func kind(ofClient id: String) -> ClientKind? {
    self.configuration.clients.first { $0.id == id }?.kind
  }
}
