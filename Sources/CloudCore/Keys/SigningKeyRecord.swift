package import DeviceProtocol

/// A key that signs access tokens (RFC 9068), as it is stored.
package struct SigningKeyRecord: Equatable, Sendable {
  /// `kid`: the thumbprint of the public key (RFC 7638).
  package let id: String
  /// From 1, in the order in which they were made.
  package let sequence: UInt64
  /// The only one that it signs by: what names another is not believed (RFC 8725 §3.1).
  package let algorithm: SigningAlgorithm
  /// The point's x and y, 32 bytes each; of an RSA key the modulus, 256 bytes, and the exponent.
  package let publicKey: [UInt8]
  /// AES-256-GCM under a key of the cloud, which is kept elsewhere: nonce, private key, tag.
  package let sealedPrivateKey: [UInt8]
  package let createdAt: UnixMilliseconds
  /// Until then it is published and does not sign, so that whoever keeps a copy of the published keys
  /// has it in time.
  package let signsFrom: UnixMilliseconds
  /// The longest life of a token that it has signed, or is going to.
  package var longestTokenSeconds: UInt32

  package init(
    id: String, sequence: UInt64, algorithm: SigningAlgorithm, publicKey: [UInt8],
    sealedPrivateKey: [UInt8], createdAt: UnixMilliseconds, signsFrom: UnixMilliseconds,
    longestTokenSeconds: UInt32
  ) {
    self.id = id
    self.sequence = sequence
    self.algorithm = algorithm
    self.publicKey = publicKey
    self.sealedPrivateKey = sealedPrivateKey
    self.createdAt = createdAt
    self.signsFrom = signsFrom
    self.longestTokenSeconds = longestTokenSeconds
  }
}
