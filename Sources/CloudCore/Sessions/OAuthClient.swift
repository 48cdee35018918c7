import DeviceProtocol

/// A program that may ask for tokens; `docs/protocol.md`, "Who speaks".
package struct OAuthClient: Equatable, Sendable {
  package let id: String
  package let kind: ClientKind
  /// Compared exactly, but for the port of a loopback redirect (RFC 8252 §7.3).
  package let redirectURIs: [String]
  package let policy: TokenPolicy
  package let senderConstraint: SenderConstraint

  /// - Parameter senderConstraint: When nil, a device's tokens are bound to its certificate, others
  ///   are bearer tokens.
  package init(
    id: String, kind: ClientKind, redirectURIs: [String], policy: TokenPolicy,
    senderConstraint: SenderConstraint? = nil
  ) {
    self.id = id
    self.kind = kind
    self.redirectURIs = redirectURIs
    self.policy = policy
    self.senderConstraint =
      senderConstraint ?? (kind.deviceKind == nil ? .bearer : .certificate)
  }
}

extension OAuthClient {
  /// The owner's app, the camera and the scale, with one policy.
  package static func builtIn(rotationWindowMilliseconds: UInt64 = 600_000) -> [OAuthClient] {
    Self.builtIn(
      TokenPolicy(rotation: .idempotent(windowMilliseconds: rotationWindowMilliseconds)))
  }

  package static func builtIn(_ policy: TokenPolicy) -> [OAuthClient] {
    [
      OAuthClient(
        id: "\(ClientID.app.text)", kind: .app,
        redirectURIs: ["http://127.0.0.1/callback", "relink://callback"], policy: policy),
      OAuthClient(
        id: "\(ClientID.camera.text)", kind: .camera, redirectURIs: [], policy: policy),
      OAuthClient(id: "\(ClientID.scale.text)", kind: .scale, redirectURIs: [], policy: policy),
    ]
  }
}
