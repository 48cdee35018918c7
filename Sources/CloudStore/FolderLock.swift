import CloudCore
import Glibc
import Synchronization

/// Keeps a second process out of a data folder: an exclusive `flock` on its file `lock`, which the
/// kernel gives up when the process ends, however it ends.
final class FolderLock: Sendable {
  /// Nil once unlocked.
  private let descriptor: Mutex<Int32?>

  /// - Parameter folder: Made, for its owner only, if it is not there.
  /// - Throws: `StoreError` with `inUse` when another process holds it.
  init(folder: String) throws(StoreError) {
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw StoreError(errno: errno, path: folder, attempted: "make the data folder")
    }
    let path = folder + "/lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, path: path, attempted: "open the lock file")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let error = StoreError(errno: errno, path: path, attempted: "lock the data folder")
      Glibc.close(descriptor)
      throw error
    }
    self.descriptor = Mutex(descriptor)
  }

  deinit { self.unlock() }

  func unlock() {
    self.descriptor.withLock { descriptor in
      if let open = descriptor {
        // Closing alone is not enough while a child that was just forked still has a copy.
        flock(open, LOCK_UN)
        Glibc.close(open)
      }
      descriptor = nil
    }
  }
}
