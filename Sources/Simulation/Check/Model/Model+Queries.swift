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
    /// By the operator: the session, or the token that was asked about.
    case loggedOut
    case ended
    /// Another token took the place of the one that was asked about.
    case superseded
    /// No such token was ever given.
    case unknown
  }

  /// Of the session behind a client's refresh token, as its holder must see it. An honest client may
  /// only end up logged out when the one behind its newest is not alive (rule 3).
  package func session(ofRefreshToken token: String) -> SessionState {
    guard let row = self.refreshTokens[token] else { return .unknown }
    let state = self.state(of: row.session)
    guard state == .alive else { return state }
    return row.isCutOff ? .loggedOut : row.isSuperseded ? .superseded : .alive
  }

  /// Whether a logout by time has hit the access token. The refresh token beside it may have been
  /// minted later by the clock, which has jumped back since; whoever is told of a logout by the stream
  /// that the access token opened is told the truth.
  package func isCutOff(accessToken token: String) -> Bool {
    self.accessTokens[token]?.isCutOff ?? false
  }

  /// Of the session behind the newest credentials that were given to a device under its present
  /// owner; nil if it has no owner.
  package func session(ofDevice device: DeviceID) -> SessionState? {
    self.devices[device]?.session.map { self.state(of: $0) }
  }

  private func state(of index: Int) -> SessionState {
    let session = self.sessions[index]
    if session.isLoggedOut || session.isCutOff { return .loggedOut }
    // Whoever was told so by a clock that has jumped back since was told the truth.
    return session.end == nil && !self.isExpired(index, at: self.latestClock) ? .alive : .ended
  }

  /// Whether the policy of the session's client promises that a lost response logs nobody out, so that
  /// nobody but a thief can end it as stolen.
  func keepsClientsThroughLostResponses(_ session: SessionID) -> Bool {
    self.sessionsByID[session].map {
      self.settings.keepsClientsThroughLostResponses(self.sessions[$0].kind)
    } ?? true
  }

  /// Whether the session was given this refresh token at any time.
  func isRefreshToken(_ token: String, of session: SessionID) -> Bool {
    guard let row = self.refreshTokens[token] else { return false }
    return self.sessionsByID[session] == row.session
  }

  /// Sessions that are neither logged out nor ended, by an operator, a client or their age.
  package func liveSessionCount(of kind: ClientKind, at now: UnixMilliseconds) -> Int {
    self.sessions.indices.count { self.sessions[$0].kind == kind && self.isAlive($0, at: now) }
  }

  package func account(ofEmail email: String) -> AccountID? {
    self.accountsByEmail[Self.folded(email)]
  }

  /// Whether an app of the account's has a live session.
  package func isLoggedIn(_ account: AccountID, at now: UnixMilliseconds) -> Bool {
    self.accounts[account]?.sessions.contains {
      self.sessions[$0].kind == .app && self.isAlive($0, at: now)
    } ?? false
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
