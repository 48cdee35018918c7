package import DeviceProtocol

package struct PairingTokenRecord: Equatable, Sendable {
  package let hash: TokenHash
  package let account: AccountID
  /// The app's session that made it, and what that was minted under: its logout kills this too.
  package let createdBy: SessionID
  package let epochs: EpochReading
  package let issuedAt: UnixMilliseconds
  package let expiresAt: UnixMilliseconds
  package let nickname: String?
  package let relinkPolicy: RelinkPolicy
  package var usedBy: DeviceID?

  package init(
    hash: TokenHash, account: AccountID, createdBy: SessionID, epochs: EpochReading,
    issuedAt: UnixMilliseconds, expiresAt: UnixMilliseconds, nickname: String? = nil,
    relinkPolicy: RelinkPolicy,
    usedBy: DeviceID? = nil
  ) {
    self.hash = hash
    self.account = account
    self.createdBy = createdBy
    self.epochs = epochs
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
    self.nickname = nickname
    self.relinkPolicy = relinkPolicy
    self.usedBy = usedBy
  }
}

package struct AuthorizationCodeRecord: Equatable, Sendable {
  package let hash: TokenHash
  package let account: AccountID
  package let epochs: EpochReading
  package let issuedAt: UnixMilliseconds
  package let clientID: String
  package let redirectURI: String
  /// Of PKCE, S256.
  package let codeChallenge: String
  /// Thumbprint of the key that it has to be exchanged with; nil for any or none.
  package let dpopKey: Bytes32?
  package let expiresAt: UnixMilliseconds
  /// The session that it was exchanged for; a second use revokes that (RFC 6749 §4.1.2).
  package var usedFor: SessionID?

  package init(
    hash: TokenHash, account: AccountID, epochs: EpochReading, issuedAt: UnixMilliseconds,
    clientID: String, redirectURI: String, codeChallenge: String, dpopKey: Bytes32? = nil,
    expiresAt: UnixMilliseconds, usedFor: SessionID? = nil
  ) {
    self.hash = hash
    self.account = account
    self.epochs = epochs
    self.issuedAt = issuedAt
    self.clientID = clientID
    self.redirectURI = redirectURI
    self.codeChallenge = codeChallenge
    self.dpopKey = dpopKey
    self.expiresAt = expiresAt
    self.usedFor = usedFor
  }
}
