import DeviceProtocol

extension Cloud {
  /// The refresh token grant (RFC 6749 §6), with rotation.
  ///
  /// | Presented | Answer |
  /// |---|---|
  /// | the live token | a successor; under `reusable` the same token |
  /// | the one before it, in time | the same successor again; under `grace` another |
  /// | what `grace` gave instead of the live one, in time | refused as superseded; nothing happens |
  /// | an older one, or one of these too late | a replay: what the policy's reaction says ends |
  /// | a genuine one of a dead session | refused; nothing happens |
  /// | forged, of another client or without its certificate or key | refused; nothing happens |
  func refresh(
    _ presented: Secret, client: OAuthClient, certificate: DeviceCertificate?,
    dpopKey: Bytes32?, in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    guard
      let (token, session) = try self.genuineRefreshToken(
        presented, client: client, certificate: certificate, in: transaction)
    else {
      return .refused(.grant(.tokenUnknown, "The refresh token is not one of this client."))
    }
    if case .dpop(let key) = session.binding, key != dpopKey {
      return .refused(
        dpopKey == nil
          ? .noProof : .grant(.wrongKey, "The refresh token is bound to another key."))
    }
    var outcome = try self.answer(
      token, of: session, client: client, in: transaction, at: now, random: &random)
    outcome.presented = PresentedToken(
      session: session.id, kind: session.kind, account: session.account, device: session.device,
      generation: token.generation)
    return outcome
  }

  private func answer(
    _ token: RefreshToken, of session: Session, client: OAuthClient,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    if let refusal = try self.refusal(
      of: session, token.minted(in: session), in: transaction, at: now)
    {
      if isPlanted(.replayOfLoggedOutKillsAccount), refusal.reason == .loggedOut {
        _ = try transaction.advanceEpoch(of: .account(session.account))
      }
      return .refused(refusal)
    }

    switch self.standing(of: token, in: session, under: client.policy.rotation, at: now) {
    case .live where client.policy.rotation == .reusable && !isPlanted(.reusableRotates):
      return try self.renew(
        session, token, client: client, in: transaction, at: now, random: &random)
    case .live:
      return try self.rotate(
        session, token, client: client, in: transaction, at: now, random: &random)
    case .givesAnother:
      return try self.giveAnother(
        session, token, client: client, in: transaction, at: now, random: &random)
    case .givesTheSame(let nonce):
      let keys = self.configuration.keys
      let successor =
        isPlanted(.rotationCheckThenAct)
        ? token.successor(nonce: Bytes32(random: &random), minted: session.liveMint, keys: keys)
        : token.successor(of: session, nonce: nonce, keys: keys)
      // Of a former version's database, which did not say when the live one was minted.
      guard let successor else {
        return try self.giveAnother(
          session, token, client: client, in: transaction, at: now, random: &random)
      }
      return .granted(
        try self.tokens(
          of: session, client: client, refreshToken: successor, in: transaction, at: now,
          random: &random),
        use: .repetition)
    case .superseded:
      return .refused(.superseded)
    case .newerThanItsSession:
      // Made by these keys, yet not by this database: it was restored from an older copy.
      return .refused(.newerThanItsSession)
    case .replayed:
      return try self.react(to: session, client: client, in: transaction, at: now)
    }
  }

  /// The token with its session, if these keys made it for this client and certificate.
  func genuineRefreshToken(
    _ presented: Secret, client: OAuthClient, certificate: DeviceCertificate?,
    in reader: any StoreReader
  ) throws -> (RefreshToken, Session)? {
    guard let token = RefreshToken(parsing: presented, keys: self.configuration.keys),
      let session = try reader.session(token.session), session.clientID == client.id,
      session.binding?.isHeld(over: certificate) != false
        || isPlanted(.refreshCertificateUnchecked)
    else { return nil }
    return (token, session)
  }

  /// The session of a refresh token that its client would get tokens for now, whatever certificate
  /// it has to show; nil for a dead token. Presenting one here is no replay: nothing happens.
  func liveSession(
    ofRefreshToken presented: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> Session? {
    guard let token = RefreshToken(parsing: presented, keys: self.configuration.keys),
      let session = try reader.session(token.session), let client = self.client(session.clientID),
      try self.refusal(of: session, token.minted(in: session), in: reader, at: now) == nil
    else { return nil }
    switch self.standing(of: token, in: session, under: client.policy.rotation, at: now) {
    case .live, .givesTheSame, .givesAnother: return session
    case .superseded, .newerThanItsSession, .replayed: return nil
    }
  }

  /// How a genuine refresh token stands to its session, and why its client would be refused, if it
  /// would. Nothing happens.
  func judged(
    _ token: RefreshToken, of session: Session, client: OAuthClient, in reader: any StoreReader,
    at now: UnixMilliseconds
  ) throws -> (standing: String, refusal: GrantRefusal?) {
    let refusal = try self.refusal(of: session, token.minted(in: session), in: reader, at: now)
    switch self.standing(of: token, in: session, under: client.policy.rotation, at: now) {
    case .live: return ("live", refusal)
    case .givesTheSame, .givesAnother: return ("previous", refusal)
    case .superseded: return ("superseded", refusal ?? .superseded)
    case .newerThanItsSession: return ("newer", refusal ?? .newerThanItsSession)
    case .replayed:
      return (
        "replaced",
        refusal
          ?? .grant(.replayed, "It was replaced before; presenting it would end its session.")
      )
    }
  }

  /// Why a genuine refresh token of the session is refused, wherever it stands; nil if it is not.
  ///
  /// - Parameter minted: When the token was.
  func refusal(
    of session: Session, _ minted: MintMark, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> GrantRefusal? {
    var reading = session.epochs
    reading.issuedBefore = minted.cutOffs
    if isPlanted(.sessionEpochUncheckedAtRefresh) {
      reading.session = try reader.epoch(of: .session(session.id))
    }
    if isPlanted(.issuedBeforeSparesRefresh) {
      reading.issuedBefore = try reader.epoch(of: .issuedBefore)
    }
    if let refusal = try reader.logoutRefusal(
      of: reading, mintedAt: minted.at, for: session.epochSubject),
      !refusal.isPlantedToSpare(mintedAt: session.liveMintedAt)
    {
      return .loggedOut(refusal, "The session was logged out by the operator.")
    }
    guard session.end == nil else {
      return .grant(.sessionEnded, "The session has ended.")
    }
    if let device = session.device, try reader.owner(of: device) != session.account,
      !isPlanted(.removedDeviceStaysLive)
    {
      return .grant(.sessionEnded, "The device is no longer bound to this account.")
    }
    if self.isExpired(session, at: now) {
      return .grant(.sessionExpired, "The session's life is over; log in again.")
    }
    return nil
  }

  private func rotate(
    _ session: Session, _ token: RefreshToken, client: OAuthClient,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    let nonce = Bytes32(random: &random)
    let minted = MintMark(at: now, cutOffs: try transaction.epoch(of: .issuedBefore))
    let successor = token.successor(nonce: nonce, minted: minted, keys: self.configuration.keys)
    var session = session
    session.epochs.issuedBefore = minted.cutOffs
    session.previousHash = isPlanted(.repeatMintsAnother) ? token.hash : session.liveHash
    session.liveHash = successor.hash
    session.successorNonce = nonce
    // Whoever presents a token holds it.
    session.confirmedGeneration = max(session.confirmedGeneration, session.generation)
    session.generation = successor.generation
    session.rotatedAt = now
    session.liveMintedAt = now
    try transaction.save(session)
    return .granted(
      try self.tokens(
        of: session, client: client, refreshToken: successor, in: transaction, at: now,
        random: &random),
      use: .rotation)
  }

  /// Another successor in the place of the live one, which its client may never have had. The window
  /// goes on from the first rotation, else it would have no end.
  private func giveAnother(
    _ session: Session, _ token: RefreshToken, client: OAuthClient,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    let nonce = Bytes32(random: &random)
    let minted = MintMark(at: now, cutOffs: try transaction.epoch(of: .issuedBefore))
    let successor = token.successor(nonce: nonce, minted: minted, keys: self.configuration.keys)
    var session = session
    session.epochs.issuedBefore = minted.cutOffs
    session.liveHash = successor.hash
    session.liveMintedAt = now
    session.successorNonce = nonce
    try transaction.save(session)
    return .granted(
      try self.tokens(
        of: session, client: client, refreshToken: successor, in: transaction, at: now,
        random: &random),
      use: .anotherSuccessor)
  }

  /// The same refresh token, with another access token; the session's idle life begins anew.
  private func renew(
    _ session: Session, _ token: RefreshToken, client: OAuthClient,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    var session = session
    session.rotatedAt = now
    session.confirmedGeneration = max(session.confirmedGeneration, session.generation)
    try transaction.save(session)
    return .granted(
      try self.tokens(
        of: session, client: client, refreshToken: token, in: transaction, at: now,
        random: &random),
      use: .reuse)
  }

  /// What is done about a token that was presented once too often.
  private func react(
    to session: Session, client: OAuthClient, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> TokenOutcome {
    if isPlanted(.replayKillsAccount) {
      _ = try transaction.advanceEpoch(of: .account(session.account))
    }
    let refusal = GrantRefusal.grant(
      .replayed, "The refresh token was replaced before; its session has been ended.")
    if isPlanted(.replayForgiven) {
      return TokenOutcome(answer: .refused(refusal), events: [], use: .replay)
    }
    var events: [CloudEvent] = []
    switch isPlanted(.reactionIgnored) ? .session : client.policy.reaction {
    case .session: events = try self.endSession(session.id, as: .replayed, in: transaction, at: now)
    case .refreshTokens: events = try self.spend(session, in: transaction, at: now)
    case .consent:
      for other in try transaction.sessions(of: session.account)
      where other.clientID == client.id {
        events += try self.endSession(other.id, as: .replayed, in: transaction, at: now)
      }
    }
    return TokenOutcome(answer: .refused(refusal), events: events, use: .replay)
  }

  /// How a genuine token of a live session stands to it.
  private enum Standing {
    case live
    /// Its successor may never have arrived.
    case givesTheSame(nonce: Bytes32)
    case givesAnother
    case superseded
    case newerThanItsSession
    case replayed
  }

  private func standing(
    of token: RefreshToken, in session: Session, under rotation: RotationPolicy,
    at now: UnixMilliseconds
  ) -> Standing {
    if token.hash == session.liveHash { return .live }
    if token.generation > session.generation { return .newerThanItsSession }
    if isPlanted(.repeatMintsAnother), token.hash == session.previousHash {
      return .live
    }
    func isWithin(_ windowMilliseconds: UInt64) -> Bool {
      if isPlanted(.previousNeverAccepted) { return false }
      return isPlanted(.previousAcceptedForEver)
        || now.milliseconds(since: session.rotatedAt) <= windowMilliseconds
    }
    let isUnconfirmed =
      session.confirmedGeneration < session.generation && !isPlanted(.previousNeverAccepted)
    let isPrevious = token.hash == session.previousHash
    switch rotation {
    case .strict:
      guard isPlanted(.strictLetsPreviousLive), isPrevious, let nonce = session.successorNonce
      else { break }
      return .givesTheSame(nonce: nonce)
    case .reusable: break
    case .grace(let window):
      // Without a window there is none, not even of a millisecond.
      guard window > 0, isWithin(window) || isPlanted(.graceNeverEnds) else { break }
      if isPrevious { return .givesAnother }
      if token.generation == session.generation {
        return isPlanted(.supersededAccepted) ? .live : .superseded
      }
      // A sibling of the one before: the other went on to the next generation.
      if token.generation + 1 == session.generation { return .superseded }
    case .idempotent(let window):
      // Within the window also when it was confirmed: two requests may have crossed.
      guard isPrevious, let nonce = session.successorNonce, isUnconfirmed || isWithin(window)
      else { break }
      return .givesTheSame(nonce: nonce)
    case .retireOnUse:
      guard isPrevious, let nonce = session.successorNonce,
        isUnconfirmed && !isPlanted(.retiredAtIssue)
      else { break }
      return .givesTheSame(nonce: nonce)
    }
    // Under `grace` a sibling of the live one; else of another history of the database.
    if token.generation == session.generation, !rotation.hasSiblings { return .newerThanItsSession }
    return .replayed
  }
}

extension GrantRefusal {
  fileprivate static let superseded = grant(
    .superseded, "Another successor was given for the same refresh token since.")
  fileprivate static let newerThanItsSession = grant(
    .tokenUnknown, "The refresh token is newer than its session.")
}

extension RotationPolicy {
  /// Whether there may be more than one token of a generation.
  fileprivate var hasSiblings: Bool {
    if case .grace = self { true } else { false }
  }
}

extension TokenOutcome {
  static func granted(
    _ tokens: GrantedTokens, events: [CloudEvent] = [], use: SessionEvent.Word? = nil
  ) -> TokenOutcome {
    TokenOutcome(answer: .granted(tokens), events: events, use: use)
  }

  static func refused(_ refusal: GrantRefusal) -> TokenOutcome {
    TokenOutcome(answer: .refused(refusal), events: [])
  }
}
