package import CloudCore

/// How a cloud is to run.
package struct CloudServerOptions: Sendable {
  /// Of the public listener: a name or an address, and 0 for a free port.
  package var host = "127.0.0.1"
  package var port = 8_443
  /// Of the admin listener: 127.0.0.1, ::1 or localhost; others are refused.
  package var adminHost = "127.0.0.1"
  package var adminPort = 8_444
  package var storage: CloudStorage
  /// Nil for plain HTTP: on a loopback address only, and devices have no way to show a certificate.
  package var tls: ServerTLS?
  /// What the public listener presents when a fault has it do so.
  package var wrongCertificates = WrongCertificates.none
  /// The public listener's origin as clients see it; made of host and port when nil.
  package var issuer: String?

  package var accessTokenSeconds: UInt32 = 3_600
  package var clients = OAuthClient.builtIn()
  package var pairingTokenSeconds: UInt32 = 600
  package var relinkIntervalSeconds: UInt32 = 5
  package var deviceCodeSeconds: UInt32 = 600
  package var devicePollSeconds: UInt32 = 5
  package var bindingPolicy = BindingPolicy.strong
  /// How many events of each session's history are kept, about; none at all when 0.
  package var historyCount = 100
  /// How many of the newest requests are kept for operators, in memory; none when 0.
  package var requestJournalCount = 100_000
  /// Of an account that chooses none.
  package var region = Region.standard

  /// Passwords that nobody may choose, beside those that are built in.
  package var passwordList = PasswordList.empty
  /// How many accounts one address may open; 0 for any number.
  package var registrationsPerHour: UInt32 = 120
  package var dpop = DPoPPolicy()
  package var delivery = DeliveryPolicy()
  /// Whom to trust beside the system's authorities when events are posted to a receiver, in PEM.
  package var receiverAuthority: [UInt8]?

  /// What is known of the devices' firmware, for the operator.
  package var firmware = FirmwareCatalogue.empty

  /// Of a request.
  package var bodyByteCount = 64 * 1_024
  /// Open connections of the public listener; more wait to be accepted. Fewer when the process may
  /// not have as many files open.
  package var connectionCount = 20_000
  package var connectionLimits = ConnectionLimits()
  package var clock: WallClock = systemWallClock

  package init(storage: CloudStorage, tls: ServerTLS?) {
    self.storage = storage
    self.tls = tls
  }

  func configuration(
    keys: TokenKeys, issuer: Issuer, resourceServer: ResourceServer, signInKeys: SignInKeys
  ) -> CloudConfiguration {
    CloudConfiguration(
      keys: keys, issuer: issuer, clients: self.clients, resourceServers: [resourceServer],
      accessTokenSeconds: self.accessTokenSeconds,
      pairingTokenSeconds: self.pairingTokenSeconds,
      deviceCodeSeconds: self.deviceCodeSeconds, devicePollSeconds: self.devicePollSeconds,
      relinkIntervalSeconds: self.relinkIntervalSeconds, bindingPolicy: self.bindingPolicy,
      historyCount: self.historyCount, defaultRegion: self.region, signInKeys: signInKeys,
      registrationsPerHour: self.registrationsPerHour)
  }

  /// What the issuer is when it was not chosen.
  func issuer(port: Int) -> String {
    if let issuer = self.issuer { return issuer }
    // An address to bind to that is none to connect to.
    let host = ["0.0.0.0", "::", ""].contains(self.host) ? "localhost" : self.host
    let scheme = self.tls == nil ? "http" : "https"
    return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }
}
