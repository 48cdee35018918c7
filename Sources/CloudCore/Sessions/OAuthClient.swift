package import DeviceProtocol

/// A program that may ask for tokens; `docs/protocol.md`, "Who speaks".
package struct OAuthClient: Equatable, Sendable {
  package let id: String
  package let kind: ClientKind
  /// Compared exactly, but for the port of a loopback redirect (RFC 8252 §7.3).
  package var redirectURIs: [String]
  package var policy: TokenPolicy
  package var senderConstraint: SenderConstraint
  /// How it may come by tokens. A device grant (RFC 8628) takes no device: those have certificates.
  package var grants: Set<GrantType>
  package var authentication: ClientAuthentication
  package var accessTokenFormat: AccessTokenFormat

  /// - Parameters:
  ///   - grants: The kind's usual ones when nil.
  ///   - authentication: Likewise.
  ///   - senderConstraint: When nil, a device's tokens are bound to its certificate, others are
  ///     bearer tokens.
  package init(
    id: String, kind: ClientKind, redirectURIs: [String], policy: TokenPolicy,
    grants: Set<GrantType>? = nil, authentication: ClientAuthentication? = nil,
    accessTokenFormat: AccessTokenFormat = .opaque,
    senderConstraint: SenderConstraint? = nil
  ) {
    self.id = id
    self.kind = kind
    self.redirectURIs = redirectURIs
    self.policy = policy
    self.senderConstraint =
      senderConstraint ?? (kind.deviceKind == nil ? .bearer : .certificate)
    self.authentication = authentication ?? .usual(for: kind)
    self.grants = grants ?? Self.usualGrants(of: kind)
    self.accessTokenFormat = accessTokenFormat
  }

  package static func usualGrants(of kind: ClientKind) -> Set<GrantType> {
    kind.deviceKind == nil
      ? [.authorizationCode, .refreshToken] : [.refreshToken, .pairing, .relink]
  }

  /// Whether it may use the grant: one of its own, and of those that its kind can use at all.
  func mayUse(_ grant: GrantType) -> Bool {
    let isForDevices =
      switch grant {
      case .pairing, .relink: true
      case .authorizationCode, .deviceCode: false
      case .refreshToken: self.kind.deviceKind != nil
      }
    return self.grants.contains(grant) && isForDevices == (self.kind.deviceKind != nil)
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
        redirectURIs: ["http://127.0.0.1/callback", "relink://callback"], policy: policy,
        grants: Self.usualGrants(of: .app).union([.deviceCode])),
      OAuthClient(
        id: "\(ClientID.camera.text)", kind: .camera, redirectURIs: [], policy: policy),
      OAuthClient(id: "\(ClientID.scale.text)", kind: .scale, redirectURIs: [], policy: policy),
    ]
  }
}
