/// Why a DPoP proof is not accepted (RFC 9449 §4.3).
package struct ProofRefusal: Error, Equatable, Sendable {
  /// The fixed words on the wire.
  package enum Reason: String, Sendable, CaseIterable {
    case proofMissing = "proof_missing"
    case proofDoubled = "proof_doubled"
    /// Too long, no JWT, of another `typ`, without a claim that it needs, or with a critical header
    /// that nobody knows.
    case proofMalformed = "proof_malformed"
    case proofAlgorithm = "proof_algorithm"
    case proofKey = "proof_key"
    case proofSignature = "proof_signature"
    case proofMethod = "proof_method"
    case proofURI = "proof_uri"
    case proofTooOld = "proof_too_old"
    case proofTooNew = "proof_too_new"
    case proofReplayed = "proof_replayed"
    /// It is for another access token (`ath`), or for none.
    case proofToken = "proof_token"
    /// The cloud wants to see a nonce of its own in it (§8).
    case nonceNeeded = "nonce_needed"
  }

  package let reason: Reason
  /// With `nonceNeeded`: the nonce to use.
  package let nonce: String?

  init(_ reason: Reason, nonce: String? = nil) {
    self.reason = reason
    self.nonce = nonce
  }

  /// `error` on the wire (RFC 9449 §5, §7.1, §8).
  package var error: String {
    self.reason == .nonceNeeded ? "use_dpop_nonce" : "invalid_dpop_proof"
  }

  /// A fixed text, which may go into a header.
  package var description: String {
    switch self.reason {
    case .proofMissing: "a DPoP proof is needed"
    case .proofDoubled: "there is more than one DPoP proof"
    case .proofMalformed: "the DPoP proof is no JWT of the type dpop+jwt with all its claims"
    case .proofAlgorithm: "the DPoP proof is not signed by ES256 or EdDSA"
    case .proofKey: "the jwk of the DPoP proof is not a public key of its alg"
    case .proofSignature: "the signature of the DPoP proof is wrong"
    case .proofMethod: "the DPoP proof is for another method"
    case .proofURI: "the DPoP proof is for another URI"
    case .proofTooOld: "the DPoP proof is too old by this cloud's clock"
    case .proofTooNew: "the DPoP proof is from the future by this cloud's clock"
    case .proofReplayed: "the DPoP proof was used before"
    case .proofToken: "the DPoP proof is for another access token"
    case .nonceNeeded: "the DPoP proof needs the nonce of the DPoP-Nonce header"
    }
  }
}
