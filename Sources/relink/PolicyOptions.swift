import ArgumentParser
import CloudCore
import CloudServer
import Foundation

/// What the cloud allows, and for how long.
struct PolicyOptions: ParsableArguments {
  @Option(help: "Life of an access token.")
  var accessTokenSeconds: UInt32 = 3_600

  @Option(
    help:
      "How long a replaced refresh token still gives the same successor, of clients that have no policy of their own."
  )
  var rotationWindowSeconds: UInt32 = 600

  @Option(
    help: ArgumentHelp(
      "Clients to add, and what is to be different about the built-in ones, in JSON; see docs/token-policies.md.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var clients: String?

  @Option(
    name: .customLong("policy"),
    help: ArgumentHelp(
      "Treats a client's tokens as a product does, as in relink-app=okta: \(PolicyPreset.words). May be repeated.",
      valueName: "client=preset"))
  var presets: [ClientPreset] = []

  @Option(help: "How long a pairing token can be used.")
  var pairingTokenSeconds: UInt32 = 600

  @Option(help: "How long a device code can be approved and used (RFC 8628 §3.2).")
  var deviceCodeSeconds: UInt32 = 600

  @Option(help: "How long a device waits before it asks again whether its owner is back.")
  var relinkIntervalSeconds: UInt32 = 5

  @Option(
    help:
      "What happens when a device that has an owner is paired by another: strong, medium or weak.")
  var binding = BindingPolicy.strong

  @Option(
    help: ArgumentHelp(
      "The region of an account that chooses none, such as eu-west.", valueName: "region"),
    transform: { text in
      guard let region = Region(text) else {
        throw ValidationError(
          "--region must be a word of 1 to 32 of a to z, 0 to 9 and hyphens, such as eu-west.")
      }
      return region
    })
  var region = Region.standard

  @Flag(help: "Demand a nonce of the cloud's in every DPoP proof (RFC 9449 §8).")
  var dpopNonces = false

  @Option(help: "Life of such a nonce.")
  var dpopNonceSeconds: UInt32 = 300

  func validate() throws {
    for (name, seconds) in [
      ("--access-token-seconds", self.accessTokenSeconds),
      ("--pairing-token-seconds", self.pairingTokenSeconds),
      ("--device-code-seconds", self.deviceCodeSeconds),
      ("--relink-interval-seconds", self.relinkIntervalSeconds),
      ("--dpop-nonce-seconds", self.dpopNonceSeconds),
    ] where seconds == 0 {
      throw ValidationError("\(name) must be positive.")
    }
    var named: Set<String> = []
    for preset in self.presets where !named.insert(preset.clientID).inserted {
      throw ValidationError("--policy names the client '\(preset.clientID)' more than once.")
    }
  }

  func apply(to options: inout CloudServerOptions) throws(CloudServerError) {
    var registry = ClientRegistry(
      builtIn: OAuthClient.builtIn(
        rotationWindowMilliseconds: UInt64(self.rotationWindowSeconds) * 1_000))
    if let file = self.clients { try registry.read(file) }
    for preset in self.presets { try registry.apply(preset.preset, to: preset.clientID) }
    options.clients = registry.clients
    options.accessTokenSeconds = self.accessTokenSeconds
    options.pairingTokenSeconds = self.pairingTokenSeconds
    options.deviceCodeSeconds = self.deviceCodeSeconds
    options.relinkIntervalSeconds = self.relinkIntervalSeconds
    options.bindingPolicy = self.binding
    options.region = self.region
    options.dpop.requiresNonce = self.dpopNonces
    options.dpop.nonceSeconds = self.dpopNonceSeconds
  }
}

/// As in `relink-app=okta`.
struct ClientPreset: ExpressibleByArgument {
  let clientID: String
  let preset: PolicyPreset

  init?(argument: String) {
    guard let separator = argument.lastIndex(of: "="), separator != argument.startIndex,
      let preset = PolicyPreset(rawValue: String(argument[separator...].dropFirst()))
    else { return nil }
    self.clientID = String(argument[..<separator])
    self.preset = preset
  }
}

extension PolicyPreset {
  fileprivate static var words: String {
    Self.allCases.map(\.rawValue).formatted(.list(type: .or))
  }
}

extension BindingPolicy: ExpressibleByArgument {}
