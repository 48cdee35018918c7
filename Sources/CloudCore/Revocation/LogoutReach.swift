/// Whom a logout ends, or would end: of what is live.
package struct LogoutReach: Equatable, Sendable {
  package var accounts: UInt64
  package var devices: UInt64
  /// A kind without any is absent.
  package var sessions: [ClientKind: UInt64]

  package init(accounts: UInt64, devices: UInt64, sessions: [ClientKind: UInt64]) {
    self.accounts = accounts
    self.devices = devices
    self.sessions = sessions
  }

  /// - Parameter sessions: Live ones, each once.
  init(_ sessions: some Sequence<Session>) {
    var accounts: Set<AccountID> = []
    var devices: Set<DeviceID> = []
    var counts: [ClientKind: UInt64] = [:]
    for session in sessions {
      accounts.insert(session.account)
      if let device = session.device { devices.insert(device) }
      counts[session.kind, default: 0] += 1
    }
    self.init(
      accounts: UInt64(accounts.count), devices: UInt64(devices.count), sessions: counts)
  }
}
