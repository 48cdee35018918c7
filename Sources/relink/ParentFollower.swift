import DeviceHost
import Dispatch
import Foundation
import Synchronization

/// Ends this process with the one that started it.
enum ParentFollower {
  /// The kernel's signal belongs to the thread that asks for it and is forgotten when that thread
  /// ends, as those of a pool do; so a thread asks that never ends.
  ///
  /// - Throws: `HostError` when the kernel refuses.
  static func start() throws(HostError) {
    let isAsked = DispatchSemaphore(value: 0)
    let failure = Mutex<HostError?>(nil)
    Thread.detachNewThread {
      do throws(HostError) {
        try exitWithParent()
      } catch {
        failure.withLock { $0 = error }
      }
      isAsked.signal()
      while true { sleep(.max) }
    }
    isAsked.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
