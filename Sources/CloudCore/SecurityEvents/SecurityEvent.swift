package import DeviceProtocol

/// Something that receivers are told: sessions are dead. One event for all that a forced logout
/// covers, however many those are.
package struct SecurityEvent: Equatable, Sendable {
  package let at: UnixMilliseconds
  /// Which sessions.
  package let scope: RevocationScope
  /// Of the scope `issuedBefore`: what was minted before this time.
  package let before: UnixMilliseconds?
  /// Of a session or a device; nil where there is none, or none that is known.
  package let account: AccountID?
  package let device: DeviceID?
  package let initiator: Initiator
  /// For people; an operator's own words, or a fixed sentence.
  package let reason: String

  /// Who wanted it (`initiating_entity`, CAEP 1.0 §2).
  package enum Initiator: String, Equatable, Sendable, CaseIterable {
    case admin, user, policy, system
  }

  package init(
    at: UnixMilliseconds, scope: RevocationScope, before: UnixMilliseconds? = nil,
    account: AccountID? = nil, device: DeviceID? = nil, initiator: Initiator, reason: String
  ) {
    self.at = at
    self.scope = scope
    self.before = before
    self.account = account
    self.device = device
    self.initiator = initiator
    self.reason = reason
  }
}

/// An event in the order of all events, from 1.
package struct NumberedSecurityEvent: Equatable, Sendable {
  package let number: UInt64
  package let event: SecurityEvent

  package init(number: UInt64, event: SecurityEvent) {
    self.number = number
    self.event = event
  }
}

extension SessionEnd {
  /// Who usually wants a session to end so.
  var initiator: SecurityEvent.Initiator {
    switch self {
    case .revoked, .unbound: .user
    case .replaced: .system
    case .replayed, .spent: .policy
    }
  }

  /// In words, for receivers.
  var sentence: String {
    switch self {
    case .revoked: "the session was revoked"
    case .replaced: "the device was given another session"
    case .replayed: "a refresh token was presented after it had been replaced"
    case .unbound: "the device was removed from its account"
    case .spent: "a refresh token was presented after it had been replaced; access tokens live on"
    }
  }
}
