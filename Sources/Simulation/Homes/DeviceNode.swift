import CloudCore
import DeviceCore
import DeviceProtocol

/// One simulated device: the machine, and all that surrounds it in a home.
struct DeviceNode {
  let specification: Specification
  var core: Device
  var store: DeviceStore
  var hasPower = true
  /// Counts the boots.
  var bootCount: UInt32 = 0
  /// Of the tokens that it has; see `LogoutEras`.
  var era: UInt32 = 0
  /// The home's network that is joined; nil when none is.
  var network: Int?
  var isInReach = true
  var wakeTicket: UInt32 = 0
  var joinTicket: UInt32 = 0
  /// Of the network that it joins, or has joined.
  var wifi: WiFiCredentials?
  /// The event stream, if one is open.
  var stream: Int32?
  /// Open until the stream after it is, or fails; what it says means nothing any more.
  var previousStream: Int32?
  /// Requests and streams that it waits for.
  var exchanges: [Int32] = []
  /// The cut that the next write of credentials meets.
  var armedCut: Int?
  var clockOffset: Int64
  /// Of what befalls its messages.
  var random: SeededRandom
  var seen = Seen()

  /// What an observer notes of it, for expectations and rules.
  struct Seen {
    var payload: JournalPayloadResult?
    var wifi: JournalWiFiResult?
    /// The newest refresh token that reached it.
    var refreshToken: String?
    /// The newest one that is in its flash; nil once it was removed.
    var storedToken: String?
    /// Weights that its owner must see, in the order in which people stepped on it; or for each
    /// motion a zero.
    var recorded: [UInt32] = []
    var usedCount = 0
    /// The cloud has told it that only a new pairing helps.
    var isToldToPair = false
    /// Requests in the present minute, and which minute that is.
    var pace: (minute: UInt64, count: Int) = (0, 0)
    /// The session of its newest tokens.
    var session: SessionID?
    /// By the cloud's count; nil while it has no owner, or may not know it.
    var binding: UInt64?
  }

  var certificate: DeviceCertificate { self.specification.certificate }
  var id: DeviceID { self.specification.id }

  /// The exchange is over.
  mutating func forgetExchange(_ place: Int32) {
    self.exchanges.removeAll { $0 == place }
    // Of an idle device not even the room stays.
    if self.exchanges.isEmpty { self.exchanges = [] }
  }
}
