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
  var network: Int32?
  var isInReach = true
  var wake = PlannedWake()
  var joinTicket: UInt32 = 0
  /// The event stream, if one is open.
  var stream: Int32?
  /// Open until the stream after it is, or fails; what it says means nothing any more.
  var previousStream: Int32?
  /// Requests and streams that it waits for.
  var exchanges: [Int32] = []
  /// The cut that the next write of credentials meets; one that strikes whatever is written is armed
  /// in the chip.
  var armedCut: Int32?
  var clockOffset: Int64
  /// Of what befalls its messages.
  var random: SeededRandom
  var seen = Seen()

  var certificate: DeviceCertificate { self.specification.certificate }
  var id: DeviceID { self.specification.id }

  /// The exchange is over.
  mutating func forgetExchange(_ place: Int32) {
    self.exchanges.removeAll { $0 == place }
    // Of an idle device not even the room stays.
    if self.exchanges.isEmpty { self.exchanges = [] }
  }
}
