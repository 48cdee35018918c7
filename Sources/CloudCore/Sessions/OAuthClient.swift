import DeviceProtocol

/// A program that may ask for tokens; `docs/protocol.md`, "Who speaks".
package struct OAuthClient: Equatable, Sendable {
  package let id: String
  package let kind: ClientKind
  /// Compared exactly, but for the port of a loopback redirect (RFC 8252 §7.3).
  package let redirectURIs: [String]
  package let rotation: RotationPolicy

  package init(id: String, kind: ClientKind, redirectURIs: [String], rotation: RotationPolicy) {
    self.id = id
    self.kind = kind
    self.redirectURIs = redirectURIs
    self.rotation = rotation
  }
}

/// What happens to a refresh token that was replaced.
package enum RotationPolicy: Equatable, Sendable {
  /// Presenting the token before the live one gives the same successor again: at any time while no
  /// client has shown to hold the successor, and after that for this long since the rotation.
  case idempotent(windowMilliseconds: UInt64)
}

extension OAuthClient {
  /// The owner's app, the camera and the scale, with one rotation policy.
  package static func builtIn(rotationWindowMilliseconds: UInt64 = 600_000) -> [OAuthClient] {
    let rotation = RotationPolicy.idempotent(windowMilliseconds: rotationWindowMilliseconds)
    return [
      OAuthClient(
        id: "\(ClientID.app.text)", kind: .app,
        redirectURIs: ["http://127.0.0.1/callback", "relink://callback"], rotation: rotation),
      OAuthClient(
        id: "\(ClientID.camera.text)", kind: .camera, redirectURIs: [], rotation: rotation),
      OAuthClient(id: "\(ClientID.scale.text)", kind: .scale, redirectURIs: [], rotation: rotation),
    ]
  }
}
