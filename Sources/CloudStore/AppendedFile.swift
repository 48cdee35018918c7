import CloudCore
import Glibc

/// A file that only grows, for its owner only; what was appended is on the disk.
struct AppendedFile: ~Copyable {
  private let descriptor: Int32
  let path: String
  private var byteCount: Int
  /// Something lies behind what was acknowledged, which could not be cut off.
  private var hasRemains = false

  /// - Returns: Nil when there is none.
  /// - Throws: `StoreError`.
  static func read(_ path: String) throws(StoreError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw StoreError(errno: errno, path: path, attempted: "open the epochs' file")
    }
    defer { Glibc.close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw StoreError(errno: errno, path: path, attempted: "read the epochs' file")
      }
      guard count > 0 else { return bytes }
      bytes += buffer.prefix(count)
    }
  }

  /// Replaces the file, or makes it; it is whole or the former one, whenever the machine stops.
  static func replace(_ path: String, with bytes: [UInt8]) throws(StoreError) {
    let temporary = path + ".tmp"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, path: temporary, attempted: "make the epochs' file")
    }
    let isWritten = Self.writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
    let code = errno
    Glibc.close(descriptor)
    guard isWritten else {
      unlink(temporary)
      throw StoreError(errno: code, path: temporary, attempted: "write the epochs' file")
    }
    guard rename(temporary, path) == 0 else {
      let code = errno
      unlink(temporary)
      throw StoreError(errno: code, path: path, attempted: "replace the epochs' file")
    }
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let folder = open(String(path[..<slash]) + "/.", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      throw StoreError(errno: errno, path: path, attempted: "open the folder of the epochs' file")
    }
    defer { Glibc.close(folder) }
    guard fsync(folder) == 0 else {
      throw StoreError(errno: errno, path: path, attempted: "write the folder of the epochs' file")
    }
  }

  /// Opens one that is there.
  init(appendingTo path: String) throws(StoreError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, path: path, attempted: "open the epochs' file")
    }
    let end = lseek(descriptor, 0, SEEK_END)
    guard end >= 0 else {
      let error = StoreError(errno: errno, path: path, attempted: "read the epochs' file")
      Glibc.close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
    self.byteCount = Int(end)
  }

  deinit { Glibc.close(self.descriptor) }

  /// - Throws: `StoreError`; then the file is as it was.
  mutating func append(_ bytes: [UInt8]) throws(StoreError) {
    if self.hasRemains {
      guard ftruncate(self.descriptor, off_t(self.byteCount)) == 0 else {
        throw StoreError(errno: errno, path: self.path, attempted: "mend the epochs' file")
      }
      self.hasRemains = false
    }
    guard Self.writeAll(bytes, to: self.descriptor), fdatasync(self.descriptor) == 0 else {
      let error = StoreError(
        errno: errno, path: self.path, attempted: "write the epochs' file")
      // What was written of it is a line that breaks off, or one of a logout that was not done.
      self.hasRemains = ftruncate(self.descriptor, off_t(self.byteCount)) != 0
      throw error
    }
    self.byteCount += bytes.count
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
