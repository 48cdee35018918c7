package import DeviceProtocol

extension Cloud {
  /// Notes what a token request did to sessions, in its own transaction: at most one record for a
  /// refresh.
  func note(
    _ outcome: TokenOutcome, of request: TokenRequest, from origin: EventOrigin,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws {
    guard self.configuration.historyCount > 0 else { return }
    if let presented = outcome.presented, let use = outcome.use {
      try self.append(
        SessionEvent(at: now, word: use, generation: presented.generation, origin: origin),
        to: presented.session, in: transaction)
    } else if case .granted(let tokens) = outcome.answer {
      let word: SessionEvent.Word =
        switch request {
        case .authorizationCode, .deviceCode: .login
        case .pairing: .pairing
        case .relink: .relink
        case .refreshToken: .rotation
        }
      try self.append(
        SessionEvent(at: now, word: word, generation: tokens.generation, origin: origin),
        to: tokens.session, in: transaction)
    }
    try self.note(outcome.events, from: origin, in: transaction, at: now)
  }

  /// Notes which sessions ended. Whoever ends some calls this in the same transaction.
  package func note(
    _ events: [CloudEvent], from origin: EventOrigin, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws {
    guard self.configuration.historyCount > 0 else { return }
    for case .sessionEnded(let id, let end) in events {
      guard let session = try transaction.session(id) else { continue }
      try self.append(
        SessionEvent(
          at: now, word: .end, generation: session.generation, origin: origin, end: end),
        to: id, in: transaction)
    }
  }

  func append(
    _ event: SessionEvent, to session: SessionID, in transaction: any StoreTransaction
  ) throws {
    try transaction.append(event, to: session, keeping: self.configuration.historyCount)
  }

  /// What happened to a session, from the oldest on; nil if there is none of this id.
  package func history(
    of id: SessionID, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> (session: SessionView, entries: [HistoryEntry])? {
    guard let session = try reader.session(id) else { return nil }
    return (
      try self.view(of: session, in: reader, at: now), try reader.history(of: id)
    )
  }
}
