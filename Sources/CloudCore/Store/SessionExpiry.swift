package import DeviceProtocol

/// Which sessions of a client are over by the lifetimes of its policy: those that were last rotated,
/// or opened, at this time or before it. A store knows no policies; this is what it is told of them.
package struct SessionExpiry: Equatable, Sendable {
  package let clientID: String
  /// Nil when its sessions are never idle for too long.
  package let rotatedBy: UnixMilliseconds?
  /// Nil when they are never too old.
  package let createdBy: UnixMilliseconds?

  package init(clientID: String, rotatedBy: UnixMilliseconds?, createdBy: UnixMilliseconds?) {
    self.clientID = clientID
    self.rotatedBy = rotatedBy
    self.createdBy = createdBy
  }

  func covers(_ session: Session) -> Bool {
    guard session.clientID == self.clientID else { return false }
    let rotatedAt = isPlanted(.idleNotReset) ? session.createdAt : session.rotatedAt
    let createdAt = isPlanted(.absoluteExtended) ? session.rotatedAt : session.createdAt
    if let rotatedBy, rotatedAt <= rotatedBy, !isPlanted(.idleUnchecked) { return true }
    if let createdBy, createdAt <= createdBy { return true }
    return false
  }
}

extension [SessionExpiry] {
  func cover(_ session: Session) -> Bool { self.contains { $0.covers(session) } }
}

extension OAuthClient {
  /// Nil for a client whose sessions none have expired at this time.
  func expiry(at now: UnixMilliseconds) -> SessionExpiry? {
    func limit(_ seconds: UInt32?) -> UnixMilliseconds? {
      guard let seconds, now.value >= UInt64(seconds) * 1_000 else { return nil }
      return UnixMilliseconds(now.value - UInt64(seconds) * 1_000)
    }
    let rotatedBy = limit(self.policy.idleSeconds)
    let createdBy = limit(self.policy.absoluteSeconds)
    guard rotatedBy != nil || createdBy != nil else { return nil }
    return SessionExpiry(clientID: self.id, rotatedBy: rotatedBy, createdBy: createdBy)
  }
}

extension Cloud {
  /// Of all clients; mostly none.
  package func expiries(at now: UnixMilliseconds) -> [SessionExpiry] {
    self.configuration.clients.compactMap { $0.expiry(at: now) }
  }

  /// Whether the session was idle for too long, or is too old. One whose client is not there any
  /// more has no policy: its access tokens end by themselves.
  func isExpired(_ session: Session, at now: UnixMilliseconds) -> Bool {
    self.client(session.clientID)?.expiry(at: now)?.covers(session) ?? false
  }
}
