/// What a request changed for others, for the driver to push and to log once the commit is durable.
package enum CloudEvent: Equatable, Sendable {
  /// Streams of this session must be closed.
  case sessionEnded(SessionID, SessionEnd)
  /// The same, of a session that was over before, by a logout by time or by its own, if perhaps not the
  /// access tokens that it gave out last. Told to nobody else.
  case accessTokensEnded(SessionID)
  case devicePaired(DeviceID, owner: AccountID)
  /// The former owner has to be told.
  case deviceRemoved(DeviceID, formerOwner: AccountID)
}
