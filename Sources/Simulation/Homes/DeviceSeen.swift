import CloudCore
import DeviceProtocol

extension DeviceNode {
  /// What an observer notes of a device, for expectations and rules. Of most of a large fleet there is
  /// nothing to note, and nothing is kept.
  struct Seen {
    private var kept: Kept?
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
      set { if self.kept != nil || newValue != nil { self.keep().refreshToken = newValue } }
    }

    /// The newest one that is in its flash; nil once it was removed.
    var storedToken: String? {
      get { self.kept?.storedToken }
      set { if self.kept != nil || newValue != nil { self.keep().storedToken = newValue } }
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
      set { if self.kept != nil || newValue != nil { self.keep().session = newValue } }
    }

    /// By the cloud's count; nil while it has no owner, or may not know it.
    var binding: UInt64? {
      get { self.kept?.binding }
      set { if self.kept != nil || newValue != nil { self.keep().binding = newValue } }
    }
  }
}
