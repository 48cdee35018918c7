package import DeviceProtocol

/// What a forced logout covers.
package enum RevocationScope: Hashable, Sendable {
  case everyone
  case kind(ClientKind)
  case account(AccountID)
  case device(DeviceID)
  case session(SessionID)

  /// A scope without whom it covers, as it is spelled on the wire and in the database.
  package enum Word: String, Sendable, Codable, CaseIterable {
    case everyone, kind, account, device, session
  }

  package var word: Word {
    switch self {
    case .everyone: .everyone
    case .kind: .kind
    case .account: .account
    case .device: .device
    case .session: .session
    }
  }
}

extension RevocationScope {
  /// Whom it covers, as text: a kind or an id; empty for everyone.
  package var target: String {
    switch self {
    case .everyone: ""
    case .kind(let kind): kind.rawValue
    case .account(let id): id.text
    case .device(let id): id.text
    case .session(let id): id.text
    }
  }

  /// Nil unless such a scope has this target.
  package init?(_ word: Word, target: String) {
    let scope: RevocationScope? =
      switch word {
      case .everyone: target.isEmpty ? .everyone : nil
      case .kind: ClientKind(rawValue: target).map { .kind($0) }
      case .account: AccountID(target).map { .account($0) }
      case .device: DeviceID(target).map { .device($0) }
      case .session: SessionID(target).map { .session($0) }
      }
    guard let scope else { return nil }
    self = scope
  }
}

/// The epochs that a token is minted under. A 64-bit counter each; a token is dead once the present
/// value of any is another. A counter, not a clock: a logout in the same millisecond counts.
package struct EpochReading: Equatable, Hashable, Sendable {
  package var everyone: UInt64
  package var kind: UInt64
  package var account: UInt64
  package var device: UInt64
  package var session: UInt64

  package init(
    everyone: UInt64, kind: UInt64, account: UInt64, device: UInt64, session: UInt64
  ) {
    self.everyone = everyone
    self.kind = kind
    self.account = account
    self.device = device
    self.session = session
  }
}

package struct LogoutRecord: Equatable, Sendable {
  package let at: UnixMilliseconds
  package let scope: RevocationScope
  package let epoch: UInt64
  package let reason: String

  package init(
    at: UnixMilliseconds, scope: RevocationScope, epoch: UInt64, reason: String
  ) {
    self.at = at
    self.scope = scope
    self.epoch = epoch
    self.reason = reason
  }
}
