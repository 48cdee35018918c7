import Foundation
import Scenarios

/// Files and streams that a user names for what the program makes.
enum OutputFile {
  /// A file is replaced at once and as a whole; a device or a pipe, such as `/dev/stdout`, is written
  /// to, since it must not be replaced by a file.
  ///
  /// - Throws: What the system says.
  static func write(_ text: String, to path: String) throws {
    let data = Data(text.utf8)
    guard !self.isStream(path) else {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try handle.write(contentsOf: data)
      try handle.close()
      return
    }
    try data.write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  /// To standard output, all of it.
  ///
  /// - Throws: `LabError.file` when it can't be written; nothing for a reader who has gone away.
  static func print(_ text: String) throws(LabError) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      let words = PlainError.text(of: error)
      guard words != String(cString: strerror(EPIPE)) else { return }
      throw LabError(.file, "standard output can't be written to: \(words)")
    }
  }

  /// Whether something other than a file or a folder is there.
  private static func isStream(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    return ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
  }
}

extension FileHandle {
  /// Lines for a reader who may have gone away, or whose disk is full: that ends nothing.
  func writeIfPossible(_ text: String) { try? self.write(contentsOf: Data(text.utf8)) }
}
