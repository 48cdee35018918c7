/// What an operator chooses. Lifetimes are in seconds. An object, since it is handed on with each request.
package final class CloudConfiguration: Sendable {
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
  /// How many events of each session are kept, about; none at all when 0.
  package let historyCount: Int
  /// Of an account that chooses none.
  package let defaultRegion: Region
  package let signInKeys: SignInKeys
  /// How many accounts one address may open; 0 for any number.
  package let registrationsPerHour: UInt32

  package init(
    keys: TokenKeys,
    issuer: Issuer = Issuer(),
    signer: any TokenSigner = SystemTokenSigner(),
    clients: [OAuthClient] = OAuthClient.builtIn(),
    resourceServers: [ResourceServer] = [],
    accessTokenSeconds: UInt32 = 3_600,
    pairingTokenSeconds: UInt32 = 600,
    authorizationCodeSeconds: UInt32 = 60,
    deviceCodeSeconds: UInt32 = 600,
    devicePollSeconds: UInt32 = 5,
    relinkIntervalSeconds: UInt32 = 5,
    bindingPolicy: BindingPolicy = .strong,
    historyCount: Int = 0,
    defaultRegion: Region = .standard,
    signInKeys: SignInKeys? = nil,
    registrationsPerHour: UInt32 = 120
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
    self.historyCount = historyCount
    self.defaultRegion = defaultRegion
    self.signInKeys = signInKeys ?? SignInKeys(of: keys)
    self.registrationsPerHour = registrationsPerHour
  }
}
