import CloudCore
import DeviceProtocol
import Simulation

extension Grammar {
  static let cloudSettings: [Setting<Scenario.CloudSettings>] = {
    let defaults = Scenario.CloudSettings()
    return [
      Setting(
        "access_token_lifetime", \.accessTokenLifetime, of: defaults, .seconds,
        "After this a client must refresh."),
      Setting(
        "rotation_window", \.rotationWindow, of: defaults, .seconds,
        "For so long after a rotation the former refresh token gives the same successor again, and in any case until the client has used the successor; later it is taken for a replay."
      ),
      Setting(
        "relink_interval", \.relinkInterval, of: defaults, .seconds,
        "What a device must wait between two questions whether its owner is back."),
      Setting(
        "pairing_token_lifetime", \.pairingTokenLifetime, of: defaults, .seconds,
        "After this a pairing token is refused."),
      Setting(
        "binding", \.binding, of: defaults,
        words: BindingPolicy.words {
          switch $0 {
          case .strong: "its owner must remove it before another account can pair it"
          case .medium: "another account can pair it, and the former owner's apps are told"
          case .weak: "another account can pair it, and nobody is told"
          }
        }, "How firmly a device belongs to its owner."),
      Setting(
        "commit_time", \.commitTime, of: defaults, .any, virtualOnly: true,
        "What a request costs the cloud before it is durable."),
      Setting(
        "capacity", \.capacityPerSecond, of: defaults, 1...10_000_000, virtualOnly: true,
        "Requests that it serves in a second; any number when absent."),
      Setting(
        "queue", \.queueLimit, of: defaults, 0...10_000_000, virtualOnly: true,
        "Requests that wait when it is busy; the others are refused with 503."),
      Setting(
        "retry_after", \.retryAfter, of: defaults, .seconds, virtualOnly: true,
        "What it sends as `Retry-After` with those; nothing when absent."),
      Setting(
        "cache", \.cache, of: defaults,
        words: Scenario.CloudSettings.Cache.words {
          switch $0 {
          case .none: nil
          case .sound: "keeps each answer for a device and an account"
          case .mixedUp: "as `sound`, until many come at once: then it mixes up whose answer it was"
          }
        }, virtualOnly: true, "A cache of devices' recordings in front of the cloud."),
    ]
  }()

  static let timingSettings: [Setting<Scenario.TimingSettings>] = {
    let defaults = Scenario.TimingSettings()
    return [
      Setting("heartbeat", \.heartbeat, of: defaults, .seconds, "Between two heartbeats."),
      Setting(
        "backoff_base", \.backoffBase, of: defaults, .positive,
        "The first pause after a failure; the next ones double."),
      Setting("backoff_cap", \.backoffCap, of: defaults, .seconds, "The longest pause."),
    ]
  }()

  static let weatherSettings: [Setting<Scenario.NetworkWeather>] = {
    let defaults = Scenario.NetworkWeather()
    return [
      Setting("latency", \.latency, of: defaults, .any, "What each message takes."),
      Setting(
        "jitter", \.jitter, of: defaults, .any,
        "Up to so much more for each, so that messages overtake each other."),
      Setting(
        "lost_requests", \.lostRequestsPermille, of: defaults, 0...1_000,
        "Of a thousand requests, so many never arrive."),
      Setting(
        "lost_responses", \.lostResponsesPermille, of: defaults, 0...1_000,
        "Of a thousand answers, so many never arrive."),
      Setting(
        "truncated_responses", \.truncatedResponsesPermille, of: defaults, 0...1_000,
        "Of a thousand answers, so many break off within."),
      Setting(
        "duplicated_requests", \.duplicatedRequestsPermille, of: defaults, 0...1_000,
        "Of a thousand requests, so many arrive twice."),
      Setting(
        "half_open_streams", \.halfOpenStreamsPermille, of: defaults, 0...1_000,
        "Of a thousand open streams, so many break in each minute without either side being told."),
    ]
  }()

  static let fleetSettings: [Setting<Scenario.Fleet>] = {
    let defaults = Scenario.Fleet(count: 1, model: "", firmware: "")
    return [
      Setting("kind", \.kind, of: defaults, words: DeviceKind.words(), "Of each home's device."),
      Setting(
        "relink", \.relinkPolicy, of: defaults, words: Self.relinkWords,
        "How the devices come back after a forced logout."),
      Setting(
        "paired", \.isPaired, of: defaults,
        "Whether everybody is registered, logged in and paired when the scenario begins. The owners' apps are closed then until they are needed."
      ),
      Setting(
        "alexa_links", \.alexaLinks, of: defaults, 0...maximumFleetCount,
        "Of the accounts, so many have a link to Alexa: a session that keeps its tokens fresh, and is cut by a logout. Needs `paired`."
      ),
      Setting(
        "scales", \.scales, of: defaults, 0...maximumFleetCount,
        "Of the accounts, so many have a scale beside the device, called `fleet-scale-1` and so on; a `scale-1` with firmware 1.0.0."
      ),
      Setting(
        "owners_return", \.ownersReturn, of: defaults, .any,
        "After a forced logout half of the owners have logged in again after this; never when absent."
      ),
    ]
  }()

  static let cloud = Shape(
    "the cloud", "Settings of the mock cloud.",
    cloudSettings.map(\.key) + [
      Key(
        "policies", .mapping(policies),
        "What the refresh tokens of each kind of client are worth; `idempotent` with the `rotation_window` where nothing is said."
      )
    ])
  static let timing = Shape(
    "the timing", "Constants that are compiled into real firmware.", timingSettings.map(\.key))
  static let weather = Shape(
    "the weather", "What befalls messages between the homes and the cloud, for all alike.",
    weatherSettings.map(\.key))
  static let fleet = Shape(
    "a fleet",
    "Each has a home, an account with a logged-in app, and a device called `fleet-1` and so on, as it left the factory unless it is `paired`. With a fleet of more than 50,000 the model does not watch the run, which is what checks rules 2, 3, 4, 5, 7 and 11 of every client; that no token of before a logout is accepted (rule 1) is still checked.",
    [
      Key("count", .integer(1...maximumFleetCount), "How many.", required: true),
      Key(
        "model", .text(.version), "Of `firmware-images/manifest.json`, as for devices.",
        required: true),
      Key("firmware", .text(.version), "The version that the devices run.", required: true),
    ] + fleetSettings.map(\.key))

  static let relinkWords = RelinkPolicy.words {
    switch $0 {
    case .silent: "proves itself with its certificate"
    case .owner: "may once its owner is logged in again"
    case .pair: "needs a new payload"
    }
  }
}
