import Glibc

/// A folder of one test's own, removed with all that is in it when the test ends, failed or not.
final class TemporaryFolder {
  let path: String

  init() {
    var template = [CChar]("/tmp/relink-host-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { fatalError("mkdtemp: errno \(errno)") }
    self.path = String(cString: made)
  }

  deinit { removeTree(self.path) }

  /// The path of an entry of the folder.
  func path(_ name: String) -> String { "\(self.path)/\(name)" }

  /// Writes a file into the folder.
  ///
  /// - Returns: Its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) -> String {
    let path = self.path(name)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0 && Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
    return path
  }

  /// Names of the folder's entries, sorted.
  var entries: [String] { namesOfEntries(of: self.path) }
}

/// The file's permissions.
func mode(of path: String) -> mode_t {
  var status = stat()
  return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

private func removeTree(_ path: String) {
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  if status.st_mode & S_IFMT == S_IFDIR {
    for name in namesOfEntries(of: path) { removeTree("\(path)/\(name)") }
  }
  remove(path)
}

private func namesOfEntries(of path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}
