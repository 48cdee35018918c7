/// What an operator chooses. Lifetimes are in seconds.
package struct CloudConfiguration: Sendable {
  package let keys: TokenKeys
  /// Who makes the tokens.
  package let issuer: Issuer
  /// Of tokens that are JWTs.
  package let signer: any TokenSigner
  /// Whoever may ask for tokens.
  package let clients: [OAuthClient]
  /// Whoever may ask what a token is worth.
  package let resourceServers: [ResourceServer]
  package let accessTokenSeconds: UInt32
  package let pairingTokenSeconds: UInt32
  package let authorizationCodeSeconds: UInt32
  /// How long an owner has to approve a device (RFC 8628).
  package let deviceCodeSeconds: UInt32
  /// How long such a device waits between two polls, to begin with.
  package let devicePollSeconds: UInt32
  /// How long a device waits before it asks again whether its owner is back.
  package let relinkIntervalSeconds: UInt32
  package let bindingPolicy: BindingPolicy

  package init(
    keys: TokenKeys,
    issuer: Issuer = Issuer(),
    signer: any TokenSigner = ES256Signer(),
    clients: [OAuthClient] = OAuthClient.builtIn(),
    resourceServers: [ResourceServer] = [],
    accessTokenSeconds: UInt32 = 3_600,
    pairingTokenSeconds: UInt32 = 600,
    authorizationCodeSeconds: UInt32 = 60,
    deviceCodeSeconds: UInt32 = 600,
    devicePollSeconds: UInt32 = 5,
    relinkIntervalSeconds: UInt32 = 5,
    bindingPolicy: BindingPolicy = .strong
  ) {
    self.keys = keys
    self.issuer = issuer
    self.signer = signer
    self.clients = clients
    self.resourceServers = resourceServers
    self.accessTokenSeconds = accessTokenSeconds
    self.pairingTokenSeconds = pairingTokenSeconds
    self.authorizationCodeSeconds = authorizationCodeSeconds
    self.deviceCodeSeconds = deviceCodeSeconds
    self.devicePollSeconds = devicePollSeconds
    self.relinkIntervalSeconds = relinkIntervalSeconds
    self.bindingPolicy = bindingPolicy
  }
}
