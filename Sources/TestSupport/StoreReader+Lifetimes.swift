package import CloudCore
package import DeviceProtocol

/// What a store answers of clients whose sessions last for ever.
extension StoreReader {
  package func hasLiveSession(of account: AccountID, kind: ClientKind) throws -> Bool {
    try self.hasLiveSession(of: account, kind: kind, besides: [])
  }

  package func liveSessionCounts() throws -> [ClientKind: UInt64] {
    try self.liveSessionCounts(besides: [])
  }

  package func liveReach(
    of scope: RevocationScope, before: UnixMilliseconds
  ) throws -> LogoutReach {
    try self.liveReach(of: scope, before: before, besides: [])
  }
}

extension StoreTransaction {
  package func removeDeadSessions(
    of account: AccountID, rotatedBefore time: UnixMilliseconds
  ) throws {
    try self.removeDeadSessions(of: account, rotatedBefore: time, orExpired: [])
  }
}
