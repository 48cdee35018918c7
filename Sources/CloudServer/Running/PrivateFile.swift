import Glibc

/// Files that hold secrets: only their owner can read them, and they are whole or not there.
enum PrivateFile {
  /// - Returns: Nil when there is no such file.
  /// - Throws: `CloudServerError.dataFolder`; also when others may read the file, or it has more
  ///   than `limit` bytes.
  static func read(_ path: String, upTo limit: Int = 4_096) throws(CloudServerError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("read", path, errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("read", path, errno) }
    guard status.st_mode & 0o077 == 0 else {
      throw CloudServerError(
        .dataFolder, attempted: "read \(path)",
        detail: "others have access to it; run chmod 600 on it")
    }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw failure("read", path, errno) }
    guard count <= limit else {
      throw CloudServerError(
        .dataFolder, attempted: "read \(path)", detail: "it has more than \(limit) bytes")
    }
    return Array(bytes.prefix(count))
  }

  /// Replaces the file by one with these bytes and mode 0600, which are on the disk when this
  /// returns.
  ///
  /// - Throws: `CloudServerError.dataFolder`; the former file is untouched then.
  static func write(_ bytes: [UInt8], to path: String) throws(CloudServerError) {
    let temporary = "\(path).\(getpid()).tmp"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("write", temporary, errno) }
    let isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
    let writeError = errno
    close(descriptor)
    guard isWritten else {
      unlink(temporary)
      throw failure("write", temporary, writeError)
    }
    guard rename(temporary, path) == 0 else {
      let renameError = errno
      unlink(temporary)
      throw failure("write", path, renameError)
    }
    try syncFolder(of: path)
  }

  /// Makes the folder, and those above it, for its owner only. One that is there stays as it is.
  static func makeFolder(_ path: String) throws(CloudServerError) {
    guard mkdir(path, 0o700) != 0 else { return }
    switch errno {
    case EEXIST:
      return
    case ENOENT:
      let parent = folder(of: path)
      guard parent != path else { throw failure("make the folder", path, ENOENT) }
      try makeFolder(parent)
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
        throw failure("make the folder", path, errno)
      }
    default:
      throw failure("make the folder", path, errno)
    }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// So that the file's new name survives a power cut.
  private static func syncFolder(of path: String) throws(CloudServerError) {
    let parent = folder(of: path)
    let descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open the folder", parent, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("write the folder", parent, errno) }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func failure(_ attempted: String, _ path: String, _ code: CInt) -> CloudServerError
  {
    CloudServerError(
      .dataFolder, attempted: "\(attempted) \(path)", detail: String(cString: strerror(code)))
  }
}
