import CloudCore
import DeviceCore
import DeviceProtocol

/// One request on its way to the cloud, or its answer on the way back. An object, since it is looked
/// at many times on its way and takes some hundred bytes.
final class Exchange {
  enum Client: Equatable {
    case device(Int, RequestID)
    case stream(device: Int)
    case app(Int)
    case appStream(Int)
    case thief(Int)
    /// A thief tries a copied token at some route, with the device's key or without.
    case probe(copy: Int, hasKey: Bool)
    /// Nobody waits: the copy of a request that the network doubled.
    case nobody

    var isStream: Bool {
      switch self {
      case .stream, .appStream: true
      case .device, .app, .thief, .probe, .nobody: false
      }
    }
  }

  /// What the client is told in the end.
  enum End {
    case answer(CloudFront.Handled)
    /// In the place of the cloud's answer.
    case status(UInt16, retryAfterSeconds: UInt32?)
    /// Likewise, with 200.
    case malformed(body: [UInt8])
    case failure(ConnectFailure)
  }

  let client: Client
  let request: ObservedRequest
  let kind: Fault.Exchange
  let sentAt: UInt64
  var end: End?
  var harm: Fault.Harm?
  /// Planned for the client; an older one is void.
  var ticket: UInt32 = 0
  /// Whether somebody still waits for its end.
  var isAwaited: Bool
  /// Whether it is the network's copy of another, which no fault is meant for.
  let isCopy: Bool
  /// Whether a fault holds it before the cloud.
  var isHeld = false
  /// Whether it waits for its turn in a busy cloud.
  var isQueued = false
  /// Whether it is planned that the client waits no longer.
  var mayBeGivenUp = false
  /// Of the token that it comes with; of the tokens that it brings, once it was handled.
  var era: UInt32 = 0
  /// Whether the token was dead when it was handled; only known without the model.
  var wasDead = false

  /// Whether a fault puts another answer in the place of the cloud's: of an event stream the cloud
  /// closes the connection after it.
  var isAnsweredOtherwise: Bool {
    switch self.harm {
    case .status(_, _, .afterCommit), .malformed(_, .afterCommit): true
    case .beforeCommit, .afterCommit, .afterByte, .delay, .duplicate, .status, .malformed, nil:
      false
    }
  }

  init(
    client: Client, request: ObservedRequest, kind: Fault.Exchange, sentAt: UInt64,
    isAwaited: Bool = true, isCopy: Bool = false
  ) {
    self.client = client
    self.request = request
    self.kind = kind
    self.sentAt = sentAt
    self.isAwaited = isAwaited
    self.isCopy = isCopy
  }
}

/// The exchanges under way; places are used again.
struct Exchanges {
  private var places: [Exchange?] = []
  private var free: [Int32] = []
  /// Survives the reuse of a place, so that what was planned for the one before is void.
  private var tickets: [UInt32] = []

  mutating func add(_ exchange: Exchange) -> Int32 {
    if let place = self.free.popLast() {
      exchange.ticket = self.tickets[Int(place)]
      self.places[Int(place)] = exchange
      return place
    }
    self.places.append(exchange)
    self.tickets.append(0)
    return Int32(self.places.count - 1)
  }

  subscript(_ place: Int32) -> Exchange? {
    get { self.places[Int(place)] }
    set { self.places[Int(place)] = newValue }
  }

  mutating func nextTicket(_ place: Int32) -> UInt32 {
    self.tickets[Int(place)] &+= 1
    self.places[Int(place)]?.ticket = self.tickets[Int(place)]
    return self.tickets[Int(place)]
  }

  mutating func remove(_ place: Int32) {
    guard self.places[Int(place)] != nil else { return }
    self.tickets[Int(place)] &+= 1
    self.places[Int(place)] = nil
    self.free.append(place)
  }

  /// Of those that are under way, in the order of their places.
  func places(where isMeant: (Exchange) -> Bool) -> [Int32] {
    self.places.indices.compactMap { index in
      self.places[index].flatMap { isMeant($0) ? Int32(index) : nil }
    }
  }
}
