import Glibc

/// Reads a whole file.
///
/// - Parameters:
///   - purpose: Completes "read …" in the error, such as `the CA file`.
///   - limit: The largest file taken, in bytes.
/// - Throws: `HostError` with the path, also for a file over the limit.
package func readFile(_ path: String, purpose: String, limit: Int = 1 << 20) throws(HostError)
  -> [UInt8]
{
  let attempt = "read \(purpose)"
  let raw = open(path, O_RDONLY | O_CLOEXEC)
  guard raw >= 0 else { throw HostError(attempt, on: path, errno: errno) }
  let file = OwnedDescriptor(raw)
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16_384)
  while true {
    let count = retryingInterrupts { read(file.rawValue, &buffer, buffer.count) }
    guard count >= 0 else { throw HostError(attempt, on: path, errno: errno) }
    if count == 0 { return bytes }
    bytes += buffer[..<count]
    guard bytes.count <= limit else {
      throw HostError(attempt, on: path, because: "it is larger than \(limit) bytes")
    }
  }
}

/// Writes a file so that its name never shows half of it: to a file beside it, synced, renamed.
///
/// - Parameter mode: The new file's permissions, whatever the umask.
/// - Throws: `HostError` with the path; the file of before is then untouched.
func writeFileAtomically(_ path: String, _ bytes: [UInt8], mode: mode_t, purpose: String)
  throws(HostError)
{
  let temporary = "\(path).\(getpid()).new"
  _ = unlink(temporary)
  do throws(SystemCallError) {
    let raw = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard raw >= 0 else { throw .ofLastCall }
    let file = OwnedDescriptor(raw)
    guard fchmod(file.rawValue, mode) == 0 else { throw .ofLastCall }
    try writeAll(bytes, to: file.rawValue, at: 0)
    guard fsync(file.rawValue) == 0, rename(temporary, path) == 0 else { throw .ofLastCall }
  } catch {
    _ = unlink(temporary)
    throw HostError("write \(purpose)", on: path, errno: error.code)
  }
}

/// Writes all of the bytes from this offset of the file on.
///
/// - Throws: `SystemCallError`; a prefix may have been written.
func writeAll(_ bytes: [UInt8], to descriptor: CInt, at offset: Int) throws(SystemCallError) {
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { buffer in
      retryingInterrupts {
        pwrite(
          descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written,
          off_t(offset + written))
      }
    }
    guard count > 0 else { throw SystemCallError(code: count == 0 ? ENOSPC : errno) }
    written += count
  }
}

/// Makes a folder and those above it, where they are missing, for their owner only.
package func makeFolders(_ path: String) throws(HostError) {
  var end = path.utf8.startIndex
  while end != path.utf8.endIndex {
    let from = path.utf8.index(after: end)
    end = path.utf8[from...].firstIndex(of: UInt8(ascii: "/")) ?? path.utf8.endIndex
    let folder = String(path[..<end])
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw HostError("make the folder", on: folder, errno: errno)
    }
  }
}

/// The folder of a path; `.` when the path has no slash.
package func folder(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
}
