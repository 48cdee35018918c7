import Foundation

/// The commit of the sources that the program was built beside, so that a failure can be repeated.
enum ProjectCommit {
  /// Ten hexadecimal digits, or `of an unknown commit` outside a clone.
  static let words: String = {
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    var folder = executable.deletingLastPathComponent()
    while folder.path != "/" {
      let git = folder.appendingPathComponent(".git")
      if FileManager.default.fileExists(atPath: git.path) {
        return ProjectCommit.head(of: git) ?? "of an unknown commit"
      }
      folder = folder.deletingLastPathComponent()
    }
    return "of an unknown commit"
  }()

  private static func head(of git: URL) -> String? {
    func read(_ name: String) -> String? {
      try? String(contentsOf: git.appendingPathComponent(name), encoding: .utf8)
    }
    guard let head = read("HEAD")?.trimmingCharacters(in: .whitespacesAndNewlines) else {
      return nil
    }
    guard head.hasPrefix("ref: ") else { return String(head.prefix(10)) }
    let reference = String(head.dropFirst("ref: ".count))
    if let hash = read(reference) { return String(hash.prefix(10)) }
    let packed = read("packed-refs")?.split(separator: "\n").first { $0.hasSuffix(reference) }
    return packed.map { String($0.prefix(10)) }
  }
}
