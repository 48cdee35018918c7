package import DeviceProtocol

/// A login: a family of refresh tokens with one live successor.
package struct Session: Equatable, Sendable {
  // In an order that leaves few gaps: there are millions of these in memory.
  package let id: SessionID
  package let account: AccountID
  package let clientID: String
  package let createdAt: UnixMilliseconds
  /// What it was minted under; dead once any has moved on. `issuedBefore` is of the time
  /// of `liveMintedAt`, the others stay as they were at the login.
  package var epochs: EpochReading
  /// Counts the rotations, from 1.
  package var generation: UInt64
  /// The newest generation that its client has shown to hold.
  package var confirmedGeneration: UInt64
  /// When its client last got tokens by a refresh, or at the login: its idle life begins here.
  /// Another successor and a repeated answer leave it.
  package var rotatedAt: UnixMilliseconds
  /// When its live refresh token was minted, by the clock. Of a session that is `spent`, when it
  /// became that: none of its access tokens is younger.
  package var liveMintedAt: UnixMilliseconds
  package let device: DeviceID?
  package let kind: ClientKind
  package var end: SessionEnd?
  /// What every use of its tokens must come with; nil for bearer tokens.
  package let binding: TokenBinding?
  package var liveHash: TokenHash
  package var previousHash: TokenHash?
  /// With it and the previous token the successor can be made again, without being stored.
  package var successorNonce: Bytes32?

  package init(
    id: SessionID, kind: ClientKind, clientID: String, account: AccountID, device: DeviceID? = nil,
    binding: TokenBinding? = nil, createdAt: UnixMilliseconds, epochs: EpochReading,
    generation: UInt64, liveHash: TokenHash, previousHash: TokenHash? = nil,
    successorNonce: Bytes32? = nil, rotatedAt: UnixMilliseconds,
    liveMintedAt: UnixMilliseconds, confirmedGeneration: UInt64,
    end: SessionEnd? = nil
  ) {
    self.id = id
    self.kind = kind
    self.clientID = clientID
    self.account = account
    self.device = device
    self.binding = binding
    self.createdAt = createdAt
    self.epochs = epochs
    self.generation = generation
    self.liveHash = liveHash
    self.previousHash = previousHash
    self.successorNonce = successorNonce
    self.rotatedAt = rotatedAt
    self.liveMintedAt = liveMintedAt
    self.confirmedGeneration = confirmedGeneration
    self.end = end
  }
}

extension Session {
  var liveMint: MintMark {
    MintMark(at: self.liveMintedAt, cutOffs: self.epochs.issuedBefore)
  }
}

/// How a session stands.
package struct SessionState: Equatable, Sendable {
  package let generation: UInt64
  package let confirmedGeneration: UInt64
  package let end: SessionEnd?
  package let clientID: String
  /// That its access tokens have to carry; see `AccessScope`.
  package var accessMark: UInt64

  package init(
    generation: UInt64, confirmedGeneration: UInt64, end: SessionEnd?, clientID: String,
    accessMark: UInt64
  ) {
    self.generation = generation
    self.confirmedGeneration = confirmedGeneration
    self.end = end
    self.clientID = clientID
    self.accessMark = accessMark
  }
}

package enum SessionEnd: String, Equatable, Sendable {
  case revoked, replaced, replayed, unbound
  /// Its refresh tokens are dead; access tokens live on until they expire.
  case spent
}
