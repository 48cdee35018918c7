package import DeviceProtocol

/// What an operator wants logged out.
package enum LogoutTarget: Equatable, Sendable {
  case everyone
  case kind(ClientKind)
  case region(Region)
  /// What was minted before a time that is not to come; nil: whatever was minted before this logout,
  /// to the last token of this millisecond, and also while the clock was ahead.
  case issuedBefore(UnixMilliseconds?)
  case account(EmailAddress)
  case device(DeviceID)
  case session(SessionID)
}

package enum LogoutOutcome: Equatable, Sendable {
  case loggedOut(LogoutRecord)
  case unknownTarget
  /// Nobody could log in until then.
  case timeToCome
}

package enum ReachOutcome: Equatable, Sendable {
  /// With the scope, and the time of `issuedBefore`.
  case reaches(LogoutReach, RevocationScope, cutOff: CutOffTime?)
  case unknownTarget
  case timeToCome
}
