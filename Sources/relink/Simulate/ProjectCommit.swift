import Foundation

/// What the program was built from, so that a failure can be repeated.
enum ProjectCommit {
  /// Ten hexadecimal digits of the commit that is checked out where the program was built, and whether
  /// the sources are other than that; `of an unknown commit` outside a clone.
  static let words: String = {
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    guard let folder = Self.clone(around: executable),
      let head = Self.git(["rev-parse", "--short=10", "HEAD"], in: folder)
    else { return "of an unknown commit" }
    let changes = Self.git(["status", "--porcelain", "--"] + Self.sources, in: folder)
    if changes != "" { return "\(head) with changes" }
    return Self.isOlder(executable, than: folder) ? "\(head), built before it" : head
  }()

  private static let sources = ["Package.swift", "Sources"]

  private static func clone(around file: URL) -> URL? {
    var folder = file.deletingLastPathComponent()
    while folder.path != "/" {
      let git = folder.appendingPathComponent(".git")
      if FileManager.default.fileExists(atPath: git.path) { return folder }
      folder = folder.deletingLastPathComponent()
    }
    return nil
  }

  /// What git prints; nil when it can't be run or fails.
  private static func git(_ arguments: [String], in folder: URL) -> String? {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "-C", folder.path] + arguments
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: output, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Whether a source was written after the program.
  private static func isOlder(_ executable: URL, than folder: URL) -> Bool {
    func written(_ url: URL) -> Date? {
      try? url.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
    }
    guard let built = written(executable),
      let files = FileManager.default.enumerator(
        at: folder.appendingPathComponent("Sources"),
        includingPropertiesForKeys: [.contentModificationDateKey])
    else { return false }
    return files.contains { file in
      guard let url = file as? URL, url.pathExtension == "swift", let date = written(url) else {
        return false
      }
      return date > built
    }
  }
}
