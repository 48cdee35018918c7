package import DeviceProtocol

extension Cloud {
  /// How long a dead session is remembered, so that its tokens are told from unknown ones.
  private static let deadSessionMilliseconds: UInt64 = 90 * 86_400_000

  /// Opens a session under the present epochs, with its first tokens, and forgets the account's long
  /// dead ones.
  func openSession(
    client: OAuthClient, account: AccountID, device: DeviceID?, binding: TokenBinding?,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> GrantedTokens {
    let id = SessionID(random: &random)
    let subject = EpochSubject(
      kind: client.kind, account: account, device: device, session: id)
    let epochs = try transaction.epochs(for: subject)
    let refreshToken = RefreshToken(
      session: id, minted: MintMark(at: now, cutOffs: epochs.issuedBefore),
      keys: self.configuration.keys, random: &random)
    let session = Session(
      id: id, kind: client.kind, clientID: client.id, account: account, device: device,
      binding: binding, createdAt: now, epochs: epochs,
      generation: refreshToken.generation, liveHash: refreshToken.hash, previousHash: nil,
      successorNonce: nil, rotatedAt: now, liveMintedAt: now, confirmedGeneration: 0, end: nil)
    try transaction.save(session)
    if now.value > Self.deadSessionMilliseconds {
      try transaction.removeDeadSessions(
        of: account, rotatedBefore: UnixMilliseconds(now.value - Self.deadSessionMilliseconds),
        orExpired: self.expiries(at: now))
    }
    return try self.tokens(
      of: session, client: client, refreshToken: refreshToken, in: transaction, at: now,
      random: &random)
  }

  /// What is answered: a new access token of the session's generation, and its refresh token.
  func tokens(
    of session: Session, client: OAuthClient, refreshToken: RefreshToken,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> GrantedTokens {
    // The access token is minted now, also where the refresh token is not.
    var epochs = session.epochs
    epochs.issuedBefore = try transaction.epoch(of: .issuedBefore)
    // An access token does not outlive its session.
    let expiresAt = min(
      now.adding(seconds: self.configuration.accessTokenSeconds),
      session.expiry(under: client.policy) ?? UnixMilliseconds(.max))
    let claims = AccessTokenClaims(
      kind: session.kind, session: session.id, account: session.account, device: session.device,
      generation: session.generation, issuedAt: now, expiresAt: expiresAt,
      epochs: epochs, accessMark: try transaction.accessMark(of: session), binding: session.binding)
    return GrantedTokens(
      accessToken: try self.accessToken(
        claims, client: client, in: transaction, at: now, random: &random),
      expiresInSeconds: UInt32(clamping: expiresAt.milliseconds(since: now) / 1_000),
      refreshToken: refreshToken.text, account: session.account, device: session.device,
      session: session.id, generation: session.generation,
      binding: session.binding, readAccessToken: ReadAccessToken(claims))
  }

  /// Ends a session for good. One whose refresh tokens alone are dead can still end altogether.
  ///
  /// One that was dead for another reason is not told of, and no end of it is noted: what it died of
  /// has been told, or was its time. It is marked all the same where what it died of may change, as
  /// its policy may; what a logout killed stays dead.
  ///
  /// - Parameters:
  ///   - end: Not `.spent`, which is `spend`'s.
  ///   - initiator: Who wanted it, if not who usually wants such an end.
  /// - Returns: What to push; nothing if there is no such session or it was dead.
  func endSession(
    _ id: SessionID?, as end: SessionEnd, by initiator: SecurityEvent.Initiator? = nil,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> [CloudEvent] {
    guard let id, var session = try transaction.session(id),
      session.end == nil || session.end == .spent
    else { return [] }
    let lived = try self.isUsable(session, in: transaction, at: now)
    let mayHaveTokens = try lived || transaction.mayHaveTokens(session)
    // How a device got rid of its session is kept, whatever had killed that.
    guard mayHaveTokens || end == .replaced || end == .unbound else { return [] }
    session.end = end
    try transaction.save(session)
    guard lived else { return mayHaveTokens ? [.accessTokensEnded(id)] : [] }
    try self.tell(end, of: session, by: initiator, in: transaction, at: now)
    return [.sessionEnded(id, end)]
  }

  /// Ends a session's refresh tokens. Those of its access tokens live on that were minted until now,
  /// which is kept in the place of when the live refresh token was.
  ///
  /// - Parameter session: One that has not ended.
  func spend(
    _ session: Session, in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> [CloudEvent] {
    var session = session
    session.end = .spent
    session.liveMintedAt = max(now, session.rotatedAt, session.liveMintedAt)
    session.epochs.issuedBefore = try transaction.epoch(of: .issuedBefore)
    try transaction.save(session)
    try self.tell(.spent, of: session, in: transaction, at: now)
    return [.sessionEnded(session.id, .spent)]
  }

  private func tell(
    _ end: SessionEnd, of session: Session, by initiator: SecurityEvent.Initiator? = nil,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws {
    try self.tell(
      SecurityEvent(
        at: now, scope: .session(session.id), account: session.account, device: session.device,
        initiator: initiator ?? end.initiator, reason: end.sentence), in: transaction)
  }

  /// Whether its live refresh token would be taken now.
  package func isLive(
    _ session: Session, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> Bool {
    try session.end == nil && !self.isExpired(session, at: now)
      && reader.isLoggedIn(session)
  }
}

extension Session {
  /// When its refresh tokens die by time; nil for never.
  func expiry(under policy: TokenPolicy) -> UnixMilliseconds? {
    [
      policy.idleSeconds.map { self.rotatedAt.adding(seconds: $0) },
      policy.absoluteSeconds.map { self.createdAt.adding(seconds: $0) },
    ].compactMap { $0 }.min()
  }

  var epochSubject: EpochSubject {
    EpochSubject(kind: self.kind, account: self.account, device: self.device, session: self.id)
  }
}
