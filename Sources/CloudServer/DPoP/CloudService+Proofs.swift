import CloudCore
import HTTPTypes
import Hummingbird

extension CloudService {
  /// The DPoP proof of a request at an endpoint where clients get tokens, if there is one. A proof
  /// that was sent has to be right, also of a client that needs none.
  func proof(of request: Request) throws(ProofRefusal) -> TakenProof? {
    guard request.headers.contains(.dpop) else { return nil }
    return try self.take(request, accessToken: nil)
  }

  /// The DPoP proof that comes with an access token.
  ///
  /// - Throws: `ProofRefusal`, also when there is none.
  func proof(of request: Request, for accessToken: Secret) throws(ProofRefusal) -> TakenProof {
    try self.take(request, accessToken: accessToken)
  }

  private func take(
    _ request: Request, accessToken: Secret?
  ) throws(ProofRefusal) -> TakenProof {
    let target = ProofTarget(
      method: request.method.rawValue, uri: self.issuer.url + request.uri.path,
      accessToken: accessToken)
    let proof = try DPoPProof(headers: request.headers[values: .dpop], for: target)
    return TakenProof(
      keyThumbprint: proof.keyThumbprint, nextNonce: try self.takeOnce(proof))
  }
}

/// A proof that was right, and cannot be used again.
struct TakenProof {
  let keyThumbprint: Bytes32
  /// A nonce for the client's next proof; nil if it may go on as it does.
  let nextNonce: String?
}

extension HTTPField.Name {
  static let dpop = Self("DPoP")!
  static let dpopNonce = Self("DPoP-Nonce")!
}
