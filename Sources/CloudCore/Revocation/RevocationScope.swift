package import DeviceProtocol

/// What a forced logout covers.
package enum RevocationScope: Hashable, Sendable {
  case everyone
  /// Whatever was minted before a time, which is kept with the epoch: `CutOff`.
  case issuedBefore
  case kind(ClientKind)
  case region(Region)
  case account(AccountID)
  case device(DeviceID)
  case session(SessionID)

  /// A scope without whom it covers, as it is spelled on the wire and in the database.
  package enum Word: String, Sendable, Codable, CaseIterable {
    case everyone
    case issuedBefore = "issued_before"
    case kind, region, account, device, session
  }

  package var word: Word {
    switch self {
    case .everyone: .everyone
    case .issuedBefore: .issuedBefore
    case .kind: .kind
    case .region: .region
    case .account: .account
    case .device: .device
    case .session: .session
    }
  }

  /// Whom it covers, as text: a kind, a region or an id; empty where the word says it all.
  package var target: String {
    switch self {
    case .everyone, .issuedBefore: ""
    case .kind(let kind): kind.rawValue
    case .region(let region): region.text
    case .account(let id): id.text
    case .device(let id): id.text
    case .session(let id): id.text
    }
  }

  /// Nil unless such a scope has this target.
  package init?(_ word: Word, target: String) {
    switch word {
    case .everyone, .issuedBefore:
      guard target.isEmpty else { return nil }
      self = word == .everyone ? .everyone : .issuedBefore
    case .kind:
      guard let kind = ClientKind(rawValue: target) else { return nil }
      self = .kind(kind)
    case .region:
      guard let region = Region(target) else { return nil }
      self = .region(region)
    case .account:
      guard let id = AccountID(target) else { return nil }
      self = .account(id)
    case .device:
      guard let id = DeviceID(target) else { return nil }
      self = .device(id)
    case .session:
      guard let id = SessionID(target) else { return nil }
      self = .session(id)
    }
  }
}

/// The epochs that a token is minted under. A 64-bit counter each; a token is dead once the present
/// value of any is another. A counter, not a clock: a logout in the same millisecond counts.
///
/// `issuedBefore` alone is not compared like that: of the logouts that followed the minting the time
/// decides (`CutOffs`). No value of an epoch is ever used twice.
package struct EpochReading: Equatable, Hashable, Sendable {
  package var everyone: UInt64
  package var kind: UInt64
  /// Of the account's region.
  package var region: UInt64
  package var account: UInt64
  package var device: UInt64
  package var session: UInt64
  package var issuedBefore: UInt64

  package init(
    everyone: UInt64, kind: UInt64, region: UInt64 = 0, account: UInt64, device: UInt64,
    session: UInt64, issuedBefore: UInt64 = 0
  ) {
    self.everyone = everyone
    self.kind = kind
    self.region = region
    self.account = account
    self.device = device
    self.session = session
    self.issuedBefore = issuedBefore
  }
}

package struct LogoutRecord: Equatable, Sendable {
  package let at: UnixMilliseconds
  package let scope: RevocationScope
  package let epoch: UInt64
  package let reason: String
  /// Of the scope `issuedBefore`: what was minted earlier is dead. Of no other. Later than `at` alone
  /// where whatever was minted before the logout is.
  package let before: UnixMilliseconds?
  /// The name of the admin token that ordered it; empty when none did.
  package let operatorName: String
  /// How many live sessions it ended; nil where counting them would take longer than the logout.
  package let sessionCount: UInt64?

  package init(
    at: UnixMilliseconds, scope: RevocationScope, epoch: UInt64, reason: String,
    before: UnixMilliseconds? = nil, operatorName: String = "", sessionCount: UInt64? = nil
  ) {
    self.at = at
    self.scope = scope
    self.epoch = epoch
    self.reason = reason
    self.before = before
    self.operatorName = operatorName
    self.sessionCount = sessionCount
  }
}
