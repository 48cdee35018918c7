import DeviceProtocol
import Glibc

/// The system's clocks, as a device has them.
enum Clock {
  /// Time that only runs forward, from an origin of the system's choice.
  static var now: Instant { Instant(milliseconds: read(CLOCK_MONOTONIC)) }

  /// The wall clock; it may jump.
  static var wallClock: UnixMilliseconds { UnixMilliseconds(read(CLOCK_REALTIME)) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    // Fails for a clock that does not exist only; both of these do on every Linux.
    clock_gettime(clock, &time)
    return UInt64(max(0, time.tv_sec)) * 1_000 + UInt64(max(0, time.tv_nsec)) / 1_000_000
  }
}

extension Instant {
  /// How long until this instant, for poll(2): 0 when it has passed.
  func millisecondsFrom(_ now: Instant) -> CInt {
    guard self > now else { return 0 }
    return CInt(min(self.milliseconds - now.milliseconds, UInt64(CInt.max)))
  }
}
