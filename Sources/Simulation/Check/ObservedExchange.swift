package import CloudCore
package import DeviceProtocol

/// One request as it reached the cloud and the cloud's answer: all that somebody sees who listens in
/// front of the cloud and can read everything.
package struct ObservedExchange {
  /// By the cloud's clock, when it was handled.
  package var at: UnixMilliseconds
  /// Whose certificate the connection showed; nil for none.
  package var certificate: DeviceID?
  package var request: ObservedRequest
  package var answer: ObservedAnswer

  package init(
    at: UnixMilliseconds, certificate: DeviceID?, request: ObservedRequest, answer: ObservedAnswer
  ) {
    self.at = at
    self.certificate = certificate
    self.request = request
    self.answer = answer
  }
}

package enum ObservedRequest {
  case register(email: String, region: Region = .standard)
  /// The owner's consent in the browser, for the app.
  case authorize(email: String, isPasswordRight: Bool)
  /// By a client of this kind.
  case exchangeCode(String, kind: ClientKind = .app)
  case refresh(token: String, kind: ClientKind)
  case pair(token: String, kind: DeviceKind)
  case relink
  /// Of an access or refresh token (RFC 7009), by a client of this kind.
  case revoke(token: String, kind: ClientKind = .app)
  case resource(accessToken: String, Resource)

  package enum Resource {
    case session
    /// The event stream.
    case events
    case createPairingToken(RelinkPolicy?)
    case devices
    case motions(of: DeviceID)
    case measurements(of: DeviceID)
    case remove(DeviceID)
    case heartbeat(HeartbeatReport)
    case record([Recording])
    case unbind
  }
}

/// A motion, or a measurement with what it says.
package struct Recording: Hashable, Sendable {
  package var sequence: UInt32
  package var at: UnixMilliseconds
  /// Zero for a motion.
  package var weightGrams: UInt32

  package init(sequence: UInt32, at: UnixMilliseconds, weightGrams: UInt32) {
    self.sequence = sequence
    self.at = at
    self.weightGrams = weightGrams
  }
}

package enum ObservedAnswer {
  case registered(AccountID)
  case code(String)
  /// `session` and `generation` are what the access token says to whoever can read it; nil if that
  /// is not known.
  case tokens(
    access: String, refresh: String, expiresInSeconds: UInt32, account: AccountID,
    device: DeviceID?, session: SessionID? = nil, generation: UInt64? = nil)
  /// Who the cloud takes the caller for (`GET /v1/session`).
  case session(SessionID, kind: ClientKind, account: AccountID, device: DeviceID?)
  case pairingToken(String, expiresInSeconds: UInt32)
  case devices([DeviceID])
  case recordings([Recording])
  case acknowledged([UInt32])
  /// 200, 201 or 204 without anything of interest; an event stream that was opened.
  case done
  /// `reason` is the fixed word of `docs/protocol.md`, or the `error` if there is none.
  case refused(status: Int, reason: String)
}
