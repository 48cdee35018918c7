import CloudCore
import DeviceCore
import DeviceProtocol

extension DeviceNode {
  /// What an observer notes of a device, for expectations and rules. Of most of a large fleet there is
  /// nothing to note, and nothing is kept.
  struct Seen {
    private var kept: Kept?
    /// False for what the rules alone need, in a fleet too large for them.
    var isForRules = true
    /// Requests in the present minute, and which minute that is.
    private var paceMinute: UInt32 = 0
    private var paceCount: UInt32 = 0

    private final class Kept {
      var payload: JournalPayloadResult?
      var wifi: JournalWiFiResult?
      var refreshToken: String?
      var storedToken: String?
      var recorded: [UInt32] = []
      var usedCount = 0
      var isToldToPair = false
      var session: SessionID?
      var binding: UInt64?
      var accessToken: String?
      var account: AccountID?
      var offeredAccount: AccountID?
      var mayForget = false
      var isResetting = false
      var hasTold = false
      var isReset = false
      var offeredNetworks: [WiFiCredentials] = []
      var madeFor: [UInt32: AccountID] = [:]
      var known = KnownRecords()
      var hasBeenPaired = false
      var usedTimes: Set<UInt64> = []
    }

    /// Sets what the rules need.
    private mutating func set<Value: Equatable>(
      _ path: ReferenceWritableKeyPath<Kept, Value>, to value: Value, unless initial: Value
    ) {
      guard self.isForRules, self.kept != nil || value != initial else { return }
      self.keep()[keyPath: path] = value
    }

    private mutating func keep() -> Kept {
      if let kept = self.kept { return kept }
      let kept = Kept()
      self.kept = kept
      return kept
    }

    /// Another request is sent in this minute.
    ///
    /// - Returns: How many there are in it.
    mutating func countRequest(minute: UInt64) -> Int {
      let minute = UInt32(truncatingIfNeeded: minute)
      if self.paceMinute != minute { (self.paceMinute, self.paceCount) = (minute, 0) }
      self.paceCount &+= 1
      return Int(self.paceCount)
    }

    /// What a device does as often as it is used is not what its backoff bounds.
    mutating func requestSucceeded(_ name: RequestName) {
      switch name {
      case .motions, .measurements, .heartbeat: if self.paceCount > 0 { self.paceCount -= 1 }
      case .pair, .refresh, .relink, .unbind, .stream: break
      }
    }

    var payload: JournalPayloadResult? {
      get { self.kept?.payload }
      set { if self.kept != nil || newValue != nil { self.keep().payload = newValue } }
    }

    var wifi: JournalWiFiResult? {
      get { self.kept?.wifi }
      set { if self.kept != nil || newValue != nil { self.keep().wifi = newValue } }
    }

    /// The newest refresh token that reached it.
    var refreshToken: String? {
      get { self.kept?.refreshToken }
      set { self.set(\.refreshToken, to: newValue, unless: nil) }
    }

    /// The newest one that is in its flash; nil once it was removed.
    var storedToken: String? {
      get { self.kept?.storedToken }
      set { self.set(\.storedToken, to: newValue, unless: nil) }
    }

    /// Weights that its owner must see, in the order in which people stepped on it; or for each
    /// motion a zero.
    var recorded: [UInt32] {
      get { self.kept?.recorded ?? [] }
      set { if self.kept != nil || !newValue.isEmpty { self.keep().recorded = newValue } }
    }

    mutating func append(recorded: UInt32) { self.keep().recorded.append(recorded) }

    var usedCount: Int {
      get { self.kept?.usedCount ?? 0 }
      set { self.keep().usedCount = newValue }
    }

    /// The cloud has told it that only a new pairing helps.
    var isToldToPair: Bool {
      get { self.kept?.isToldToPair ?? false }
      set { if self.kept != nil || newValue { self.keep().isToldToPair = newValue } }
    }

    /// The session of its newest tokens.
    var session: SessionID? {
      get { self.kept?.session }
      set { self.set(\.session, to: newValue, unless: nil) }
    }

    /// By the cloud's count; nil while it has no owner, or may not know it.
    var binding: UInt64? {
      get { self.kept?.binding }
      set { self.set(\.binding, to: newValue, unless: nil) }
    }

    var accessToken: String? {
      get { self.kept?.accessToken }
      set { self.set(\.accessToken, to: newValue, unless: nil) }
    }

    /// Whose it believes to be.
    var account: AccountID? {
      get { self.kept?.account }
      set { self.set(\.account, to: newValue, unless: nil) }
    }

    /// Whose it is by the answer to a pairing; it believes so once that is in its flash.
    var offeredAccount: AccountID? {
      get { self.kept?.offeredAccount }
      set { self.set(\.offeredAccount, to: newValue, unless: nil) }
    }

    /// The credentials may leave its flash: it has said that they are dead, or it is being reset.
    var mayForget: Bool {
      get { self.kept?.mayForget ?? false }
      set { self.set(\.mayForget, to: newValue, unless: false) }
    }

    var isResetting: Bool {
      get { self.kept?.isResetting ?? false }
      set { self.set(\.isResetting, to: newValue, unless: false) }
    }

    /// A reset has told the cloud.
    var hasTold: Bool {
      get { self.kept?.hasTold ?? false }
      set { self.set(\.hasTold, to: newValue, unless: false) }
    }

    /// As it left the factory, and nobody has shown it a payload since.
    var isReset: Bool {
      get { self.kept?.isReset ?? false }
      set { self.set(\.isReset, to: newValue, unless: false) }
    }

    /// What the payloads said that it was shown.
    var offeredNetworks: [WiFiCredentials] {
      get { self.kept?.offeredNetworks ?? [] }
      set { self.set(\.offeredNetworks, to: newValue, unless: []) }
    }

    /// For whom each weight was measured.
    var madeFor: [UInt32: AccountID] {
      get { self.kept?.madeFor ?? [:] }
      set { self.set(\.madeFor, to: newValue, unless: [:]) }
    }

    /// What must be in its flash.
    var known: KnownRecords {
      get { self.kept?.known ?? KnownRecords() }
      set { self.set(\.known, to: newValue, unless: KnownRecords()) }
    }

    /// Credentials have been in its flash since it left the factory, or was last reset.
    var hasBeenPaired: Bool {
      get { self.kept?.hasBeenPaired ?? false }
      set { self.set(\.hasBeenPaired, to: newValue, unless: false) }
    }

    /// The next time, from this one on, at which it has not been used yet, by its own clock: that may
    /// have jumped back.
    mutating func takeUnusedTime(from time: UInt64) -> UInt64 {
      var time = time
      while !self.keep().usedTimes.insert(time).inserted { time &+= 1 }
      return time
    }
  }
}
