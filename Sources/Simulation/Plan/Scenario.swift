package import CloudCore
package import DeviceProtocol

/// What a scenario file describes, and what the explorer draws from a seed: who is there, what
/// happens, and what must be true of it. See `docs/scenarios.md`.
package struct Scenario: Equatable, Sendable {
  package var name: String
  /// What it shows, in a sentence.
  package var shows: String?
  /// Of a file with `for_each`: the value that stands for its variable here.
  package var variant: String?
  package var ways: [Way] = [.virtual]
  package var cloud = CloudSettings()
  package var timing = TimingSettings()
  package var weather = NetworkWeather()
  package var homes: [Home] = []
  package var owners: [Owner] = []
  package var devices: [DeviceSpecification] = []
  /// Many homes that are all alike, beside those that are named.
  package var fleet: Fleet?
  package var steps: [Step] = []
  package var claims: [Claim] = []
  /// Of "Always true": the rule that this scenario must be seen to break, because something in it is
  /// broken on purpose.
  package var brokenRule: Int?
  /// Whether chance has made it: it may want what cannot be done then, which is passed over.
  package var isDrawn = false

  package init(name: String) { self.name = name }

  /// How a scenario can be run.
  package enum Way: String, CaseIterable, Sendable { case virtual, real }
}

extension Scenario {
  package struct CloudSettings: Equatable, Sendable {
    package var accessTokenLifetime: Duration = .seconds(3_600)
    /// Of the clients without a policy of their own.
    package var rotationWindow: Duration = .seconds(600)
    package var policies = ClientPolicies()
    package var relinkInterval: Duration = .seconds(5)
    package var pairingTokenLifetime: Duration = .seconds(600)
    package var binding: BindingPolicy = .strong
    /// What a request costs the cloud before it is durable.
    package var commitTime: Duration = .milliseconds(2)
    /// Requests that it serves in a second; nil for any number.
    package var capacityPerSecond: Int?
    /// Requests that wait when it is busy; the others are refused with 503.
    package var queueLimit: Int = 1_000
    /// What it sends as `Retry-After` with those; nil for nothing.
    package var retryAfter: Duration?
    /// A cache of devices' recordings in front of the cloud.
    package var cache: Cache = .none

    package init() {}

    package enum Cache: String, CaseIterable, Sendable {
      case none
      /// Keeps each answer for a device and an account.
      case sound
      /// As `sound`, until many come at once: then it mixes up whose answer it was (February 2024).
      case mixedUp = "mixed_up"
    }
  }

  /// The devices' constants; `DeviceTiming`.
  package struct TimingSettings: Equatable, Sendable {
    package var heartbeat: Duration = .seconds(30)
    package var backoffBase: Duration = .seconds(1)
    package var backoffCap: Duration = .seconds(300)
    package init() {}
  }

  /// What befalls messages between the homes and the cloud; for all of them alike.
  package struct NetworkWeather: Equatable, Sendable {
    package var latency: Duration = .milliseconds(20)
    /// Up to so much more for each message, so that messages overtake each other.
    package var jitter: Duration = .milliseconds(10)
    /// Of a thousand requests, so many never arrive.
    package var lostRequestsPermille: Int = 0
    /// Of a thousand answers, so many never arrive.
    package var lostResponsesPermille: Int = 0
    /// Of a thousand answers, so many break off within.
    package var truncatedResponsesPermille: Int = 0
    /// Of a thousand requests, so many arrive twice.
    package var duplicatedRequestsPermille: Int = 0
    /// Of a thousand open streams, so many break in each minute without either side being told.
    package var halfOpenStreamsPermille: Int = 0
    package init() {}
  }

  package struct Home: Equatable, Sendable {
    package var name: String
    package var networks: [Network]
    package init(name: String, networks: [Network]) {
      self.name = name
      self.networks = networks
    }
  }

  package struct Network: Equatable, Sendable {
    package var ssid: SSID
    package var security: WiFiSecurity
    package var passphrase: [UInt8]
    package var isHidden = false
    package var signalDBm = -55
    package init(ssid: SSID, security: WiFiSecurity, passphrase: [UInt8]) {
      self.ssid = ssid
      self.security = security
      self.passphrase = passphrase
    }
  }

  /// Has an account and is logged in when the scenario begins.
  package struct Owner: Equatable, Sendable {
    package var email: String
    package var password: String
    package var home: String
    /// Of the account.
    package var region: Region = .standard
    package init(email: String, password: String, home: String) {
      self.email = email
      self.password = password
      self.home = home
    }
  }

  /// Has power and is as it left the factory when the scenario begins.
  package struct DeviceSpecification: Equatable, Sendable {
    package var nickname: String
    package var kind: DeviceKind
    package var model: String
    package var firmware: String
    package var owner: String
    /// Of the owner's home.
    package var network: SSID
    package var relinkPolicy: RelinkPolicy = .owner
    /// How far its wall clock is ahead; negative when behind.
    package var clockOffset: Duration = .zero

    package init(
      nickname: String, kind: DeviceKind, model: String, firmware: String, owner: String,
      network: SSID
    ) {
      self.nickname = nickname
      self.kind = kind
      self.model = model
      self.firmware = firmware
      self.owner = owner
      self.network = network
    }
  }

  /// Each with a home, an account with a logged-in app, and one device of its own, called
  /// `fleet-1` and so on. Its scales are called `fleet-scale-1` and so on.
  package struct Fleet: Equatable, Sendable {
    package var count: Int
    package var kind: DeviceKind = .camera
    package var model: String
    package var firmware: String
    package var relinkPolicy: RelinkPolicy = .silent
    /// Everybody is registered, logged in and paired when the scenario begins.
    package var isPaired = false
    /// Of the accounts, so many have a link to Alexa; only of a fleet that is paired.
    package var alexaLinks: Int = 0
    /// Of the accounts, so many have a scale beside the camera.
    package var scales: Int = 0
    /// After a forced logout half of the owners have logged in again after this; nil for never.
    package var ownersReturn: Duration?

    package init(count: Int, model: String, firmware: String) {
      self.count = count
      self.model = model
      self.firmware = firmware
    }
  }
}

extension Scenario {
  package func home(ofOwner email: String) -> Home? {
    self.owners.first { $0.email == email }.flatMap { owner in
      self.homes.first { $0.name == owner.home }
    }
  }

  /// Where the owner's account is at home.
  package func region(of email: String) -> Region {
    self.owners.first { $0.email == email }?.region ?? .standard
  }

  /// The network that the device is given, in its owner's home.
  package func network(of device: DeviceSpecification) -> Network? {
    self.home(ofOwner: device.owner)?.networks.first { $0.ssid == device.network }
  }

  /// The nicknames that the selection stands for, in the order of the scenario. The fleet's are not
  /// among them.
  package func nicknames(of selection: DeviceSelection) -> [String] {
    switch selection {
    case .all: self.devices.map(\.nickname)
    case .kind(let kind): self.devices.filter { $0.kind == kind }.map(\.nickname)
    case .named(let names): names
    case .fleet: []
    }
  }

  /// The owners' addresses that the selection stands for, in the order of the scenario.
  package func emails(of selection: OwnerSelection) -> [String] {
    switch selection {
    case .all: self.owners.map(\.email)
    case .named(let emails): emails
    case .fleet: []
    }
  }
}

extension Scenario.Fleet {
  /// Of the device with this nickname, from 1: `fleet-1`; nil for one that can be of no fleet.
  package static func index(of nickname: String) -> Int? {
    guard nickname.hasPrefix("fleet-") else { return nil }
    return Int(nickname.dropFirst("fleet-".count))
  }
}
