import DeviceProtocol

extension Cloud {
  /// The refresh token grant (RFC 6749 §6), with rotation.
  ///
  /// | Presented | Answer |
  /// |---|---|
  /// | the live token | a successor |
  /// | the one before it, in time | the same successor again |
  /// | an older one, or that one too late | a replay: the session ends |
  /// | a genuine one of a dead session | refused; nothing happens |
  /// | forged, of another client or without its certificate | refused; nothing happens |
  func refresh(
    _ presented: Secret, client: OAuthClient, certificate: DeviceCertificate?,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    guard
      let (token, session) = try self.genuineRefreshToken(
        presented, client: client, certificate: certificate, in: transaction)
    else {
      return .refused(.grant(.tokenUnknown, "The refresh token is not one of this client."))
    }
    if let refusal = try self.refusal(of: session, in: transaction) {
      if isPlanted(.replayOfLoggedOutKillsAccount), refusal.reason == .loggedOut {
        _ = try transaction.advanceEpoch(of: .account(session.account))
      }
      return .refused(refusal)
    }

    if token.hash == session.liveHash {
      return try self.rotate(session, token, in: transaction, at: now, random: &random)
    }
    if token.hash == session.previousHash, let nonce = session.successorNonce,
      self.mayHaveMissedSuccessor(of: session, client: client, at: now)
    {
      if isPlanted(.repeatMintsAnother) {
        return try self.rotate(session, token, in: transaction, at: now, random: &random)
      }
      let nonce =
        isPlanted(.rotationCheckThenAct) ? Bytes32(random: &random) : nonce
      let successor = token.successor(nonce: nonce, keys: self.configuration.keys)
      return .granted(self.tokens(of: session, refreshToken: successor, at: now))
    }
    guard token.generation < session.generation else {
      // Made by these keys, yet not by this database: it was restored from an older copy.
      return .refused(.grant(.tokenUnknown, "The refresh token is newer than its session."))
    }
    if isPlanted(.replayKillsAccount) {
      _ = try transaction.advanceEpoch(of: .account(session.account))
    }
    return TokenOutcome(
      answer: .refused(
        .grant(.replayed, "The refresh token was replaced before; its session has been ended.")),
      events: isPlanted(.replayForgiven)
        ? [] : try self.endSession(session.id, as: .replayed, in: transaction))
  }

  /// The token with its session, if these keys made it for this client and certificate.
  func genuineRefreshToken(
    _ presented: Secret, client: OAuthClient, certificate: DeviceCertificate?,
    in reader: any StoreReader
  ) throws -> (RefreshToken, Session)? {
    guard let token = RefreshToken(parsing: presented, keys: self.configuration.keys),
      let session = try reader.session(token.session), session.clientID == client.id,
      session.certificateThumbprint == nil
        || session.certificateThumbprint == certificate?.thumbprint
        || isPlanted(.refreshCertificateUnchecked)
    else { return nil }
    return (token, session)
  }

  private func refusal(of session: Session, in reader: any StoreReader) throws -> GrantRefusal? {
    var reading = session.epochs
    if isPlanted(.sessionEpochUncheckedAtRefresh) {
      reading.session = try reader.epoch(of: .session(session.id))
    }
    if let refusal = try reader.logoutRefusal(of: reading, for: session.epochSubject),
      !refusal.isPlantedToSpare(mintedAt: session.rotatedAt)
    {
      return .grant(.loggedOut, "The session was logged out by the operator.")
    }
    guard session.end == nil else {
      return .grant(.sessionEnded, "The session has ended.")
    }
    if let device = session.device, try reader.owner(of: device) != session.account,
      !isPlanted(.removedDeviceStaysLive)
    {
      return .grant(.sessionEnded, "The device is no longer bound to this account.")
    }
    return nil
  }

  private func rotate(
    _ session: Session, _ token: RefreshToken, in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    let nonce = Bytes32(random: &random)
    let successor = token.successor(nonce: nonce, keys: self.configuration.keys)
    var session = session
    session.previousHash = isPlanted(.repeatMintsAnother) ? token.hash : session.liveHash
    session.liveHash = successor.hash
    session.successorNonce = nonce
    // Whoever presents a token holds it.
    session.confirmedGeneration = max(session.confirmedGeneration, session.generation)
    session.generation = successor.generation
    session.rotatedAt = now
    try transaction.save(session)
    return .granted(self.tokens(of: session, refreshToken: successor, at: now))
  }

  /// Whether an honest client may still present the token before the live one.
  private func mayHaveMissedSuccessor(
    of session: Session, client: OAuthClient, at now: UnixMilliseconds
  ) -> Bool {
    if isPlanted(.previousNeverAccepted) { return false }
    if isPlanted(.previousAcceptedForEver) { return true }
    return switch client.rotation {
    case .idempotent(let windowMilliseconds):
      // Within the window also when it was confirmed: two requests may have crossed.
      session.confirmedGeneration < session.generation
        || now.milliseconds(since: session.rotatedAt) <= windowMilliseconds
    }
  }
}

extension TokenOutcome {
  static func granted(_ tokens: GrantedTokens, events: [CloudEvent] = []) -> TokenOutcome {
    TokenOutcome(answer: .granted(tokens), events: events)
  }

  static func refused(_ refusal: GrantRefusal) -> TokenOutcome {
    TokenOutcome(answer: .refused(refusal), events: [])
  }
}
