package import DeviceProtocol

extension Cloud {
  /// Explains a token to an operator: whose it is, and whether and why it is dead. It changes nothing:
  /// a replaced refresh token that is shown here is no replay.
  ///
  /// - Parameter kind: As the token's text says.
  package func inspect(
    _ token: Secret, kind: TokenPrefix, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> TokenInspection {
    switch kind {
    case .access: try self.inspectAccessToken(token, in: reader, at: now)
    case .refresh: try self.inspectRefreshToken(token, in: reader, at: now)
    case .pairing: try self.inspectPairingToken(token, in: reader, at: now)
    case .authorizationCode: try self.inspectCode(token, in: reader, at: now)
    case .deviceCode: try self.inspectDeviceCode(token, in: reader, at: now)
    case .resourceServer: self.inspectResourceServerSecret(token)
    case .admin: .unknown(.admin, token, "It is not this cloud's present admin token.")
    }
  }

  private func inspectAccessToken(
    _ token: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> TokenInspection {
    guard let (claims, refusal) = try self.judged(token, in: reader, at: now) else {
      return .unknown(.access, token, "These keys did not make it.")
    }
    let session = try reader.session(claims.session)
    var inspection: TokenInspection =
      switch refusal {
      case nil: TokenInspection(.access, token, .alive, "It is taken until it expires.")
      case .expired?:
        TokenInspection(
          .access, token, .dead, reason: "expired",
          now < claims.issuedAt
            ? "It is from the future: the clock has jumped back." : "Its life is over.")
      case .tokenUnknown?:
        .unknown(.access, token, "These keys made it, but there is no such session.")
      case .sessionEnded?:
        TokenInspection(
          .access, token, .dead, reason: "session_ended", Self.explanation(of: session?.end))
      case .loggedOut?, .wrongCertificate?, .wrongScheme?, .wrongKey?:
        TokenInspection(
          .access, token, .dead, reason: refusal?.reason, "A forced logout has killed it.")
      }
    inspection.issuedAt = claims.issuedAt
    inspection.expiresAt = claims.expiresAt
    inspection.clientID = session?.clientID
    inspection.account = claims.account
    inspection.device = claims.device
    inspection.session = claims.session
    inspection.sessionEnd = session?.end
    inspection.generation = claims.generation
    inspection.sessionGeneration = session?.generation
    let subject = EpochSubject(
      kind: claims.kind, account: claims.account, device: claims.device, session: claims.session)
    inspection.epochs = try self.epochs(of: claims.epochs, for: subject, in: reader)
    if case .loggedOut(let record)? = refusal { inspection.logout = record }
    return inspection
  }

  private func inspectRefreshToken(
    _ text: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> TokenInspection {
    guard let token = RefreshToken(parsing: text, keys: self.configuration.keys) else {
      return .unknown(.refresh, text, "These keys did not make it.")
    }
    guard let session = try reader.session(token.session),
      let client = self.client(session.clientID)
    else {
      var inspection = TokenInspection.unknown(
        .refresh, text, "These keys made it, but there is no such session, or no such client.")
      inspection.session = token.session
      inspection.generation = token.generation
      inspection.issuedAt = token.minted?.at
      return inspection
    }
    let (standing, refusal) = try self.judged(
      token, of: session, client: client, in: reader, at: now)
    var inspection =
      if let refusal {
        TokenInspection(
          .refresh, text, .dead, reason: refusal.reason?.rawValue, refusal.description)
      } else {
        TokenInspection(
          .refresh, text, .alive,
          standing == "live" ? "It is the live one of its session." : "Its answer may be lost.")
      }
    let minted = token.minted(in: session)
    inspection.standing = standing
    inspection.issuedAt = token.minted?.at ?? (standing == "live" ? minted.at : nil)
    inspection.expiresAt = session.expiry(under: client.policy)
    inspection.clientID = session.clientID
    inspection.account = session.account
    inspection.device = session.device
    inspection.session = session.id
    inspection.sessionEnd = session.end
    inspection.generation = token.generation
    inspection.sessionGeneration = session.generation
    var reading = session.epochs
    reading.issuedBefore = minted.cutOffs
    inspection.epochs = try self.epochs(of: reading, for: session.epochSubject, in: reader)
    if case .loggedOut(let record)? = try reader.logoutRefusal(
      of: reading, mintedAt: minted.at, for: session.epochSubject)
    {
      inspection.logout = record
    }
    return inspection
  }

  private func inspectResourceServerSecret(_ secret: Secret) -> TokenInspection {
    let server = self.configuration.resourceServers.first {
      $0.isProved(byID: $0.id, secret: secret)
    }
    guard let server else {
      return .unknown(.resourceServer, secret, "No resource server of this cloud has it.")
    }
    var inspection = TokenInspection(
      .resourceServer, secret, .alive, "A resource server may introspect with it.")
    inspection.clientID = server.id
    return inspection
  }

  func epochs(
    of reading: EpochReading, for subject: EpochSubject, in reader: any StoreReader
  ) throws -> [TokenInspection.Epoch] {
    let present = try reader.epochs(for: subject)
    return try reader.scopes(of: subject).map { scope in
      TokenInspection.Epoch(
        scope: scope, minted: reading.epoch(of: scope), present: present.epoch(of: scope))
    }
  }

  private static func explanation(of end: SessionEnd?) -> String {
    switch end {
    case .revoked: "Its session was revoked."
    case .replaced: "Its session was replaced by a newer one."
    case .replayed: "Its session was killed: an old refresh token was presented again."
    case .unbound: "Its device was removed."
    case .spent: "Its session's refresh tokens are dead."
    case nil: "Its device is no longer bound to this account."
    }
  }
}

extension TokenInspection {
  static func unknown(
    _ kind: TokenPrefix, _ token: Secret, _ explanation: String
  ) -> TokenInspection {
    TokenInspection(kind, token, .unknown, reason: "token_unknown", explanation)
  }

  /// Of the admin token that is in use.
  package static func presentAdminToken(_ token: Secret) -> TokenInspection {
    TokenInspection(.admin, token, .alive, "It is this cloud's admin token; it does not expire.")
  }
}
