import CloudCore
import DeviceProtocol

/// The simulated cloud: its logic, its store, and what is under way in it.
struct CloudNode {
  var front: CloudFront
  let store: MemoryStore
  let settings: Scenario.CloudSettings
  var isUp = true
  var clockOffset: Int64 = 0
  var startTicket: UInt32 = 0

  /// Handled, and not durable yet; in the order of the store's transactions.
  var uncommitted: [Uncommitted] = []
  var commitTicket: UInt32 = 0

  /// Waiting for their turn.
  var waiting: [Int32] = []
  /// When a cloud of limited capacity is free again, in microseconds since the run began.
  var busyUntil: UInt64 = 0

  var streams: [Stream] = []
  var freeStreams: [Int32] = []
  var backup: Backup?
  var lastLogoutReason = ""
  var cache: RecordingCache

  /// What was observed is only kept for the model.
  typealias Uncommitted = (
    exchange: Int32, handled: CloudFront.Handled, observed: ObservedExchange?
  )

  struct Stream {
    enum State {
      case open
      /// Its last event is on its way.
      case ending
      /// Broken without either side being told; the client will notice the silence.
      case halfOpen
      case free
    }

    var client: Exchange.Client
    /// Nil once the cloud has ended it.
    var caller: Authenticated?
    /// For apps and the rules; empty for a device's when those are off.
    var accessToken: String
    var state = State.open
    /// What was planned under an older one is void.
    var ticket: UInt32 = 0
  }

  struct Backup {
    let store: MemorySnapshot
    let rules: Rules
  }

  /// - Parameters:
  ///   - hasLinks: Whether Alexa is a client of it.
  ///   - isOfFleet: Whether its clients are too many to be watched token by token.
  init(
    _ settings: Scenario.CloudSettings, hasLinks: Bool, isOfFleet: Bool, seed: UInt64
  ) throws(WorldError) {
    self.settings = settings
    self.cache = RecordingCache(settings.cache)
    self.store = MemoryStore(forgetsUnsynced: true)
    var random = SeededRandom(seed: seed, stream: .cloud)
    let builtIn = OAuthClient.builtIn().map { client in
      var client = client
      client.policy = settings.policy(of: client.kind)
      return client
    }
    let clients = builtIn + (hasLinks ? [CloudFront.alexa] : [])
    let configuration = CloudConfiguration(
      keys: TokenKeys(random: &random), clients: clients,
      accessTokenSeconds: UInt32(clamping: settings.accessTokenLifetime.components.seconds),
      pairingTokenSeconds: UInt32(clamping: settings.pairingTokenLifetime.components.seconds),
      relinkIntervalSeconds: UInt32(clamping: settings.relinkInterval.components.seconds),
      bindingPolicy: settings.binding)
    self.front = CloudFront(
      cloud: Cloud(configuration: configuration), random: random, isOfFleet: isOfFleet)
  }

  mutating func open(_ stream: Stream) -> Int32 {
    if let place = self.freeStreams.popLast() {
      let ticket = self.streams[Int(place)].ticket
      self.streams[Int(place)] = stream
      self.streams[Int(place)].ticket = ticket
      return place
    }
    self.streams.append(stream)
    return Int32(self.streams.count - 1)
  }

  /// The client has closed it, or is gone.
  mutating func close(_ place: Int32) {
    // Of the others the last event, or the silence, is still to come.
    guard self.streams[Int(place)].state == .open else { return }
    self.free(place)
  }

  mutating func free(_ place: Int32) {
    self.streams[Int(place)].caller = nil
    self.streams[Int(place)].state = .free
    self.streams[Int(place)].ticket &+= 1
    self.freeStreams.append(place)
  }
}
