package import DeviceProtocol

extension Cloud {
  /// Tells whether a token is alive (RFC 7662): a resource server of every token, a client with a
  /// secret of its own. The checks are those of `authenticate` and of the refresh grant, but for the
  /// certificate, which the asker looks at.
  ///
  /// It changes nothing: a replaced refresh token that is shown here is no replay.
  ///
  /// - Parameters:
  ///   - callerID: Whoever asks says that it is this one (RFC 6749 §2.3.1).
  ///   - secret: What it shows for it.
  package func introspect(
    _ token: Secret, callerID: String, secret: Secret?, in reader: any StoreReader,
    at now: UnixMilliseconds
  ) throws -> IntrospectionOutcome {
    guard let asker = secret.flatMap({ self.asker(id: callerID, secret: $0) }) else {
      return .refused(
        GrantRefusal(.invalidClient, "Only a resource server or a client with its secret may ask."))
    }
    let active =
      try self.activeAccessToken(token, in: reader, at: now)
      ?? self.activeRefreshToken(token, in: reader, at: now)
    guard let active, asker.mayKnow(active) else { return .inactive }
    return .active(active)
  }

  private enum Asker {
    case resourceServer
    case client(id: String)

    func mayKnow(_ token: ActiveToken) -> Bool {
      switch self {
      case .resourceServer: true
      case .client(let id): token.clientID.utf8.elementsEqual(id.utf8)
      }
    }
  }

  /// Nil unless this is who it says.
  private func asker(id: String, secret: Secret) -> Asker? {
    if self.configuration.resourceServers.contains(where: { $0.isProved(byID: id, secret: secret) })
    {
      return .resourceServer
    }
    guard let client = self.client(id), case .secret(let hash) = client.authentication,
      hash.matches(secret)
    else { return nil }
    return .client(id: client.id)
  }

  private func activeAccessToken(
    _ token: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> ActiveToken? {
    guard let claims = try self.liveClaims(of: token, in: reader, at: now),
      let session = try reader.session(claims.session)
    else { return nil }
    return ActiveToken(
      use: .access, clientID: session.clientID, account: claims.account, session: claims.session,
      device: claims.device, issuedAt: claims.issuedAt, expiresAt: claims.expiresAt,
      binding: claims.binding, id: claims.id)
  }

  private func activeRefreshToken(
    _ token: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> ActiveToken? {
    guard let session = try self.liveSession(ofRefreshToken: token, in: reader, at: now),
      let client = self.client(session.clientID),
      let token = RefreshToken(parsing: token, keys: self.configuration.keys)
    else { return nil }
    return ActiveToken(
      use: .refresh, clientID: session.clientID, account: session.account, session: session.id,
      device: session.device, issuedAt: token.minted(in: session).at,
      expiresAt: session.expiry(under: client.policy),
      binding: session.binding, id: nil)
  }
}
