package import CloudCore

extension Scenario {
  /// What the refresh tokens of each kind of client are worth; nil: as the cloud has it by default,
  /// which is `idempotent` with the `rotationWindow` of its settings.
  package struct ClientPolicies: Equatable, Sendable {
    package var app: TokenPolicy?
    package var camera: TokenPolicy?
    package var scale: TokenPolicy?

    package init() {}
  }
}

extension Scenario.CloudSettings {
  /// What holds for the clients of this kind.
  package func policy(of kind: ClientKind) -> TokenPolicy {
    let own: TokenPolicy? =
      switch kind {
      case .app: self.policies.app
      case .camera: self.policies.camera
      case .scale: self.policies.scale
      case .alexa, .google, .ifttt: nil
      }
    let window = self.rotationWindow.wholeMilliseconds
    return own ?? TokenPolicy(rotation: .idempotent(windowMilliseconds: window))
  }
}
