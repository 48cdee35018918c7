/// Whose access tokens an operator lets expire before their time.
///
/// Of each a counter is kept, as of a logout an epoch; a token carries the sum of those that concern it,
/// its *mark*. Counters only grow, so the sum is another once any of them has moved on: then the token has
/// expired. Refresh tokens carry none.
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
}

extension Session {
  /// Whose counters its access tokens' mark is the sum of.
  package var accessScopes: [AccessScope] {
    [
      .everyone, .kind(self.kind), .client(self.clientID), .account(self.account),
      .session(self.id),
    ] + (self.device.map { [.device($0)] } ?? [])
  }
}
