import DeviceProtocol

/// What a client's tokens are bound to, so that whoever finds one cannot use it.
package enum SenderConstraint: String, Equatable, Sendable, CaseIterable {
  /// Nothing, unless the client itself asks for it with a DPoP proof (RFC 9449 §5).
  case bearer
  /// The certificate of the TLS connection (RFC 8705 §3).
  case certificate
  /// The key of the client's DPoP proofs, which it has to send (RFC 9449).
  case dpop
}

/// What a session's tokens are bound to. A session keeps what it was opened with.
package enum TokenBinding: Hashable, Sendable {
  /// SHA-256 of the certificate in DER (`x5t#S256`, RFC 8705 §3.1).
  case certificate(Bytes32)
  /// SHA-256 of the public key as a JWK (`jkt`, RFC 9449 §6.1, RFC 7638).
  case dpop(Bytes32)
}

extension TokenBinding? {
  /// Whether the token has to come with a proof (RFC 9449 §5).
  package var isDPoP: Bool { if case .dpop = self { true } else { false } }
}

extension TokenBinding {
  /// Whether a refresh or a revocation over this connection may be. The key of a proof is looked at
  /// where a proof is asked for.
  func isHeld(over certificate: DeviceCertificate?) -> Bool {
    switch self {
    case .certificate(let thumbprint): thumbprint == certificate?.thumbprint
    case .dpop: true
    }
  }

  /// Why an access token that is bound to this (nil: to nothing) is not taken from this sender.
  ///
  /// - Parameter dpopKey: Of the proof, if the token came with the scheme `DPoP`; nil if it came as
  ///   a bearer token.
  static func refusal(
    of binding: TokenBinding?, certificateThumbprint: Bytes32?, dpopKey: Bytes32?
  ) -> TokenRefusal? {
    // All are public values: nothing is learnt from how long their comparison takes.
    switch binding {
    case nil:
      return dpopKey == nil ? nil : .wrongScheme
    case .certificate(let thumbprint):
      if dpopKey != nil { return .wrongScheme }
      return thumbprint == certificateThumbprint || isPlanted(.accessCertificateUnchecked)
        ? nil : .wrongCertificate
    case .dpop(let key):
      guard let dpopKey else { return .wrongScheme }
      return key == dpopKey ? nil : .wrongKey
    }
  }
}

extension OAuthClient {
  /// Why no session can be opened for a sender that shows no more than this.
  func refusalToBind(certificate: DeviceCertificate?, dpopKey: Bytes32?) -> GrantRefusal? {
    switch self.senderConstraint {
    case .bearer: nil
    case .certificate: certificate == nil ? .noCertificate : nil
    case .dpop: dpopKey == nil ? .noProof : nil
    }
  }

  /// What a session is bound to that is opened for this sender.
  func binding(certificate: DeviceCertificate?, dpopKey: Bytes32?) -> TokenBinding? {
    switch self.senderConstraint {
    case .bearer, .dpop: dpopKey.map { .dpop($0) }
    case .certificate: certificate.map { .certificate($0.thumbprint) }
    }
  }
}

extension GrantRefusal {
  static let noProof = GrantRefusal(
    .invalidDPoPProof, "This client needs a DPoP proof.", reason: .proofMissing)
}
