import CloudServer
import Foundation

/// The folder with the secrets of a cloud that keeps nothing.
///
/// Its process holds a lock on a file in it, which the kernel gives up when that ends, however it ends.
/// So a later cloud finds those that were left behind, and never takes that of a living one.
struct EphemeralFolder: Sendable {
  let path: String

  private static let prefix = "relink-cloud-"
  /// No other folder of a cloud has a file of this name.
  private static let lock = "ephemeral-lock"

  /// Makes one, and removes those of processes that are dead.
  init() throws(CloudServerError) {
    let base = FileManager.default.temporaryDirectory
    Self.sweep(base)
    var template = Array(Self.path(of: Self.prefix + "XXXXXX", in: base).utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Self.failure("make a folder in \(base.path(percentEncoded: false))")
    }
    self.path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    // Under its name it is there only once it is locked, so that nobody takes it for one left behind.
    let unlocked = self.path + "/." + Self.lock
    let descriptor = open(unlocked, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0,
      rename(unlocked, self.path + "/" + Self.lock) == 0
    else {
      let error = Self.failure("lock the folder \(self.path)")
      self.remove()
      throw error
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: self.path) }

  /// - Parameter base: Where they are made.
  private static func sweep(_ base: URL) {
    let path = base.path(percentEncoded: false)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where name.hasPrefix(Self.prefix) {
      let folder = Self.path(of: name, in: base)
      var status = stat()
      guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
        status.st_uid == getuid()
      else { continue }
      let descriptor = open(folder + "/" + Self.lock, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
        try? FileManager.default.removeItem(atPath: folder)
      }
      close(descriptor)
    }
  }

  private static func path(of name: String, in base: URL) -> String {
    base.appending(path: name, directoryHint: .notDirectory).path(percentEncoded: false)
  }

  private static func failure(_ attempted: String) -> CloudServerError {
    CloudServerError(.dataFolder, attempted: attempted, detail: String(cString: strerror(errno)))
  }
}
