/// What a device is told when it begins (RFC 8628 §3.2).
package struct DeviceAuthorization: Equatable, Sendable {
  package let deviceCode: Secret
  package let userCode: UserCode
  package let expiresInSeconds: UInt32
  package let intervalSeconds: UInt32
}

package enum DeviceAuthorizationOutcome: Equatable, Sendable {
  case begun(DeviceAuthorization)
  case refused(GrantRefusal)
}

/// A code that an owner has typed and that waits for a decision. Only `Cloud.findDevice` makes one.
package struct WaitingDevice: Equatable, Sendable {
  package let clientID: String
  package let userCode: UserCode
  let hash: TokenHash
}

package enum UserCodeOutcome: Equatable, Sendable {
  case found(WaitingDevice)
  /// There is no such code, it has expired, or somebody has decided.
  case unknown
  case throttled(retryAfterSeconds: UInt32)
}

package enum DeviceDecision: Sendable {
  case allow(LoggedInOwner)
  case deny
}
