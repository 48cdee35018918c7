/// Whose access tokens an operator lets expire before their time.
///
/// Of each a counter is kept, as of a logout an epoch; a token carries the highest of those that concern
/// it, its *mark*. A counter that moves on gets a value above all that any ever had, so the mark is
/// another once one of them has: then the token has expired. Refresh tokens carry none.
package enum AccessScope: Hashable, Sendable {
  case everyone
  case kind(ClientKind)
  case client(String)
  case account(AccountID)
  case device(DeviceID)
  case session(SessionID)

  /// As in `kind:camera`; in the database and on the wire.
  package var text: String {
    switch self {
    case .everyone: "everyone"
    case .kind(let kind): "kind:\(kind.rawValue)"
    case .client(let id): "client:\(id)"
    case .account(let id): "account:\(id.text)"
    case .device(let id): "device:\(id.text)"
    case .session(let id): "session:\(id.text)"
    }
  }

  /// Nil unless it is such a text.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let target = parts.count == 2 ? String(parts[1]) : ""
    let scope: AccessScope? =
      switch parts[0] {
      case "everyone" where parts.count == 1: .everyone
      case "kind": ClientKind(rawValue: target).map { .kind($0) }
      case "client" where !target.isEmpty: .client(target)
      case "account": AccountID(target).map { .account($0) }
      case "device": DeviceID(target).map { .device($0) }
      case "session": SessionID(target).map { .session($0) }
      default: nil
      }
    guard let scope else { return nil }
    self = scope
  }
}

extension Session {
  /// Whose counters its access tokens' mark is the highest of.
  package var accessScopes: [AccessScope] {
    [
      .everyone, .kind(self.kind), .client(self.clientID), .account(self.account),
      .session(self.id),
    ] + (self.device.map { [.device($0)] } ?? [])
  }
}
