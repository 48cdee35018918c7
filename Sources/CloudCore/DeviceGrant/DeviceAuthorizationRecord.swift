package import DeviceProtocol

/// A device that waits for its owner to approve it in a browser (RFC 8628).
package struct DeviceAuthorizationRecord: Equatable, Sendable {
  package enum Decision: Equatable, Sendable {
    case denied
    /// By this account, under the epochs of that time: a logout since then kills it, and one of what
    /// was issued before a time if it was approved before that.
    case approved(AccountID, EpochReading, at: UnixMilliseconds)
  }

  /// Of the device code.
  package let hash: TokenHash
  /// Made with a key of the cloud: a code is so short that a mere hash would give it away.
  package let userCodeHash: TokenHash
  package let clientID: String
  package let expiresAt: UnixMilliseconds
  /// How long the device has to wait between two polls.
  package var intervalSeconds: UInt32
  package var polledAt: UnixMilliseconds?
  /// Nil while the owner has not decided.
  package var decision: Decision?
  /// The session that the device code was exchanged for.
  package var usedFor: SessionID?

  package init(
    hash: TokenHash, userCodeHash: TokenHash, clientID: String, expiresAt: UnixMilliseconds,
    intervalSeconds: UInt32, polledAt: UnixMilliseconds? = nil, usedFor: SessionID? = nil,
    decision: Decision? = nil
  ) {
    self.hash = hash
    self.userCodeHash = userCodeHash
    self.clientID = clientID
    self.expiresAt = expiresAt
    self.intervalSeconds = intervalSeconds
    self.polledAt = polledAt
    self.decision = decision
    self.usedFor = usedFor
  }
}
