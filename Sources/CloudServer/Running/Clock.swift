package import DeviceProtocol
import Glibc

/// Reads the wall clock. A function, so that a test has a clock of its own.
package typealias WallClock = @Sendable () -> UnixMilliseconds

/// The machine's own wall clock; zero before 1970.
@Sendable package func systemWallClock() -> UnixMilliseconds {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return UnixMilliseconds(
    UInt64(max(0, time.tv_sec)) * 1_000 + UInt64(max(0, time.tv_nsec)) / 1_000_000)
}
