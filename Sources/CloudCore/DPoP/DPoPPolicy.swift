/// Which proofs are taken, by the cloud's clock.
package struct DPoPPolicy: Equatable, Sendable {
  /// How long after its `iat` a proof is good.
  package var maximumAgeSeconds: UInt32 = 60
  /// How far ahead its `iat` may lie: clients' clocks are not the cloud's.
  package var maximumLeadSeconds: UInt32 = 10
  /// Whether each proof needs a nonce of the cloud's (RFC 9449 §8).
  package var requiresNonce = false
  /// Life of a nonce.
  package var nonceSeconds: UInt32 = 300

  package init() {}

  /// What may sign a proof: `dpop_signing_alg_values_supported` (RFC 9449 §5.1).
  package static let algorithms = ProofKey.Algorithm.allCases.map(\.rawValue)
}
