/// What an operator wants logged out.
package enum LogoutTarget: Equatable, Sendable {
  case everyone
  case kind(ClientKind)
  case account(EmailAddress)
  case device(DeviceID)
  case session(SessionID)
}

package enum LogoutOutcome: Equatable, Sendable {
  case loggedOut(LogoutRecord)
  case unknownTarget
}
