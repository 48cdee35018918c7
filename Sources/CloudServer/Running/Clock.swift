import CloudCore
package import DeviceProtocol
import Glibc
import Synchronization

/// Reads the wall clock. A function, so that a test has a clock of its own.
package typealias WallClock = @Sendable () -> UnixMilliseconds

/// The machine's own wall clock; zero before 1970.
@Sendable package func systemWallClock() -> UnixMilliseconds {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return UnixMilliseconds(
    UInt64(max(0, time.tv_sec)) * 1_000 + UInt64(max(0, time.tv_nsec)) / 1_000_000)
}

/// The cloud's clock: the machine's, until an operator sets it. Whatever expires is decided by this
/// one. Certificates of TLS, time-outs of connections and the log are not: they face the real world.
final class CloudClock: Sendable {
  /// The machine's.
  let machine: WallClock
  private let setting = Mutex<ClockSetting?>(nil)

  init(machine: @escaping WallClock) { self.machine = machine }

  var read: WallClock { { self.now } }

  var now: UnixMilliseconds {
    let setting = self.setting.withLock { $0 }
    let machine = self.machine()
    return setting?.reading(machine: machine) ?? machine
  }

  /// Nil while it was never touched.
  var present: ClockSetting? { self.setting.withLock { $0 } }
  var isFrozen: Bool { self.present?.course == .frozen }

  /// Follows a setting that is durable, unless a later one was followed before.
  func follow(_ setting: ClockSetting) {
    self.setting.withLock { present in
      if let present, present.revision > setting.revision { return }
      present = setting
    }
  }
}
