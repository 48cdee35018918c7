package import CloudCore
package import DeviceProtocol

/// What the engine asks.
extension Model {
  /// Why an access token must be refused now, by its fixed word; nil if it must be accepted.
  package func refusal(
    ofAccessToken token: String, certificate: DeviceID?, at now: UnixMilliseconds
  ) -> String? {
    guard let row = self.accessTokens[token] else { return "token_unknown" }
    return self.refusal(of: row, certificate: certificate, at: now)?.words.first
  }

  /// Why a refresh token must be refused now, by its fixed word; nil if it must be answered with
  /// tokens.
  ///
  /// - Parameter kind: Of the client that presents it.
  package func refusal(
    ofRefreshToken token: String, kind: ClientKind, certificate: DeviceID?,
    at now: UnixMilliseconds
  ) -> String? {
    guard let row = self.refreshTokens[token] else { return "token_unknown" }
    return self.refusal(of: row, kind: kind, certificate: certificate, at: now)?.words.first
  }

  package enum SessionState: Equatable, Sendable {
    case alive
    /// By the operator.
    case loggedOut
    case ended
    /// No such token was ever given.
    case unknown
  }

  /// Of the session behind a client's refresh token. An honest client may only end up logged out when
  /// the one behind its newest is not alive (rule 3).
  package func session(ofRefreshToken token: String) -> SessionState {
    self.refreshTokens[token].map { self.state(of: $0.session) } ?? .unknown
  }

  /// Of the session behind the newest credentials that were given to a device under its present
  /// owner; nil if it has no owner.
  package func session(ofDevice device: DeviceID) -> SessionState? {
    self.devices[device]?.session.map { self.state(of: $0) }
  }

  private func state(of index: Int) -> SessionState {
    let session = self.sessions[index]
    return session.isLoggedOut ? .loggedOut : session.end == nil ? .alive : .ended
  }

  /// Whether the session was given this refresh token at any time.
  func isRefreshToken(_ token: String, of session: SessionID) -> Bool {
    guard let row = self.refreshTokens[token] else { return false }
    return self.sessionsByID[session] == row.session
  }

  /// Sessions that are neither logged out nor ended.
  package func liveSessionCount(of kind: ClientKind) -> Int { self.liveCounts[kind] ?? 0 }

  package func account(ofEmail email: String) -> AccountID? {
    self.accountsByEmail[Self.folded(email)]
  }

  /// Whether an app of the account's has a live session.
  package func isLoggedIn(_ account: AccountID) -> Bool {
    (self.accounts[account]?.liveAppCount ?? 0) > 0
  }

  /// In the order in which they were bound.
  package func devices(of account: AccountID) -> [DeviceID] {
    self.accounts[account]?.devices ?? []
  }

  package func owner(of device: DeviceID) -> AccountID? { self.devices[device]?.owner }

  /// What the device's owner must see: all that was acknowledged under the present binding, by
  /// sequence (rules 7 and 8). A list shows the newest 1,000.
  package func recordings(of device: DeviceID) -> [Recording] {
    self.devices[device]?.recordings ?? []
  }
}
