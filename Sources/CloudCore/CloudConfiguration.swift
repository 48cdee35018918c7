/// What an operator chooses. Lifetimes are in seconds.
package struct CloudConfiguration: Sendable {
  package let keys: TokenKeys
  /// Whoever may ask for tokens.
  package let clients: [OAuthClient]
  /// Whoever may ask what a token is worth.
  package let resourceServers: [ResourceServer]
  package let accessTokenSeconds: UInt32
  package let pairingTokenSeconds: UInt32
  package let authorizationCodeSeconds: UInt32
  /// How long a device waits before it asks again whether its owner is back.
  package let relinkIntervalSeconds: UInt32
  package let bindingPolicy: BindingPolicy

  package init(
    keys: TokenKeys,
    clients: [OAuthClient] = OAuthClient.builtIn(),
    resourceServers: [ResourceServer] = [],
    accessTokenSeconds: UInt32 = 3_600,
    pairingTokenSeconds: UInt32 = 600,
    authorizationCodeSeconds: UInt32 = 60,
    relinkIntervalSeconds: UInt32 = 5,
    bindingPolicy: BindingPolicy = .strong
  ) {
    self.keys = keys
    self.clients = clients
    self.resourceServers = resourceServers
    self.accessTokenSeconds = accessTokenSeconds
    self.pairingTokenSeconds = pairingTokenSeconds
    self.authorizationCodeSeconds = authorizationCodeSeconds
    self.relinkIntervalSeconds = relinkIntervalSeconds
    self.bindingPolicy = bindingPolicy
  }
}
