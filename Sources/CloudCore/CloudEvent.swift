/// What a request changed for others, for the driver to push and to log once the commit is durable.
package enum CloudEvent: Equatable, Sendable {
  /// Streams of this session must be closed.
  case sessionEnded(SessionID, SessionEnd)
  case devicePaired(DeviceID, owner: AccountID)
  /// The former owner has to be told.
  case deviceRemoved(DeviceID, formerOwner: AccountID)
}
