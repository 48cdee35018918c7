package import DeviceProtocol

/// A session as operators see it.
package struct SessionView: Equatable, Sendable {
  package let session: Session
  package let accountEmail: EmailAddress?
  /// Why its refresh token would be refused now; nil for a session that lives.
  package let refusal: GrantRefusal.Reason?
  /// The logout that killed it, if one did.
  package let logout: CloudStatus.LogoutEntry?
}

/// Which sessions an operator asks for; what is nil does not matter.
package struct SessionFilter: Equatable, Sendable {
  package var account: AccountID?
  package var client: String?
  package var kind: ClientKind?
  package var device: DeviceID?

  package init(
    account: AccountID? = nil, client: String? = nil, kind: ClientKind? = nil,
    device: DeviceID? = nil
  ) {
    self.account = account
    self.client = client
    self.kind = kind
    self.device = device
  }

  package func includes(_ session: Session) -> Bool {
    (self.account == nil || self.account == session.account)
      && (self.client == nil || self.client == session.clientID)
      && (self.kind == nil || self.kind == session.kind)
      && (self.device == nil || self.device == session.device)
  }
}

extension Cloud {
  /// A page of sessions, dead ones too, by id.
  ///
  /// - Parameter after: The last of the page before; nil for the first page.
  package func sessions(
    where filter: SessionFilter, after: SessionID?, limit: Int, in reader: any StoreReader,
    at now: UnixMilliseconds
  ) throws -> [SessionView] {
    try reader.sessions(where: filter, after: after, limit: limit).map {
      try self.view(of: $0, in: reader, at: now)
    }
  }

  func view(
    of session: Session, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> SessionView {
    let email = try reader.account(session.account)?.email
    var logout: CloudStatus.LogoutEntry?
    if case .loggedOut(let record) = try reader.logoutRefusal(
      of: session.epochs, mintedAt: session.liveMintedAt, for: session.epochSubject)
    {
      logout = record.map { CloudStatus.LogoutEntry(record: $0, accountEmail: email) }
    }
    let reason = try self.refusal(
      of: session, session.liveMint, in: reader, at: now)?.reason
    return SessionView(session: session, accountEmail: email, refusal: reason, logout: logout)
  }
}
