import CloudCore
import DeviceProtocol

// What each client's policy promises of its refresh tokens (`docs/token-policies.md`), from the rows
// of all that were ever given.

extension Model {
  /// What a genuine refresh token of a session that lives is worth.
  enum Worth {
    /// The next one.
    case successor
    /// The next one once more, which its client may have missed.
    case sameSuccessor
    /// Another one in the place of the next one.
    case anotherSuccessor
    /// Itself.
    case itself
    /// Nothing, and nothing happens.
    case superseded
    /// Nothing: somebody has kept it, and what the policy says of a theft happens.
    case replay(cause: String)
  }

  func worth(of token: RefreshTokenRow, at now: UnixMilliseconds) -> Worth {
    let session = self.sessions[token.session]
    let newest = session.refreshTokens.count - 1
    let isNewestUsed = session.usedCount > newest
    // A clock that jumped back says that no time has passed.
    let passed = now < session.rotatedAt ? 0 : now.value - session.rotatedAt.value
    let rotation = self.settings.policy(of: session.kind).rotation
    if token.generation == newest, !token.isSuperseded {
      return rotation == .reusable ? .itself : .successor
    }
    let isOneBefore = token.generation == newest - 1 && !token.isSuperseded
    switch rotation {
    case .strict, .reusable:
      return .replay(cause: "it had been used")
    case .grace(0):
      return .replay(cause: "it had been used, and there is no grace period")
    case .grace(let window) where passed <= window:
      if token.generation == newest { return .superseded }
      // Of two that were given in the place of each other, the other was used meanwhile.
      if token.generation == newest - 1, token.isSuperseded { return .superseded }
      return isOneBefore ? .anotherSuccessor : .replay(cause: "it had been replaced more than once")
    case .grace:
      return .replay(cause: "it had been used, and the grace period was over")
    case .idempotent(let window) where isOneBefore:
      return !isNewestUsed || passed <= window
        ? .sameSuccessor
        : .replay(cause: "its successor had been used, and the window was over")
    case .retireOnUse where isOneBefore:
      return isNewestUsed ? .replay(cause: "its successor had been used") : .sameSuccessor
    case .idempotent, .retireOnUse:
      return .replay(cause: "it had been replaced more than once")
    }
  }

  /// Somebody presented a refresh token once too often.
  mutating func react(toReplayIn index: Int) {
    let session = self.sessions[index]
    switch self.settings.policy(of: session.kind).reaction {
    case .session: self.end(index, as: .replayed)
    case .refreshTokens: self.end(index, as: .spent)
    case .consent:
      for other in self.accounts[session.account]?.sessions ?? []
      where self.sessions[other].kind == session.kind {
        self.end(other, as: .replayed)
      }
    }
  }

  /// When the session is over by its age; nil for never.
  func endOfLife(ofSession index: Int) -> UnixMilliseconds? {
    let session = self.sessions[index]
    let policy = self.settings.policy(of: session.kind)
    let idle = policy.idleSeconds.map { Self.time(UInt64($0) * 1_000, after: session.rotatedAt) }
    let whole = policy.absoluteSeconds.map {
      Self.time(UInt64($0) * 1_000, after: session.openedAt)
    }
    return [idle, whole].compactMap { $0 }.min()
  }

  func isExpired(_ index: Int, at now: UnixMilliseconds) -> Bool {
    self.endOfLife(ofSession: index).map { $0 <= now } ?? false
  }

  func isAlive(_ index: Int, at now: UnixMilliseconds) -> Bool {
    self.sessions[index].isAlive && !self.isExpired(index, at: now)
  }
}

extension Model.Settings {
  /// Whether an honest client of this kind outlives every lost response (rule 3). Under the other
  /// policies it may be taken for a thief, as they say.
  func keepsClientsThroughLostResponses(_ kind: ClientKind) -> Bool {
    switch self.policy(of: kind).rotation {
    case .idempotent, .retireOnUse, .reusable: true
    case .strict, .grace: false
    }
  }
}
