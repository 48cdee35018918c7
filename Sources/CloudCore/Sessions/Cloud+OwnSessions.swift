package import DeviceProtocol

/// One of an owner's logins, as the owner sees it.
package struct OwnSession: Equatable, Sendable {
  package let session: Session
  /// Whether it is the one that asks.
  package let isCurrent: Bool
  /// When it last got tokens or, of a device, was last heard of.
  package let lastUsedAt: UnixMilliseconds
  /// Of its device.
  package let nickname: String?
}

package enum SessionRevocation: Equatable, Sendable {
  case revoked([CloudEvent])
  case notFound
  case wrongKind
  case refused(TokenRefusal)
}

extension Cloud {
  /// The account's sessions whose tokens still work, from the oldest login on; the newest thousand.
  package func sessions(
    of caller: Authenticated, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> [OwnSession] {
    try reader.sessions(of: caller.account)
      .filter { try self.isUsable($0, in: reader, at: now) }
      .suffix(Self.longestPage)
      .map { session in
        let device = try session.device.flatMap { try reader.device($0) }
        let isItsDevice = device?.session == session.id
        return OwnSession(
          session: session, isCurrent: session.id == caller.session,
          lastUsedAt: max(session.rotatedAt, (isItsDevice ? device?.lastSeen : nil) ?? .init(0)),
          nickname: isItsDevice ? device?.nickname : nil)
      }
  }

  /// Ends one of the caller's account's sessions, also the caller's own.
  ///
  /// - Parameter id: Of somebody else's, of one that works no more or of none: not found.
  package func revokeSession(
    _ id: SessionID?, by caller: Authenticated, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> SessionRevocation {
    guard caller.kind == .app else { return .wrongKind }
    if let refusal = try self.refusalWhateverTheTime(of: caller, in: transaction) {
      return .refused(refusal)
    }
    guard let session = try id.flatMap({ try transaction.session($0) }),
      session.account == caller.account, try self.isUsable(session, in: transaction, at: now)
    else { return .notFound }
    return .revoked(try self.endSession(session.id, as: .revoked, in: transaction, at: now))
  }

  /// Whether a token of the session may still be accepted.
  func isUsable(
    _ session: Session, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> Bool {
    switch session.end {
    case nil:
      return try self.isLive(session, in: reader, at: now)
    case .spent:
      let end = session.liveMintedAt.adding(seconds: self.configuration.accessTokenSeconds)
      return try now < end && reader.isLoggedIn(session)
    case .revoked, .replaced, .replayed, .unbound:
      return false
    }
  }
}
