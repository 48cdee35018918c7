package import DeviceProtocol

/// Whose tokens an operator names.
package enum TokenTarget: Equatable, Sendable {
  case everyone
  case kind(ClientKind)
  case client(String)
  case account(EmailAddress)
  case device(DeviceID)
  case session(SessionID)
}

extension Cloud {
  /// Lets all access tokens expire that the target covers; its sessions live on, and their next refresh
  /// gives an access token that is good. One record, whatever the number of tokens.
  ///
  /// - Returns: What it covers; nil if nothing is known by that name.
  package func expireAccessTokens(
    of target: TokenTarget, in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> AccessScope? {
    let scope: AccessScope? =
      switch target {
      case .everyone: .everyone
      case .kind(let kind): .kind(kind)
      case .client(let id): self.client(id).map { .client($0.id) }
      case .account(let email): try transaction.account(email: email).map { .account($0.id) }
      case .device(let id): try transaction.device(id).map { .device($0.id) }
      case .session(let id): try transaction.session(id).map { .session($0.id) }
      }
    guard let scope else { return nil }
    try transaction.advanceAccessMark(of: scope)
    if case .session(let id) = scope, self.configuration.historyCount > 0,
      let session = try transaction.session(id)
    {
      try self.append(
        SessionEvent(
          at: now, word: .accessExpired, generation: session.generation, origin: .operator),
        to: id, in: transaction)
    }
    return scope
  }

  /// Ends sessions as their clients' own revocation would.
  ///
  /// - Parameter target: A session, a device's, or an account's; of the account only those that the
  ///   filter includes.
  /// - Returns: What to push, one event for each that lived; nil if nothing is known by that name or the
  ///   target is wider.
  package func revokeSessions(
    of target: TokenTarget, where filter: SessionFilter = SessionFilter(),
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> [CloudEvent]? {
    let sessions: [Session]
    switch target {
    case .everyone, .kind, .client: return nil
    case .session(let id):
      guard let session = try transaction.session(id) else { return nil }
      sessions = [session]
    case .device(let id):
      guard let device = try transaction.device(id) else { return nil }
      sessions = try device.session.flatMap { try transaction.session($0) }.map { [$0] } ?? []
    case .account(let email):
      guard let account = try transaction.account(email: email) else { return nil }
      sessions = try transaction.sessions(of: account.id).filter { filter.includes($0) }
    }
    var events: [CloudEvent] = []
    for session in sessions {
      events += try self.endSession(
        session.id, as: .revoked, by: .admin, in: transaction, at: now)
    }
    try self.note(events, from: .operator, in: transaction, at: now)
    return events
  }
}
